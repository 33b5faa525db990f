"""A route through the mesh or gateway without a timeout.

## Why is this bad?

Istio waits for ever by default, and the Gateway API leaves it to the implementation. One slow backend then holds the connections, threads and memory
of all its callers, until the whole chain stands. Kong's own 60 seconds hold for every one of its six tries.

## How to fix

Set a timeout on the route, a little more than what the backend needs on a bad day.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, RouteFact, SelectFact, ServiceGraph, Severity, rule
from archlint.formats.envoy import EnvoyRoute
from archlint.formats.envoy import milliseconds as envoy_milliseconds
from archlint.formats.grpc_config import GrpcConfig
from archlint.formats.kong import KongService
from archlint.formats.kubernetes import MeshRoute, milliseconds

type Subject = MeshRoute | EnvoyRoute | KongService | GrpcConfig | ServiceGraph

_POLICY = "gateway.envoyproxy.io/BackendTrafficPolicy"
_KONG_KEYS = ("connect_timeout", "read_timeout", "write_timeout")
_KONG = """
_format_version: "3.0"
services:
  - name: orders{marker}
    url: http://orders:8080
    routes: [{{paths: [/orders]}}]
    {more}
"""
_ENVOY = """
static_resources:
  listeners:
    - filter_chains:
        - filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                route_config:
                  virtual_hosts:
                    - name: shop
                      routes:
                        - match: {{prefix: {path}}}
                          route: {{cluster: orders{more}}}{marker}
"""
_GRPC = """
methodConfig:
  - name: [{{service: shop.v1.Stock}}]
    {more}
"""
_ISTIO = """
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: orders}}
spec:
  hosts: [orders]
  http:
    - route: [{{destination: {{host: orders}}}}]{marker}
      {more}
"""


_PROFILE = """
apiVersion: linkerd.io/v1alpha2
kind: ServiceProfile
metadata: {{name: orders.shop.svc.cluster.local}}
spec:
  routes:
    - name: GET /all{marker}
      condition: {{method: GET, pathRegex: /all}}
    - name: GET /one
      condition: {{method: GET, pathRegex: /one}}
      {more}
"""
_HTTP = """
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: orders{annotations}}}
spec:
  parentRefs: [{parent}]
  rules:
    - backendRefs: [{{name: {name}, port: 80}}]{marker}
"""
_TIMED = """
---
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: BackendTrafficPolicy
metadata: {{name: slow}}
spec: {{targetRefs: [{{kind: {kind}, name: {name}}}], {more}}}
"""


def _http(marker: str = "", name: str = "orders", parent: str = "{name: edge}", annotations: str = "") -> str:
    return _HTTP.format(marker=marker, name=name, parent=parent, annotations=annotations)


def _envoy(more: str = "", marker: str = "", path: str = "/orders") -> str:
    return _ENVOY.format(more=more, marker=marker, path=path)


def _istio(more: str = "name: main", marker: str = "") -> str:
    return _ISTIO.format(more=more, marker=marker)


def _concerns(subject: Subject) -> bool:
    """Tell whether *subject* leads to somebody whom it does not wait for on purpose."""
    if isinstance(subject, ServiceGraph):
        return True
    if isinstance(subject, MeshRoute):
        if subject.tool == "gateway-api" or (subject.tool == "linkerd" and not _is_managed(subject)):
            return False
        return not (subject.only_redirects or subject.is_delegate or subject.streams)
    if isinstance(subject, EnvoyRoute):
        return not subject.streams
    return not isinstance(subject, KongService) or bool(subject.target[1] and not subject.streams)


def _is_managed(route: MeshRoute) -> bool:
    """Tell whether a ServiceProfile says how to call; those made of contracts only name routes, for their metrics."""
    routes = (item for item in route.manifest.items("spec", "routes") if isinstance(item, dict))
    budget = route.manifest.get("spec", "retryBudget") is not None
    return budget or any("timeout" in item or "isRetryable" in item for item in routes)


@rule(
    id="timeout-missing",
    category="resilience",
    severity=Severity.WARNING,
    profile="strict",
    subject=(MeshRoute, EnvoyRoute, KongService, GrpcConfig, ServiceGraph),
    since="0.1.0",
    references=(
        "https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRoute",
        "https://developer.konghq.com/gateway/entities/service/",
        "https://www.envoyproxy.io/docs/envoy/latest/faq/configuration/timeouts",
        "https://grpc.io/docs/guides/deadlines/",
        "https://sre.google/sre-book/addressing-cascading-failures/",
    ),
    applies=_concerns,
    examples=(
        Bad(_istio(marker="  # <- the route `main` has no timeout")),
        Bad(_istio("timeout: 0s", "  # <- the timeout of the route `orders` is switched off")),
        Bad(_http("  # <- the route `orders` has no timeout")),
        Bad(
            _http("  # <- the route `orders` has no timeout")
            + _TIMED.format(kind="HTTPRoute", name="orders", more="loadBalancer: {type: Random}")
        ),
        Bad(_envoy(", timeout: 0s", "  # <- the timeout of the route `/orders` is switched off")),
        Bad(
            _KONG.format(
                marker="  # <- the service `orders` sets no timeouts, Kong allows 60 s a try",
                more="retries: 1",
            )
        ),
        Bad(
            _GRPC.format(more="waitForReady: true").replace(
                "methodConfig:", "methodConfig:  # <- none of the calls here has a timeout"
            )
        ),
        Good(
            _http()
            + _TIMED.format(kind="HTTPRoute", name="orders", more="timeout: {http: {requestTimeout: 2s}}")
        ),
        Good(
            _http() + _TIMED.format(kind="Gateway", name="edge", more="timeout: {http: {requestTimeout: 2s}}")
        ),
        Good(
            _http(
                parent="{kind: Service, name: orders}",
                annotations=", annotations: {timeout.linkerd.io/request: 2s}",
            ),
            "Linkerd's annotation",
        ),
        Bad(
            _PROFILE.format(more="timeout: 1s", marker="  # <- the route `GET /all` has no timeout"),
        ),
        Bad(
            _PROFILE.format(
                more="isRetryable: true", marker="  # <- the route `GET /all` has no timeout"
            ).replace("name: GET /one", "name: GET /one  # <- the route `GET /one` has no timeout"),
        ),
        Good(_PROFILE.format(more="", marker=""), "the profile only names the routes"),
        Good(_http() + "      timeouts: {backendRequest: 2s}\n", "the only try has one"),
        Good(_http(name="websocket"), "WebSockets live long"),
        Good(_istio("timeout: 2s")),
        Good(_envoy(", timeout: 2s")),
        Good(_envoy(), "Envoy gives up after 15 s by itself"),
        Good(_envoy(", timeout: 0s", path="/events/stream"), "event streams live long"),
        Good(_KONG.format(marker="", more="read_timeout: 5000")),
        Good(
            _KONG.format(marker="", more="plugins: [{name: upstream-timeout, config: {read_timeout: 5000}}]")
        ),
        Good(_KONG.format(marker="", more="retries: 1").replace("http:", "ws:"), "WebSockets live long"),
        Good(_GRPC.format(more="timeout: 1s")),
        Good(_istio("match: [{uri: {prefix: /ws}}]"), "WebSockets live long"),
        Good(
            """
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: orders}
            spec:
              hosts: [orders]
              http: [{redirect: {uri: /v2}}]
            """,
            "a redirect calls nobody",
        ),
    ),
)
def timeout_missing(subject: Subject, context: Context) -> Iterator[Problem]:
    """Report routes without a total timeout, or with one of zero; as info what holds Kong's default, and calls of gRPC without deadlines."""
    del context
    if isinstance(subject, ServiceGraph):
        yield from _gateways(subject)
    elif isinstance(subject, MeshRoute):
        yield from _mesh(subject)
    elif isinstance(subject, EnvoyRoute):
        yield from _proxy(subject)
    elif isinstance(subject, KongService):
        own = any(key in subject.data for key in _KONG_KEYS)
        if not own and "upstream-timeout" not in subject.config.plugin_names:
            yield Problem(
                f"the service `{subject.name}` sets no timeouts, Kong allows 60 s a try",
                subject.location,
                help="set `connect_timeout`, `read_timeout` and `write_timeout`",
                severity=Severity.INFO,
            )
    elif subject.methods and all(entry.timeout is None for entry in subject.methods):
        yield Problem(
            "none of the calls here has a timeout",
            subject.at("methodConfig", on_key=True),
            help="set `timeout` for the methods, or a deadline in the code",
            severity=Severity.INFO,
        )


