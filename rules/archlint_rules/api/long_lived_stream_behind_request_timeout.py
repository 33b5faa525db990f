"""A stream behind a time limit for whole requests.

## Why is this bad?

A total timeout counts until the last byte of the answer. A stream has none: it is cut at the limit however healthy it is, all clients reconnect at once, and
what was sent in between is lost.

## How to fix

Switch the total timeout off for the route of the stream (`0s`), and bound idle time instead.
"""

from collections import defaultdict
from collections.abc import Iterator

from archlint.api import (
    Backends,
    Bad,
    Context,
    Good,
    Location,
    Problem,
    Related,
    RouteFact,
    Service,
    ServiceGraph,
    Severity,
    admits,
    patterns,
    rule,
)

_LONG_MS = 300_000
_WORDS = {"sse": "stream", "server": "stream", "bidi": "stream", "client": "stream", "websocket": "WebSocket"}
_ROUTE = """
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: orders}}
spec:
  hosts: [orders]
  http:
    {first}
    - route: [{{destination: {{host: orders}}}}]
      timeout: {timeout}{marker}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: orders}}
spec:
  template:
    metadata: {{labels: {{app: orders}}}}
    spec: {{containers: [{{name: orders, image: "shop/orders:1"}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: orders}}
spec: {{selector: {{app: orders}}, ports: [{{port: 80}}]}}
"""
_API = """
openapi: 3.1.0
info: {title: orders, version: 1.0.0}
paths:
  /events:
    get:
      operationId: events
      responses: {"200": {description: ok, content: {text/event-stream: {schema: {type: string}}}}}
  /orders:
    get: {operationId: list, responses: {"200": {description: ok}}}
"""
_SOCKET = """
asyncapi: 3.0.0
info: {title: orders, version: 1.0.0}
servers: {main: {host: orders.example.com, protocol: wss}}
channels: {live: {address: /live, messages: {changed: {payload: {type: object}}}}}
operations: {send: {action: send, channel: {$ref: '#/channels/live'}}}
"""


def _routed(timeout: str, marker: str = "", *, api: str = _API, first: str = "") -> dict[str, str]:
    name = "asyncapi" if "asyncapi:" in api else "openapi"
    first = first or "- match: [{uri: {prefix: /none}}]\n      redirect: {uri: /}"
    return {
        "orders/deploy.yaml": _ROUTE.format(timeout=timeout, marker=marker, first=first),
        f"orders/{name}.yaml": api,
    }


@rule(
    id="long-lived-stream-behind-request-timeout",
    category="api",
    severity=Severity.WARNING,
    profile="strict",
    subject=ServiceGraph,
    since="0.1.0",
    references=(
        "https://www.envoyproxy.io/docs/envoy/latest/faq/configuration/timeouts",
        "https://gateway-api.sigs.k8s.io/geps/gep-1742/",
    ),
    examples=(
        Bad(_routed("15s", "  # <- the route `orders` cuts the stream `GET /events` after 15 s")),
        Bad(
            _routed("15s", "  # <- the route `orders` may cut the WebSocket `/live` after 15 s", api=_SOCKET),
            "as info: not every proxy cuts an upgraded connection",
        ),
        Good(_routed("0s")),
        Good(_routed("10m")),
        Good(
            _routed(
                "15s",
                first="- match: [{uri: {prefix: /events}}]\n      route: [{destination: {host: orders}}]\n      timeout: 0s",
            ),
            "a route of its own",
        ),
        Good(_routed("15s", api=_API.replace("text/event-stream", "application/json")), "no stream"),
    ),
)
def long_lived_stream_behind_request_timeout(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report routes with a total timeout below five minutes that streams of the services behind take."""
    del context
    backends = Backends(graph)
    routed: dict[str, list[RouteFact]] = defaultdict(list)
    services: dict[str, Service] = {}
    for route in graph.routes:
        for service in backends.services(route):
            routed[service.id].append(route)
            services[service.id] = service
    for name, routes in routed.items():
        for path, what, kind, at in _streams(services[name]):
            for route in _taken(routes, path):
                limit = _limit(route)
                if limit is not None:
                    yield _problem(route, what, kind, at, limit)


def _problem(route: RouteFact, what: str, kind: str, at: Location, limit: tuple[float, Location]) -> Problem:
    socket = kind == "websocket"
    return Problem(
        f"the route `{route.name}` {'may cut' if socket else 'cuts'} the {_WORDS[kind]} `{what}` after {limit[0] / 1000:g} s",
        limit[1],
        help="switch the total timeout off for it, and bound idle time instead",
        related=(Related("what lives long", at),),
        severity=Severity.INFO if socket else Severity.WARNING,
        identity=("stream", route.kind, route.scope, route.name, what),
    )


def _streams(service: Service) -> Iterator[tuple[str, str, str, Location]]:
    """Yield path, name, kind and place of what lives long."""
    for api in service.apis:
        for operation in api.operations:
            if operation.streaming in _WORDS:
                path = operation.path or (operation.name if operation.name.startswith("/") else "/")
                yield path, operation.name, operation.streaming, operation.at
    seen: set[str] = set()
    for channel in service.channels:
        address = channel.address or ""
        if channel.protocol in {"ws", "wss"} and address.startswith("/") and address not in seen:
            seen.add(address)
            yield address, address, "websocket", channel.at


def _taken(routes: list[RouteFact], path: str) -> Iterator[RouteFact]:
    """Yield the route of each resource, or gateway, that takes *path*: the first of a VirtualService, the longest of others."""
    groups: dict[tuple[object, ...], list[RouteFact]] = defaultdict(list)
    for route in routes:
        if admits(route, path):
            one = route.name if route.kind == "VirtualService" else ""
            groups[route.kind, route.scope, route.gateway, route.hosts, one].append(route)
    for group in groups.values():
        if group[0].kind == "VirtualService":
            yield min(group, key=lambda route: (route.at.path, route.at.document, _order(route)))
        else:
            yield max(
                group, key=lambda route: max(len(one.text) for one in patterns(route) if one.admits(path))
            )


def _order(route: RouteFact) -> int:
    return next((part for part in reversed(route.at.pointer) if isinstance(part, int)), 0)


def _limit(route: RouteFact) -> tuple[float, Location] | None:
    """Return the total timeout and its place where it is short: one that is written, or Envoy's 15 s."""
    value = route.policy.values.get("timeoutMs") if route.policy is not None else None
    if value is None or isinstance(value.value, str) or not 0 < value.value < _LONG_MS:
        return None
    if value.default and (route.policy is None or route.policy.tool != "envoy"):
        return None
    return float(value.value), value.at or route.at
