"""What Kubernetes resources other than workloads say of the system."""

from pathlib import Path
from textwrap import dedent

import pytest

from archlint.api import ConfigFact, EndpointFact, Fact, RouteFact, SelectFact, WorkloadFact
from archlint.engine.resolve import Workspace
from archlint.formats.kubernetes import FORMAT, settings_in


def _facts[F: Fact](folder: Path, text: str, kind: type[F]) -> list[F]:
    (folder / "app.yaml").write_text(dedent(text), encoding="utf-8")
    documents = Workspace(folder).documents("app.yaml")
    return [fact for document in documents for fact in FORMAT.facts(document) if isinstance(fact, kind)]


def test_a_service_is_an_endpoint_under_all_its_names(tmp_path: Path) -> None:
    text = """
        apiVersion: v1
        kind: Service
        metadata: {name: orders, namespace: shop}
        spec:
          selector: {app: orders, canary: true}
          ports: [{port: 80, targetPort: http, name: web, appProtocol: http}, {port: 443}]
        """
    (fact,) = _facts(tmp_path, text, EndpointFact)
    assert fact.hostnames == ("orders", "orders.shop", "orders.shop.svc", "orders.shop.svc.cluster.local")
    assert (fact.selector, fact.exposure, fact.headless) == (
        {"app": "orders", "canary": "true"},
        "internal",
        False,
    )
    assert [(port.number, port.target, port.app_protocol) for port in fact.ports] == [
        (80, "http", "http"),
        (443, "443", ""),
    ]


@pytest.mark.parametrize(
    ("more", "exposure"),
    [
        ("spec: {type: NodePort}", "node"),
        ("spec: {type: LoadBalancer}", "public"),
        (
            "metadata: {name: a, annotations: {service.beta.kubernetes.io/aws-load-balancer-internal: 'true'}}, spec: {type: LoadBalancer}",
            "internal",
        ),
        ("spec: {clusterIP: None}", "internal"),
    ],
)
def test_exposure_follows_the_type(tmp_path: Path, more: str, exposure: str) -> None:
    metadata = "" if "metadata" in more else "metadata: {name: a}, "
    (fact,) = _facts(tmp_path, f"{{apiVersion: v1, kind: Service, {metadata}{more}}}", EndpointFact)
    assert fact.exposure == exposure
    assert fact.headless == ("clusterIP" in more)
    assert fact.selector is None


def test_files_in_a_config_map_are_settings_too(tmp_path: Path) -> None:
    text = """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: settings}
        data:
          zone: eu
          STOCK_URL: http://stock:8080
          hidden: "{{ .Values.x }}"
          application.yml: |
            spring: {datasource: {url: "jdbc:postgresql://db/orders"}}
            stores: [a, b]
          app.properties: |
            # nothing
            cache.host=cache
            cache.port: 6379
          run.env: |
            export STOCK_HOST="stock"
          notes.txt: |
            Some words: and nothing else,
            over two lines.
        """
    (fact,) = _facts(tmp_path, text, ConfigFact)
    found = {entry.key: (entry.value, entry.source) for entry in fact.entries}
    assert found["zone"] == ("eu", "")
    assert found["hidden"] == (None, "")
    assert found["spring.datasource.url"] == ("jdbc:postgresql://db/orders", "file:application.yml")
    assert found["stores[1]"] == ("b", "file:application.yml")
    assert (found["cache.host"][0], found["cache.port"][0], found["STOCK_HOST"][0]) == (
        "cache",
        "6379",
        "stock",
    )
    assert not any("Some words" in key for key in found)


def test_values_of_secrets_are_never_kept(tmp_path: Path) -> None:
    text = (
        "{apiVersion: v1, kind: Secret, metadata: {name: keys}, data: {a: c2VjcmV0}, stringData: {b: secret}}"
    )
    (fact,) = _facts(tmp_path, text, ConfigFact)
    assert [(entry.key, entry.value, entry.via) for entry in fact.entries] == [
        ("a", None, "secret"),
        ("b", None, "secret"),
    ]


def test_both_forms_of_an_ingress_lead_to_backends(tmp_path: Path) -> None:
    text = """
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata: {name: new}
        spec:
          defaultBackend: {service: {name: site, port: {name: http}}}
          rules:
          - host: shop.example.com
            http:
              paths: [{path: /orders, backend: {service: {name: orders, port: {number: 80}}}}]
          - http: {paths: [{backend: {service: {name: "{{ .Values.name }}"}}}]}
        ---
        apiVersion: extensions/v1beta1
        kind: Ingress
        metadata: {name: old}
        spec:
          backend: {serviceName: site, servicePort: 80}
          rules: [{http: {paths: [{backend: {serviceName: orders, servicePort: http}}]}}]
        """
    found = [
        (fact.name, fact.hosts, fact.path, fact.backends[0].host, fact.backends[0].port)
        for fact in _facts(tmp_path, text, RouteFact)
    ]
    assert found == [
        ("new", (), "", "site", "http"),
        ("new", ("shop.example.com",), "/orders", "orders", "80"),
        ("old", (), "", "site", "80"),
        ("old", (), "/", "orders", "http"),
    ]


@pytest.mark.parametrize(
    ("text", "selector", "target"),
    [
        (
            "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p}, spec: {podSelector: {matchLabels: {app: a}}}}",
            {"matchLabels": {"app": "a"}},
            None,
        ),
        (
            "{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: p}, spec: {selector: {matchLabels: {app: a}}}}",
            {"matchLabels": {"app": "a"}},
            None,
        ),
        (
            "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: p}, spec: {scaleTargetRef: {kind: Deployment, name: a}}}",
            None,
            ("Deployment", "a"),
        ),
    ],
)
def test_policies_tell_whom_they_select(
    tmp_path: Path, text: str, selector: dict[str, object] | None, target: tuple[str, str] | None
) -> None:
    (fact,) = _facts(tmp_path, text, SelectFact)
    assert (fact.selector, fact.target) == (selector, target)


def test_components_of_dapr_have_settings_and_scopes(tmp_path: Path) -> None:
    text = """
        apiVersion: dapr.io/v1alpha1
        kind: Component
        metadata: {name: store}
        scopes: [orders]
        spec:
          type: state.redis
          metadata:
          - {name: redisHost, value: "redis:6379"}
          - {name: redisPassword, secretKeyRef: {name: keys, key: redis}}
          - 7
        """
    (fact,) = _facts(tmp_path, text, SelectFact)
    assert (fact.kind, fact.selector) == ("DaprComponent", {"dapr.io/app-id": ["orders"]})
    (document,) = Workspace(tmp_path).documents("app.yaml")
    assert [(setting.key, setting.value, owner) for setting, owner in settings_in(document)] == [
        ("redisHost", "redis:6379", "store")
    ]


def test_an_application_of_dapr_goes_by_its_id(tmp_path: Path) -> None:
    text = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: orders-v1}
        spec:
          template:
            metadata: {annotations: {dapr.io/app-id: orders}}
            spec: {containers: [{name: c, image: i}]}
        """
    (fact,) = _facts(tmp_path, text, WorkloadFact)
    assert fact.aliases == ("orders",)