def _gateways(graph: ServiceGraph) -> Iterator[Problem]:
    """Report routes of the Gateway API that neither say a timeout nor have one by a policy for them or their gateway."""
    timed = {target for fact in graph.selects if fact.kind == _POLICY for target in _timed(fact)}
    told: set[object] = set()
    for route in graph.routes:
        if route.kind != "HTTPRoute" or route.policy is None or route.extra.get("streams"):
            continue
        value = route.policy.values.get("timeoutMs")
        if (
            (value is not None and value.value)
            or route.at.node in told
            or not timed.isdisjoint(_names(route))
        ):
            continue
        told.add(route.at.node)
        what = (
            f"the timeout of the route `{route.name}` is switched off"
            if value
            else f"the route `{route.name}` has no timeout"
        )
        yield Problem(
            what,
            route.at,
            help="set a timeout on the route",
            identity=("timeout", route.scope, route.name, route.path),
        )


def _timed(policy: SelectFact) -> Iterator[tuple[str, str, str]]:
    """Yield namespace, kind and name of what *policy* sets a timeout for."""
    timeout = policy.spec.get("timeout")
    references = policy.spec.get("targetRefs")
    for entry in (*(references if isinstance(references, list) else ()), policy.spec.get("targetRef")):
        if isinstance(timeout, dict) and timeout and isinstance(entry, dict):
            yield policy.scope, str(entry.get("kind")), str(entry.get("name"))


def _names(route: RouteFact) -> Iterator[tuple[str, str, str]]:
    yield route.scope, route.kind, route.name
    gateways = route.extra.get("gateways")
    for name in gateways if isinstance(gateways, list) else ():
        space, _, bare = str(name).rpartition("/")
        yield f"k8s:{space}" if space else route.scope, "Gateway", bare


def _mesh(route: MeshRoute) -> Iterator[Problem]:
    if route.timeout is not None and milliseconds(route.timeout[0]) != 0:
        return
    what = (
        "the timeout of the route `{}` is switched off"
        if route.timeout is not None
        else "the route `{}` has no timeout"
    )
    yield Problem(what.format(route.name), route.location, help="set a timeout on the route")


def _proxy(route: EnvoyRoute) -> Iterator[Problem]:
    if envoy_milliseconds(route.pick("route", "timeout")) == 0:
        yield Problem(
            f"the timeout of the route `{route.name}` is switched off",
            route.place("route", "timeout"),
            help="set `timeout`",
        )
