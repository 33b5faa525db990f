"""A service is killed before a request that it works on may be done.

## Why is this bad?

On every release and every drained node, the pod gets this long to end what it began; then it is killed. A request that is allowed to last longer breaks off in the
middle, and its caller tries again, or does not.

## How to fix

Give the pod more time than its longest request takes, and than the hook before its stop sleeps, or allow requests less.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from archlint.api import (
    Bad,
    Context,
    Exposure,
    Good,
    Location,
    Policy,
    Problem,
    Related,
    Service,
    ServiceGraph,
    Severity,
    exposed,
    rule,
)
from archlint_rules.resilience.clusters import CLUSTER_TOOLS

_GRACE = {"compose": 10.0}
_DEFAULT = 30.0
_MOST = 3_600_000.0
_STREAMS = (
    "stream",
    "websocket",
    "socket",
    "signalr",
    "hub",
    "/ws",
    "/sse",
    "events",
    "upgrade",
    "grpc-web",
    "tail",
    "watch",
    "download",
    "upload",
)
_SYSTEM = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: orders}}
spec:
  template:
    metadata: {{labels: {{app: orders}}}}
    spec:{marker}
      {grace}
      containers: [{{name: orders, image: "shop/orders:1"{more}}}]
---
apiVersion: v1
kind: Service
metadata: {{name: orders}}
spec: {{selector: {{app: orders}}, ports: [{{port: 80}}]}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: {route}}}
spec:
  parentRefs: [{{name: public}}]
  rules: [{{timeouts: {{request: {timeout}}}, backendRefs: [{{name: orders, port: 80}}]}}]
"""


def _system(
    timeout: str,
    *,
    grace: str = "restartPolicy: Always",
    more: str = "",
    marker: str = "",
    route: str = "orders",
) -> str:
    return _SYSTEM.format(timeout=timeout, grace=grace, more=more, marker="", route=route).replace(
        "metadata: {name: orders}\nspec:\n  template", f"metadata:\n  name: orders{marker}\nspec:\n  template"
    )


@rule(
    id="shutdown-shorter-than-request",
    category="resilience",
    severity=Severity.WARNING,
    subject=ServiceGraph,
    since="0.1.0",
    profile="strict",
    references=("https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination",),
    examples=(
        Bad(_system("60s", marker="  # <- `orders` is killed after 30 s, and a request may last 60 s")),
        Bad(
            _system(
                "20s",
                grace="terminationGracePeriodSeconds: 15",
                marker="  # <- `orders` is killed after 15 s, and a request may last 20 s",
            )
        ),
        Bad(
            _system(
                "20s",
                more=", lifecycle: {preStop: {sleep: {seconds: 15}}}",
                marker="  # <- `orders` is killed after 30 s, and sleeps for 15 s before a request may last 20 s",
            )
        ),
        Good(_system("10s")),
        Good(_system("60s", grace="terminationGracePeriodSeconds: 90")),
        Good(_system("0s"), "without a timeout, nothing is known of how long requests last"),
        Good(
            _system("60s", grace="terminationGracePeriodSeconds: '{{ .Values.grace }}'"),
            "filled in when it is rendered",
        ),
        Good(_system("600s", route="orders-stream"), "streams are cut off anyway, and resume"),
        Good(_system("600s", route="orders-signalr-hub"), "so do sockets"),
        Good(
            {
                "k8s/shop.yaml": _system("20s"),
                "compose.yaml": """
                    services:
                      orders: {image: shop/orders, ports: ['80:80']}
                      shop: {image: shop/shop, environment: {ORDERS_URL: "http://orders"}}
                """,
            },
            "what routes of the cluster allow does not hold for compose",
        ),
    ),
)
def shutdown_shorter_than_request(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report services whose written longest inbound timeout, with the sleep before the stop, is longer than their time to end."""
    del context
    doors = exposed(graph)
    for service in graph.services:
        found = _written(graph, service, doors.get(service.id, [])) if service.first_party else []
        longest = _longest(found)
        elsewhere = _longest([one for one in found if one.tool not in CLUSTER_TOOLS])
        for workload in service.workloads:
            if workload.kind in {"Job", "CronJob", "ScaledJob"} or "grace" in workload.extra:
                continue
            most = elsewhere if workload.kind == "compose" else longest
            if most is None:
                continue
            milliseconds, at = most.milliseconds, most.at
            grace = workload.grace_seconds
            if grace is None:
                grace = _GRACE.get(workload.kind, _DEFAULT)
            sleeps = workload.extra.get("preStopSeconds", 0)
            if grace * 1000 < milliseconds + sleeps * 1000 and graph.variants.together(
                workload.at.path, at.path
            ):
                shown = (
                    f", and sleeps for {sleeps} s before a request may last"
                    if sleeps
                    else ", and a request may last"
                )
                yield Problem(
                    f"`{service.name}` is killed after {grace:g} s{shown} {milliseconds / 1000:g} s",
                    workload.at,
                    help="set `terminationGracePeriodSeconds` above it"
                    if workload.kind != "compose"
                    else "set `stop_grace_period` above it",
                    related=(Related("requests may last this long", at),),
                    identity=("shutdown", service.id, workload.scope),
                )
                break


@dataclass(frozen=True, slots=True)
class _Limit:
    """For how long a request may last, as what tool has it written where."""

    milliseconds: float
    at: Location
    tool: str


def _longest(found: list[_Limit]) -> _Limit | None:
    return max(found, key=lambda one: one.milliseconds, default=None)


def _written(graph: ServiceGraph, service: Service, doors: list[Exposure]) -> list[_Limit]:
    """Return the timeouts that are written for requests to *service*; those of streams are left out."""
    found: list[_Limit] = []
    for edge in graph.incoming(service):
        names = " ".join(item.detail for item in edge.evidence)
        if edge.kind in {"calls", "routes"} and not _is_stream(f"{service.name} {names}"):
            for policy in edge.policies:
                found.extend(_limit(policy))
    for door in doors:
        route = door.route
        if route is not None and route.policy is not None and len(route.backends) == 1:
            words = f"{service.name} {route.name} {route.path} {' '.join(route.hosts)}"
            found.extend(() if _is_stream(words) else _limit(route.policy))
    return found


def _is_stream(words: str) -> bool:
    """Tell whether names and paths are those of what stays open for long on purpose."""
    return any(word in words.lower() for word in _STREAMS)


def _limit(policy: Policy) -> Iterator[_Limit]:
    number = policy.number("timeoutMs", defaults=False)
    value = policy.values.get("timeoutMs")
    if number and number < _MOST and value is not None and value.at is not None:
        yield _Limit(number, value.at, policy.tool)
