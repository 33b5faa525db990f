"""Policies on edges: which hold, how layers combine, and what they come to."""

import pytest
from systems import deployment, graph_of

from archlint.api import Dependency, Location, Policy, PolicyKey, PolicyValue, attempts, timeout, worst_case

_ROUTE = """---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: {name}, namespace: {space}}}
spec:
  hosts: [orders]
  {gateways}http: [{routes}]
"""
_TO = "route: [{destination: {host: orders}}]"
_SHOP = deployment("shop", "ORDERS_URL=http://orders") + deployment("orders")


def _edge(*texts: str) -> Dependency:
    (edge,) = graph_of({f"{index}.yaml": text for index, text in enumerate((_SHOP, *texts))}).dependencies
    return edge


def _route(*routes: str, space: str = "default", gateways: str = "") -> str:
    return _ROUTE.format(name="orders", space=space, gateways=gateways, routes=", ".join(routes))


def _policy(layer: str, **values: float) -> Policy:
    keys: dict[str, PolicyKey] = {
        "total": "timeoutMs",
        "single": "perTryTimeoutMs",
        "retries": "retries",
        "wait": "backoffMs",
        "budget": "retryBudget",
    }
    found = {keys[name]: PolicyValue(value) for name, value in values.items()}
    return Policy(tool="x", layer=layer, values=found)  # type: ignore[arg-type]


def test_a_route_of_the_mesh_holds_for_calls_to_its_host() -> None:
    (policy,) = _edge(_route(f"{{timeout: 2s, {_TO}}}")).policies
    assert policy.number("timeoutMs") == 2000
    assert policy.values["timeoutMs"].at is not None
    assert policy.number("retries") == 2
    assert policy.number("retries", defaults=False) is None


@pytest.mark.parametrize(
    "route",
    [
        _route(f"{{timeout: 2s, {_TO}}}", space="other"),
        _route(f"{{timeout: 2s, {_TO}}}", gateways="gateways: [edge]\n  "),
        _route(
            f"{{match: [{{uri: {{prefix: /a}}}}], timeout: 2s, {_TO}}}",
            f"{{match: [{{uri: {{prefix: /b}}}}], timeout: 3s, {_TO}}}",
        ),
    ],
    ids=["another namespace", "only through a gateway", "routes that disagree"],
)
def test_a_route_that_calls_do_not_follow_is_none_of_theirs(route: str) -> None:
    assert not _edge(route).policies


def test_the_route_for_all_calls_counts_before_those_for_some() -> None:
    some = f"{{match: [{{uri: {{prefix: /a}}}}], timeout: 2s, {_TO}}}"
    (policy,) = _edge(_route(some, f"{{timeout: 9s, {_TO}}}")).policies
    assert policy.number("timeoutMs") == 9000


def test_a_route_for_some_callers_is_not_for_all() -> None:
    some = f"{{match: [{{headers: {{user: {{exact: tester}}}}}}], timeout: 2s, {_TO}}}"
    (policy,) = _edge(_route(some, f"{{timeout: 9s, {_TO}}}")).policies
    assert policy.number("timeoutMs") == 9000


def test_what_is_written_counts_before_a_default_of_the_same_tool() -> None:
    rule = """---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: orders}
spec:
  host: orders
  trafficPolicy: {outlierDetection: {consecutive5xxErrors: 5}}
"""
    (policy,) = _edge(_route(f"{{timeout: 2s, {_TO}}}"), rule).policies
    assert policy.is_on("circuitBreaker")
    assert policy.number("timeoutMs") == 2000


def test_a_manifest_says_what_a_library_does() -> None:
    manifest = """
        apiVersion: archlint.dev/v1alpha1
        kind: Service
        entity: shop
        dependsOn: [{target: orders, via: http, timeoutMs: 800, retries: 1}]
        """
    (policy,) = _edge(manifest).policies
    assert (policy.tool, policy.layer) == ("manifest", "client")
    assert (policy.number("timeoutMs"), policy.number("retries")) == (800, 1)


def test_layers_multiply_their_tries() -> None:
    layers = [_policy("sidecar", retries=2), _policy("client", retries=3), _policy("gateway", total=5)]
    assert attempts(layers) == 12
    assert attempts([_policy("client", retries=-1)]) == float("inf")
    assert attempts([_policy("client", retries=3, budget=True)]) == 1


@pytest.mark.parametrize(
    ("layers", "longest", "shortest"),
    [
        ([], None, None),
        ([_policy("client", total=0, retries=2)], None, None),
        ([_policy("client", total=900)], 900, 900),
        ([_policy("client", single=200, retries=2, wait=50)], 700, None),
        ([_policy("client", single=200, retries=2, total=500)], 500, 500),
        ([_policy("client", single=200, retries=-1)], None, None),
        ([_policy("gateway", retries=1), _policy("sidecar", single=100, retries=1)], 400, None),
        ([_policy("gateway", total=300), _policy("sidecar", total=1000)], 300, 300),
    ],
)
def test_layers_nest_their_timeouts(
    layers: list[Policy], longest: float | None, shortest: float | None
) -> None:
    assert worst_case(layers) == longest
    assert timeout(layers) == shortest


def test_a_place_is_that_of_the_value() -> None:
    value = _edge(_route(f"{{timeout: 2s, {_TO}}}")).policies[0].values["timeoutMs"]
    assert value.at == Location("1.yaml", ("spec", "http", 0, "timeout"))


def test_an_edge_says_whether_it_is_encrypted_and_allowed() -> None:
    strict = """---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: default}
spec: {mtls: {mode: STRICT}}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: nobody, namespace: default}
spec: {}
"""
    (policy,) = _edge(strict).policies
    said = {key: (value.value, value.at.path if value.at else "") for key, value in policy.values.items()}
    assert said == {"authorization": ("denied", "1.yaml"), "mtls": ("strict", "1.yaml")}
