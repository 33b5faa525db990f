"""Who guards routes, what their backends are, and what that exposes."""

import pytest
from systems import deployment, graph_of

from archlint.api import Backends, Guards, ServiceGraph, exposures

_ROUTE = """
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: shop}
spec:
  hosts: [shop.example.com]
  gateways: [edge]
  http: [{route: [{destination: {host: orders}}]}]
"""
_GATEWAY = """
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {{name: edge}}
spec: {{selector: {{istio: {selector}}}}}
"""
_HTTP = """
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: shop}
spec: {parentRefs: [{name: edge}], rules: [{backendRefs: [{name: orders, port: 80}]}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge}
spec: GATEWAY
"""


def _policy(group: str, kind: str, spec: str, namespace: str = "default") -> str:
    return f"\n---\napiVersion: {group}/v1\nkind: {kind}\nmetadata: {{name: policy, namespace: {namespace}}}\nspec: {spec}\n"


def _graph(text: str) -> ServiceGraph:
    return graph_of({"a.yaml": deployment("orders") + text})


@pytest.mark.parametrize(
    ("policy", "guarded"),
    [
        (_policy("security.istio.io", "RequestAuthentication", "{jwtRules: [{issuer: a}]}"), True),
        (_policy("security.istio.io", "RequestAuthentication", "{jwtRules: []}"), False),
        (
            _policy(
                "security.istio.io", "RequestAuthentication", "{jwtRules: [{issuer: a}]}", "istio-system"
            ),
            True,
        ),
        (_policy("security.istio.io", "RequestAuthentication", "{jwtRules: [{issuer: a}]}", "other"), False),
        (
            _policy(
                "security.istio.io",
                "AuthorizationPolicy",
                "{selector: {matchLabels: {istio: ingressgateway}}, action: CUSTOM, provider: {name: a}}",
                "istio-system",
            ),
            True,
        ),
        (
            _policy(
                "security.istio.io",
                "AuthorizationPolicy",
                "{targetRefs: [{kind: Gateway, name: edge}], action: CUSTOM}",
            ),
            True,
        ),
        (
            _policy(
                "security.istio.io",
                "AuthorizationPolicy",
                "{targetRefs: [{kind: Service, name: x}], action: CUSTOM}",
            ),
            False,
        ),
        (
            _policy(
                "security.istio.io",
                "AuthorizationPolicy",
                "{selector: {matchLabels: {app: orders}}, rules: [{from: [{source: {requestPrincipals: ['*']}}]}]}",
            ),
            True,
        ),
        (
            _policy(
                "security.istio.io",
                "AuthorizationPolicy",
                "{selector: {matchLabels: {app: orders}}, rules: [{from: [{source: {namespaces: [shop]}}]}]}",
            ),
            False,
        ),
    ],
)
def test_istio_asks_who_calls(policy: str, guarded: bool) -> None:  # noqa: FBT001
    (way,) = exposures(_graph(_ROUTE + policy))
    assert (way.authentication is not None) is guarded


@pytest.mark.parametrize(
    ("policy", "bounded"),
    [
        (
            _policy(
                "networking.istio.io",
                "EnvoyFilter",
                "{workloadSelector: {labels: {app: orders}}, configPatches: [{patch: {value: {name: envoy.filters.http.local_ratelimit}}}]}",
            ),
            True,
        ),
        (
            _policy("networking.istio.io", "EnvoyFilter", "{configPatches: [{patch: {value: {name: lua}}}]}"),
            False,
        ),
        (
            _policy("policy.linkerd.io", "HTTPLocalRateLimitPolicy", "{targetRef: {kind: Server, name: a}}"),
            True,
        ),
    ],
)
def test_meshes_bound_requests(policy: str, bounded: bool) -> None:  # noqa: FBT001
    graph = _graph(_ROUTE + policy)
    (way,) = exposures(graph)
    assert (Guards(graph).of("rateLimit", way.route, way.service) is not None) is bounded
    assert (Guards(graph).of("rateLimit", None, way.service) is not None) is bounded


