"""Routes of Istio and Linkerd, and the policies that they and their neighbours set."""

from typing import Any

import pytest
from systems import deployment, facts_of, graph_of

from archlint.api import Policy, PolicyFact, RouteFact

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


def _only(text: str) -> RouteFact:
    (route,) = _routes(text)
    return route


def _routes(text: str) -> list[RouteFact]:
    return [fact for fact in facts_of({"a.yaml": text}) if isinstance(fact, RouteFact)]


def _values(policy: Policy | None) -> dict[str, Any]:
    assert policy is not None
    return {key: (value.value, value.default) for key, value in policy.values.items()}


def _policies(text: str) -> list[PolicyFact]:
    return [fact for fact in facts_of({"a.yaml": text}) if isinstance(fact, PolicyFact)]


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
