"""Gateways in Kubernetes: configuration that ConfigMaps hold, plugins of Kong as resources, and affinity of clients."""

from pathlib import Path
from textwrap import dedent

import pytest
from conftest import Check

from archlint.api import RouteFact, SelectFact
from archlint.engine.resolve import Workspace
from archlint.formats.kong import KongPlugin, KongRoute
from archlint.formats.kubernetes import FORMAT
from archlint.model.builder import build_graph

KONG = """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: kong, namespace: shop}
    data:
      notes: a text with static_resources in it
      kong.yml: |
        _format_version: "3.0"
        services: [{name: orders, url: "http://orders", routes: [{name: orders, paths: [/orders], plugins: [{name: jwt}]}]}]
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: edge, namespace: shop}
    spec:
      template:
        metadata: {labels: {app: edge}}
        spec:
          containers: [{name: kong, image: "kong:3.6", volumeMounts: [{name: config, mountPath: /kong}]}]
          volumes: [{name: config, configMap: {name: kong}}]
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: orders, namespace: shop}
    spec: {selector: {app: orders}, ports: [{port: 80}]}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: orders, namespace: shop}
    spec: {template: {metadata: {labels: {app: orders}}, spec: {containers: [{name: a, image: "shop/orders:1"}]}}}
    """


def _nodes(folder: Path, text: str, *wanted: type) -> list[object]:
    (folder / "all.yaml").write_text(dedent(text), encoding="utf-8")
    found: list[object] = []
    for document in Workspace(folder).documents("all.yaml"):
        found.extend(FORMAT.visit(document, frozenset(wanted)))
    return found


def _affinities(folder: Path, text: str) -> list[tuple[str, str]]:
    (folder / "all.yaml").write_text(dedent(text), encoding="utf-8")
    return [
        (fact.host, fact.spec["setting"])
        for document in Workspace(folder).documents("all.yaml")
        for fact in FORMAT.facts(document)
        if isinstance(fact, SelectFact) and fact.kind == "affinity"
    ]


def test_who_mounts_kongs_config_map_is_the_gateway(check: Check) -> None:
    graph = build_graph(list(check({"all.yaml": dedent(KONG)}).facts))
    edges = {(edge.source.name, edge.target.name): edge for edge in graph.dependencies}
    policy = edges["edge", "orders"].policies[0]
    assert (policy.tool, policy.number("retries"), policy.is_on("authorization")) == ("kong", 5, True)


def test_views_of_a_config_map_are_placed_in_it(tmp_path: Path) -> None:
    (route,) = _nodes(tmp_path, KONG, KongRoute)
    assert isinstance(route, KongRoute)
    assert route.pointer[:2] == ("data", "kong.yml")
    assert route.location.path == "all.yaml"


def test_places_in_a_literal_block_are_those_of_its_lines(check: Check) -> None:
    facts = check({"all.yaml": dedent(KONG)}).facts
    (route,) = [fact for fact in facts if isinstance(fact, RouteFact)]
    region = route.backends[0].at.region
    assert region is not None
    assert (
        dedent(KONG)
        .splitlines()[region.start_line - 1][region.start_column - 1 :]
        .startswith('"http://orders"')
    )


def test_places_in_other_texts_are_those_of_the_text(check: Check) -> None:
    text = """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: kong}
        data:
          kong.json: '{"_format_version": "3.0", "services": [{"name": "a", "url": "http://a", "routes": [{"paths": ["/a"]}]}]}'
        """
    (route,) = [fact for fact in check({"all.yaml": dedent(text)}).facts if isinstance(fact, RouteFact)]
    assert route.at.region is not None
    assert (route.at.region.start_line, route.at.region.start_column) == (6, 14)


def test_plugins_may_be_resources(tmp_path: Path) -> None:
    text = """
        apiVersion: configuration.konghq.com/v1
        kind: KongClusterPlugin
        metadata: {name: few}
        plugin: rate-limiting
        disabled: true
        config: {minute: 5}
        """
    (plugin,) = _nodes(tmp_path, text, KongPlugin)
    assert isinstance(plugin, KongPlugin)
    assert (plugin.name, plugin.subject, plugin.is_enabled) == ("rate-limiting", "few", False)
    assert plugin.place.pointer == ("plugin",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {sessionAffinity: ClientIP}", [("a", "sessionAffinity: ClientIP")]),
        ("apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {sessionAffinity: None}", []),
        ("apiVersion: v1\nkind: Service\nmetadata: {name: a, annotations: {traefik.ingress.kubernetes.io/service.sticky.cookie: 'true'}}\nspec: {}",
         [("a", "service.sticky.cookie: true")]),
        (("apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: i, annotations: {haproxy.org/cookie-persistence: S}}\n"
         "spec: {rules: [{http: {paths: [{backend: {serviceName: a}}]}}]}"), [("a", "cookie-persistence: S")]),
        (("apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i, annotations: {nginx.ingress.kubernetes.io/affinity: cookie,"
         " nginx.ingress.kubernetes.io/canary: 'true'}}\nspec: {defaultBackend: {service: {name: a}}}"), []),
        (("apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: r}\n"
         "spec: {rules: [{backendRefs: [{name: a}, {name: b}], sessionPersistence: {}}, {backendRefs: [5], sessionPersistence: {}}]}"), []),
    ],
)  # fmt: skip
def test_affinity(text: str, expected: list[tuple[str, str]], tmp_path: Path) -> None:
    assert _affinities(tmp_path, text) == expected