@pytest.mark.parametrize(
    ("spec", "key", "target", "guarded"),
    [
        ("{jwt: {providers: [a]}}", "authorization", "{kind: HTTPRoute, name: shop}", True),
        ("{jwt: {providers: [a]}}", "authorization", "{kind: Gateway, name: edge}", True),
        ("{jwt: {providers: [a]}}", "authorization", "{kind: Gateway, name: other}", False),
        ("{cors: {allowOrigins: [a]}}", "authorization", "{kind: HTTPRoute, name: shop}", False),
        ("{rateLimit: {type: Local}}", "rateLimit", "{kind: HTTPRoute, name: shop}", True),
    ],
)
def test_envoy_gateway_guards_routes(spec: str, key: str, target: str, guarded: bool) -> None:  # noqa: FBT001
    kind = "SecurityPolicy" if key == "authorization" else "BackendTrafficPolicy"
    text = _policy("gateway.envoyproxy.io", kind, spec[:-1] + f", targetRefs: [{target}]}}")
    graph = _graph(_HTTP.replace("GATEWAY", "{gatewayClassName: eg}") + text)
    (way,) = exposures(graph)
    found = Guards(graph).of(
        "authorization" if key == "authorization" else "rateLimit", way.route, way.service
    )
    assert (found is not None) is guarded


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (_ROUTE + _GATEWAY.format(selector="ingressgateway"), 1),
        (_ROUTE + _GATEWAY.format(selector="egressgateway"), 0),
        (_ROUTE.replace("[edge]", "[default/edge]") + _GATEWAY.format(selector="internal-gateway"), 0),
        (_HTTP.replace("GATEWAY", "{gatewayClassName: gke-l7-rilb}"), 0),
        (_HTTP.replace("GATEWAY", "{infrastructure: {annotations: {x/load-balancer-type: Internal}}}"), 0),
        (_HTTP.replace("GATEWAY", "{gatewayClassName: gke-l7-global-external-managed}"), 1),
    ],
)
def test_gateways_for_the_inside_expose_nothing(text: str, count: int) -> None:
    assert len(exposures(_graph(text))) == count


def test_a_delegate_is_as_public_as_who_names_it() -> None:
    text = """
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: root}
spec: {hosts: [shop.example.com], gateways: [edge], http: [{delegate: {name: inner}}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: inner}
spec: {http: [{route: [{destination: {host: orders}}]}]}
"""
    (way,) = exposures(_graph(text))
    assert way.route is not None
    assert way.route.name == "inner"


@pytest.mark.parametrize(
    ("host", "where"),
    [
        ("orders", "here"),
        ("orders.default.svc.cluster.local", "here"),
        ("order", "missing"),
        ("orders.other.svc", "missing"),
        ("api.example.com", "outside"),
        ("billing", "outside"),
        ("'*'", "outside"),
    ],
)
def test_backends_are_here_or_not(host: str, where: str) -> None:
    entry = "\n---\napiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: b}\nspec: {hosts: [billing]}\n"
    graph = _graph(_ROUTE.replace("{host: orders}", f"{{host: {host}}}") + entry)
    (route,) = graph.routes
    backends = Backends(graph)
    assert backends.of(route, route.backends[0]).where == where
    service = backends.service(route, route.backends[0])
    assert (service is not None) is (where == "here")
    assert backends.services(route) == ([service] if service else [])


def test_subsets_are_those_of_the_rules_for_the_host() -> None:
    rule = """
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: orders}
spec: {host: orders.default.svc.cluster.local, subsets: [{name: v1}, 3]}
"""
    graph = _graph(_ROUTE + rule)
    (route,) = graph.routes
    assert Backends(graph).subsets(route, route.backends[0]) == {"v1": {}}
    one = rule.replace("[{name: v1}, 3]", "[{name: v1, labels: {version: a}}]")
    graph = _graph(_ROUTE + one)
    assert Backends(graph).subsets(route, route.backends[0]) == {"v1": {"version": "a"}}
    graph = _graph(_ROUTE + one + one.replace("version: a", "version: b"))
    assert Backends(graph).subsets(route, route.backends[0]) == {"v1": {}}
    bare = _graph(_ROUTE)
    assert Backends(bare).subsets(bare.routes[0], bare.routes[0].backends[0]) is None
