"""Routes of ingresses and gateways, and the policies that they and their neighbours set."""

from typing import Any

import pytest
from systems import facts_of

from archlint.api import EndpointFact, Policy, PolicyFact, RouteFact, SelectFact

_INGRESS = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: shop, annotations: {annotations}}}
spec:
  ingressClassName: {kind}
  rules:
  - host: shop.example.com
    http: {{paths: [{{path: {path}, pathType: {match}, backend: {{service: {{name: orders, port: {{number: 80}}}}}}}}]}}
"""
_GATEWAY = """
apiVersion: gateway.networking.k8s.io/v1
kind: {kind}
metadata: {{name: orders, namespace: shop, annotations: {annotations}}}
spec:
  hostnames: [shop.example.com]
  parentRefs: {parents}
  rules:
  - backendRefs: [{{name: orders, port: 80, namespace: other}}, {{name: x, kind: Bucket, group: example.com}}]
    {more}
"""


def _only(text: str) -> RouteFact:
    (route,) = _routes(text)
    return route


def _routes(text: str) -> list[RouteFact]:
    return [fact for fact in facts_of({"a.yaml": text}) if isinstance(fact, RouteFact)]


def _values(policy: Policy | None) -> dict[str, Any]:
    assert policy is not None
    return {key: (value.value, value.default) for key, value in policy.values.items()}


def _ingress(
    annotations: str = "{}", kind: str = "nginx", path: str = "/", match: str = "Prefix"
) -> RouteFact:
    return _only(_INGRESS.format(annotations=annotations, kind=kind, path=path, match=match))


def _policies(text: str) -> list[PolicyFact]:
    return [fact for fact in facts_of({"a.yaml": text}) if isinstance(fact, PolicyFact)]


def test_an_ingress_of_nginx_has_its_defaults() -> None:
    route = _ingress()
    assert (route.hosts, route.path, route.public, route.backends[0].port) == (
        ("shop.example.com",),
        "/",
        True,
        "80",
    )
    assert _values(route.policy) == {
        "perTryTimeoutMs": (60_000, True),
        "retries": (2, True),
        "retryOn": ("error,timeout", True),
        "retryMethods": ("GET,HEAD,PUT,DELETE,OPTIONS,TRACE", True),
    }
    assert _values(_ingress(kind="other").policy) == {}


@pytest.mark.parametrize(
    ("annotations", "key", "value"),
    [
        ('{nginx.ingress.kubernetes.io/proxy-read-timeout: "5"}', "perTryTimeoutMs", (5_000, False)),
        ('{nginx.ingress.kubernetes.io/proxy-next-upstream-tries: "1"}', "retries", (0, False)),
        ('{nginx.ingress.kubernetes.io/proxy-next-upstream: "off"}', "retries", (0, False)),
        (
            "{nginx.ingress.kubernetes.io/proxy-next-upstream: error non_idempotent}",
            "retryMethods",
            ("*", False),
        ),
        (
            "{nginx.ingress.kubernetes.io/proxy-next-upstream: error non_idempotent}",
            "retryOn",
            ("error", False),
        ),
        ('{nginx.ingress.kubernetes.io/limit-rps: "10"}', "rateLimit", ("10/second", False)),
        ("{nginx.ingress.kubernetes.io/auth-type: basic}", "authorization", ("basic", False)),
        ("{alb.ingress.kubernetes.io/auth-type: oidc}", "authorization", ("oidc", False)),
        ("{nginx.org/limit-req-rate: 10r/s}", "rateLimit", ("10r/s", False)),
        ("{konghq.com/plugins: key-auth}", "authorization", ("key-auth", False)),
    ],
)
def test_annotations_of_an_ingress_are_policies(annotations: str, key: str, value: tuple[Any, bool]) -> None:
    assert _values(_ingress(annotations).policy)[key] == value


@pytest.mark.parametrize(
    "annotations",
    [
        "{alb.ingress.kubernetes.io/auth-type: none}",
        '{nginx.ingress.kubernetes.io/auth-url: "{{ .Values.auth }}"}',
        "{nginx.ingress.kubernetes.io/auth-realm: shop}",
    ],
)
def test_what_asks_for_nobody_is_no_authentication(annotations: str) -> None:
    assert "authorization" not in _values(_ingress(annotations).policy)


@pytest.mark.parametrize(
    ("annotations", "kind", "public"),
    [
        ("{}", "nginx", True),
        ("{}", "nginx-internal", False),
        ("{kubernetes.io/ingress.class: gce-internal}", "''", False),
        ("{}", "alb", False),
        ("{alb.ingress.kubernetes.io/scheme: internet-facing}", "alb", True),
        (
            "{nginx.ingress.kubernetes.io/whitelist-source-range: '10.0.0.0/8, 192.168.0.0/16'}",
            "nginx",
            False,
        ),
        ("{nginx.ingress.kubernetes.io/whitelist-source-range: '10.0.0.0/8,8.8.8.0/24'}", "nginx", True),
        ("{nginx.ingress.kubernetes.io/whitelist-source-range: 0.0.0.0/0}", "nginx", True),
        ("{nginx.ingress.kubernetes.io/whitelist-source-range: nonsense}", "nginx", True),
    ],
)
def test_an_ingress_is_for_the_outside_or_not(annotations: str, kind: str, public: bool) -> None:  # noqa: FBT001
    assert _ingress(annotations, kind).public is public


def test_what_no_field_holds_is_kept() -> None:
    route = _ingress(
        "{nginx.ingress.kubernetes.io/rewrite-target: /$2, nginx.ingress.kubernetes.io/configuration-snippet: 'add_header X-Frame-Options DENY;',"
        " traefik.ingress.kubernetes.io/router.middlewares: shop-main@kubernetescrd, alb.ingress.kubernetes.io/wafv2-acl-arn: arn}",
        path="/orders(/|$)(.*)",
    )
    assert route.extra["match"] == "regex"
    assert route.extra["rewrite"] == "/$2"
    assert route.extra["headers"] == ["x-frame-options"]
    assert route.extra["unread"] == ["traefik.ingress.kubernetes.io/router.middlewares"]
    assert route.extra["edge"] == ["alb.ingress.kubernetes.io/wafv2-acl-arn"]
    assert _ingress(match="Exact").extra["match"] == "exact"


def test_the_gateway_api_has_routes_of_gateways_and_of_the_mesh() -> None:
    gateway, mesh = _routes(
        _GATEWAY.format(
            kind="HTTPRoute",
            annotations="{retry.linkerd.io/http: 5xx}",
            parents="[{name: edge, namespace: infra}, {kind: Service, name: orders}]",
            more="timeouts: {request: 10s, backendRequest: 2s}\n    retry: {attempts: 2, codes: [500, 503], backoff: 100ms}\n"
            "    matches: [{path: {type: Exact, value: /a}, method: GET}, {path: {value: /b}, headers: [{name: x, value: y}]}]",
        )
    )
    assert (gateway.hosts, gateway.public, gateway.mesh) == (("shop.example.com",), True, False)
    assert (mesh.hosts, mesh.public, mesh.mesh) == (("orders",), None, True)
    assert [(one.host, one.scope) for one in gateway.backends] == [("orders", "k8s:other")]
    assert gateway.extra["gateways"] == ["infra/edge"]
    assert gateway.extra["matches"][1] == {"path": "/b", "match": "prefix", "conditional": True}
    assert (gateway.path, gateway.methods) == ("/a", ())
    assert gateway.policy is not None
    assert (gateway.policy.tool, gateway.policy.layer) == ("gateway-api", "gateway")
    assert _values(gateway.policy) == {
        "timeoutMs": (10_000, False),
        "perTryTimeoutMs": (2_000, False),
        "retries": (2, False),
        "retryOn": ("500,503", False),
        "backoffMs": (100, False),
    }
    assert mesh.policy is not None
    assert mesh.policy.tool == "linkerd"
    assert _values(mesh.policy)["retryOn"] == ("5xx", False)
    assert _values(mesh.policy)["retries"] == (1, True)


def test_plugins_that_annotations_name_hold_for_routes_of_gateways() -> None:
    (route,) = _routes(
        _GATEWAY.format(
            kind="HTTPRoute",
            annotations='{konghq.com/plugins: "jwt-auth,rate-limiting"}',
            parents="[{name: edge}]",
            more="timeouts: {request: 10s}",
        )
    )
    assert _values(route.policy).keys() == {"timeoutMs", "authorization", "rateLimit"}
    assert route.extra["unread"] == ["konghq.com/plugins"]


def test_routes_of_grpc_and_filters_are_read() -> None:
    route = _only(
        _GATEWAY.format(
            kind="GRPCRoute",
            annotations="{}",
            parents="[{name: edge}]",
            more="matches: [{method: {service: shop.Orders, method: Place}}]\n    filters:\n"
            "    - {type: ExtensionRef, extensionRef: {group: example.com, kind: Limit, name: limit}}\n"
            "    - {type: ExternalAuth}\n"
            "    - {type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}}\n"
            "    - {type: ResponseHeaderModifier, responseHeaderModifier: {set: [{name: X-Frame-Options, value: DENY}]}}",
        )
    )
    assert route.path == "/shop.Orders/Place"
    assert {key: route.extra[key] for key in ("protocol", "unread", "rewrite", "headers")} == {
        "protocol": "grpc",
        "unread": ["limit"],
        "rewrite": "/",
        "headers": ["x-frame-options"],
    }
    assert _values(route.policy)["authorization"] == ("external", False)


def test_routes_of_servers_are_no_routes() -> None:
    text = _GATEWAY.format(
        kind="HTTPRoute", annotations="{}", parents="[{kind: Server, name: orders}]", more="name: a"
    )
    assert _routes(text.replace("gateway.networking.k8s.io/v1", "policy.linkerd.io/v1beta3")) == []


@pytest.mark.parametrize(
    ("kind", "version", "key"),
    [
        ("XBackendTrafficPolicy", "gateway.networking.x-k8s.io/v1alpha1", "retryConstraint"),
        ("BackendTrafficPolicy", "gateway.networking.k8s.io/v1alpha3", "retryConstraint"),
    ],
)
def test_retry_budgets_are_policies(kind: str, version: str, key: str) -> None:
    (fact,) = _policies(
        f"{{apiVersion: {version}, kind: {kind}, metadata: {{name: a}}, spec: {{targetRefs: [{{kind: Service, group: '', name: orders}}], "
        f"{key}: {{budget: {{percent: 20}}}}}}}}"
    )
    assert (fact.target, _values(fact.policy)) == ("orders", {"retryBudget": (True, False)})


def test_a_knative_service_has_an_address() -> None:
    (fact,) = [
        fact
        for fact in facts_of(
            {
                "a.yaml": "{apiVersion: serving.knative.dev/v1, kind: Service, metadata: {name: hello, namespace: shop}, spec: {}}"
            }
        )
        if isinstance(fact, EndpointFact)
    ]
    assert "hello.shop.svc.cluster.local" in fact.hostnames


def test_a_config_map_says_what_the_actuator_exposes() -> None:
    (fact,) = [
        fact
        for fact in facts_of(
            {
                "a.yaml": """
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: settings, namespace: shop}
                data:
                  application.yaml: |
                    server: {port: 8080}
                    management:
                      server: {port: 9090}
                      endpoints: {web: {exposure: {include: [health, env]}, base-path: /manage}}
                  other.txt: management without anything
                """
            }
        )
        if isinstance(fact, SelectFact) and fact.kind == "spring/actuator"
    ]
    assert (fact.name, fact.scope) == ("settings", "k8s:shop")
    assert {key: fact.spec[key] for key in ("base", "port", "main")} == {
        "base": "/manage",
        "port": "9090",
        "main": "8080",
    }
    assert set(fact.spec["include"].split(",")) == {"health", "env"}


@pytest.mark.parametrize(
    ("spec", "exposure"),
    [
        ("{type: LoadBalancer}", "public"),
        ("{type: LoadBalancer, loadBalancerSourceRanges: [10.0.0.0/8]}", "internal"),
        ("{type: LoadBalancer, loadBalancerSourceRanges: [10.0.0.0/8, 8.8.8.8/32]}", "public"),
        ("{type: NodePort}", "node"),
        ("{externalIPs: [203.0.113.9]}", "public"),
        ("{}", "internal"),
    ],
)
def test_services_are_exposed(spec: str, exposure: str) -> None:
    (fact,) = facts_of({"a.yaml": f"{{apiVersion: v1, kind: Service, metadata: {{name: a}}, spec: {spec}}}"})
    assert isinstance(fact, EndpointFact)
    assert fact.exposure == exposure


@pytest.mark.parametrize(
    ("annotation", "exposure"),
    [
        ('service.beta.kubernetes.io/aws-load-balancer-internal: "true"', "internal"),
        ('service.beta.kubernetes.io/azure-load-balancer-internal: "false"', "public"),
        ("networking.gke.io/load-balancer-type: Internal", "internal"),
        ("service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type: intranet", "internal"),
        ("team: internal", "public"),
    ],
)
def test_annotations_keep_load_balancers_inside(annotation: str, exposure: str) -> None:
    (fact,) = facts_of(
        {
            "a.yaml": f"{{apiVersion: v1, kind: Service, metadata: {{name: a, annotations: {{{annotation}}}}}, spec: {{type: LoadBalancer}}}}"
        }
    )
    assert isinstance(fact, EndpointFact)
    assert fact.exposure == exposure
