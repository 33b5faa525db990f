"""Routes of ingresses, gateways and meshes, and the policies that they and their neighbours set."""

from typing import Any

import pytest
from systems import deployment, facts_of, graph_of

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
_ISTIO = """
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: orders, namespace: shop}}
spec:
  hosts: [orders]
  {gateways}
  http:
  - route: [{{destination: {{host: orders, subset: v1, port: {{number: 80}}}}, weight: 100}}]
    {more}
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


def test_istio_has_defaults() -> None:
    route = _only(_ISTIO.format(gateways="exportTo: ['.']", more="name: main"))
    assert (route.mesh, route.public, route.scope) == (True, None, "k8s:shop")
    assert (route.backends[0].host, route.backends[0].subset, route.backends[0].weight) == (
        "orders",
        "v1",
        100,
    )
    assert _values(route.policy) == {
        "timeoutMs": (0, True),
        "retries": (2, True),
        "retryOn": ("connect-failure,refused-stream,unavailable,cancelled", True),
    }
    assert route.policy is not None
    assert route.policy.layer == "sidecar"


def test_istio_says_more() -> None:
    route = _only(
        _ISTIO.format(
            gateways="gateways: [edge]",
            more="timeout: 2s\n    retries: {attempts: 3, perTryTimeout: 500ms, retryOn: '5xx', backoff: 1s}\n"
            "    match: [{uri: {prefix: /a}, method: {exact: post}}, {uri: {regex: '/b/.*'}, headers: {x: {exact: y}}}]\n"
            "    rewrite: {uri: /}\n    headers: {response: {set: {X-Frame-Options: DENY}}}",
        )
    )
    assert (route.mesh, route.public, route.path, route.methods) == (False, True, "/a", ())
    assert _values(route.policy) == {
        "timeoutMs": (2_000, False),
        "perTryTimeoutMs": (500, False),
        "retries": (3, False),
        "retryOn": ("5xx", False),
        "backoffMs": (1_000, False),
    }
    assert route.policy is not None
    assert route.policy.layer == "gateway"
    assert route.extra == {
        "gateways": ["edge"],
        "matches": [
            {"path": "/a", "match": "prefix", "methods": ["POST"]},
            {"path": "/b/.*", "match": "regex", "conditional": True},
        ],
        "match": "prefix",
        "rewrite": "/",
        "headers": ["x-frame-options"],
    }


@pytest.mark.parametrize(
    ("gateways", "public", "mesh"),
    [
        ("gateways: [mesh]", None, True),
        ("gateways: [mesh, istio-egressgateway]", None, True),
        ("gateways: [shop/internal-gateway]", False, False),
        ("gateways: [internal, edge]", True, False),
    ],
)
def test_gateways_tell_who_follows_a_route(gateways: str, public: bool | None, mesh: bool) -> None:  # noqa: FBT001
    route = _only(_ISTIO.format(gateways=gateways, more="name: main"))
    assert (route.public, route.mesh) == (public, mesh)


def test_connections_are_routed_and_delegates_named() -> None:
    routes = _routes(
        """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: orders}
        spec:
          hosts: ["*.example.com"]
          gateways: [edge]
          tls: [{match: [{port: 443, sniHosts: [shop.example.com]}], route: [{destination: {host: orders}}]}]
          tcp: [{route: [{destination: {host: stock, port: {number: 9000}}}]}, 3, {route: 4}]
          http: [{delegate: {name: other}}, {redirect: {uri: /}}]
        """
    )
    assert [(route.hosts, route.extra.get("protocol"), route.extra.get("delegate")) for route in routes] == [
        (("*.example.com",), None, "other"),
        (("shop.example.com",), "tls", None),
        (("*.example.com",), "tcp", None),
    ]


def test_destination_rules_are_policies_of_calls() -> None:
    (fact,) = _policies(
        """
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: {name: orders, namespace: shop}
        spec:
          host: orders
          trafficPolicy:
            connectionPool: {tcp: {maxConnections: 100}}
            outlierDetection: {consecutive5xxErrors: 3}
            retryBudget: {percent: 20}
            tls: {mode: ISTIO_MUTUAL}
            portLevelSettings: [{port: {number: 80}, tls: {mode: DISABLE}}]
        """
    )
    assert (fact.source, fact.target, fact.scope) == (None, "orders", "k8s:shop")
    assert _values(fact.policy) == {
        "circuitBreaker": (True, False),
        "maxConnections": (100, False),
        "retryBudget": (True, False),
        "mtls": ("strict", False),
    }


@pytest.mark.parametrize(
    ("outliers", "breaks"),
    [
        ("{}", True),
        ("{consecutive5xxErrors: 0}", False),
        ("{consecutive5xxErrors: 0, consecutiveGatewayErrors: 2}", True),
        ("{maxEjectionPercent: 0}", False),
    ],
)
def test_outlier_detection_breaks_where_it_can(outliers: str, breaks: bool) -> None:  # noqa: FBT001
    (fact,) = _policies(
        f"{{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {{name: a}}, "
        f"spec: {{host: a, trafficPolicy: {{outlierDetection: {outliers}}}}}}}"
    )
    assert fact.policy.is_on("circuitBreaker") is breaks


@pytest.mark.parametrize("host", ["'*.local'", "'{{ .Values.host }}'", "[]", "''"])
def test_rules_for_no_single_host_are_no_policies(host: str) -> None:
    text = "{{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {{name: a}}, spec: {{host: {}, trafficPolicy: {{retryBudget: {{}}}}}}}}"
    assert _policies(text.format(host)) == []


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


def test_annotations_of_linkerd_are_policies_of_calls() -> None:
    (fact,) = _policies(
        """
        apiVersion: v1
        kind: Service
        metadata:
          name: orders
          annotations:
            retry.linkerd.io/http: 5xx
            retry.linkerd.io/limit: "3"
            retry.linkerd.io/timeout: 300ms
            timeout.linkerd.io/request: 2s
            balancer.linkerd.io/failure-accrual: consecutive
        spec: {ports: [{port: 80}]}
        """
    )
    assert (fact.target, fact.policy.tool) == ("orders", "linkerd")
    assert _values(fact.policy) == {
        "timeoutMs": (2_000, False),
        "perTryTimeoutMs": (300, False),
        "retryOn": ("5xx", False),
        "retries": (3, False),
        "circuitBreaker": (True, False),
    }


_PROFILE = """
---
apiVersion: linkerd.io/v1alpha2
kind: ServiceProfile
metadata: {name: orders.default.svc.cluster.local}
spec:
  retryBudget: {retryRatio: 0.2, minRetriesPerSecond: 10, ttl: 10s}
  routes:
  - {name: list, condition: {method: GET, pathRegex: /orders}, isRetryable: true, timeout: 3s}
  - {name: place, condition: {method: POST, pathRegex: /orders}}
"""


def test_a_profile_replaces_annotations() -> None:
    annotated = deployment("orders").replace(
        "metadata: {name: orders}\nspec:\n  selector: {app",
        "metadata: {name: orders, annotations: {timeout.linkerd.io/request: 2s}}\nspec:\n  selector: {app",
    )
    assert "linkerd" in annotated
    callers = deployment("web", "ORDERS_URL=http://orders")
    (edge,) = graph_of({"a.yaml": callers + annotated}).dependencies
    assert [policy.tool for policy in edge.policies] == ["linkerd"]
    (edge,) = graph_of({"a.yaml": callers + annotated + _PROFILE}).dependencies
    assert [policy.tool for policy in edge.policies] == ["linkerd profile"]


def test_a_profile_has_routes() -> None:
    first, second = _routes(_PROFILE)
    assert (first.methods, first.path, first.mesh, first.backends) == (("GET",), "/orders", True, ())
    assert _values(first.policy) == {
        "timeoutMs": (3_000, False),
        "retries": (1, False),
        "retryOn": ("5xx", True),
        "retryBudget": (True, True),
    }
    assert _values(second.policy) == {}


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
