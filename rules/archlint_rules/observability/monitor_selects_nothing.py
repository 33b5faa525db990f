"""A monitor that scrapes nothing.

## Why is this bad?

Prometheus shows no error for what it was never told to look at: the service has no metrics, its alerts cannot fire, and the dashboard is empty when somebody needs it.

## How to fix

Make the selector the labels of the Service (not those of the pods), and `port` the name of one of the Service's ports.
"""

from collections.abc import Iterator

from archlint.api import (
    Bad,
    Confidence,
    Context,
    EndpointFact,
    Good,
    Problem,
    Related,
    SelectFact,
    ServiceGraph,
    Severity,
    WorkloadFact,
    rule,
)
from archlint_rules.observability.scraping import POD_MONITOR, SERVICE_MONITOR, Chosen, labels_of

_SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: orders, namespace: shop, labels: {app: orders}}
spec: {selector: {app: orders}, ports: [{name: http, port: 80}, {name: metrics, port: 9090}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: orders, namespace: shop}
spec:
  template:
    metadata: {labels: {app: orders}}
    spec: {containers: [{name: orders, image: "shop/orders:1", ports: [{name: metrics, containerPort: 9090}]}]}
"""
_MONITOR = """
---
apiVersion: monitoring.coreos.com/v1
kind: {kind}
metadata:
  name: orders{marker}
  namespace: {own}
spec:
  selector: {{matchLabels: {{app: {app}}}}}
  {more}
  {endpoints}: [{{port: {port}}}]
"""


def _both(
    *,
    app: str = "orders",
    port: str = "metrics",
    marker: str = "",
    kind: str = "ServiceMonitor",
    own: str = "shop",
    more: str = "",
) -> str:
    endpoints = "endpoints" if kind == "ServiceMonitor" else "podMetricsEndpoints"
    return _SERVICE + _MONITOR.format(
        app=app,
        port=port,
        marker=marker,
        kind=kind,
        own=own,
        endpoints=endpoints,
        more=more or "jobLabel: app",
    )


@rule(
    id="monitor-selects-nothing",
    category="observability",
    severity=Severity.ERROR,
    subject=ServiceGraph,
    since="0.1.0",
    profile="strict",
    references=("https://prometheus-operator.dev/docs/api-reference/api/",),
    examples=(
        Bad(_both(app="order", marker="  # <- `orders` selects no Service (`app: order`)")),
        Bad(_both(port="prometheus", marker="  # <- `prometheus` is no port of the Service `orders`")),
        Bad(_both(kind="PodMonitor", app="order", marker="  # <- `orders` selects no pods (`app: order`)")),
        Bad(_both(kind="PodMonitor", port="prom", marker="  # <- `prom` is no port of the pods of `orders`")),
        Good(_both()),
        Good(_both(kind="PodMonitor")),
        Good(_both(own="monitoring", more="namespaceSelector: {matchNames: [shop]}")),
        Good(_both(own="monitoring", more="namespaceSelector: {any: true}")),
        Good(_both(app="'{{ .Release.Name }}'"), "filled in when it is rendered"),
        Good(
            _both().replace(", namespace: shop}", "}", 1),
            "a Service that does not say where it is applied",
        ),
        Good(
            {
                "orders.yaml": _SERVICE,
                "monitoring/orders.yaml": _both(app="order").removeprefix(_SERVICE).lstrip("-\n"),
            },
            "what it selects may come from elsewhere",
        ),
        Good(
            {
                "Chart.yaml": "name: shop",
                "templates/orders.yaml": _SERVICE,
                "templates/monitor.yaml": _both(app="order").removeprefix(_SERVICE).lstrip("-\n"),
            },
            "other templates may not be readable",
        ),
    ),
)
def monitor_selects_nothing(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report selectors without any match where Services or pods stand beside or the scope is complete, and ports that none of the matches has."""
    chosen = Chosen(graph)
    for monitor in graph.selects:
        if monitor.kind not in {SERVICE_MONITOR, POD_MONITOR}:
            continue
        labels = labels_of(monitor)
        if labels is None:
            continue
        complete = context.complete(monitor.at.path)
        is_of_services = monitor.kind == SERVICE_MONITOR
        found = chosen.endpoints(monitor, labels) if is_of_services else chosen.workloads(monitor, labels)
        if not found:
            if labels and (complete or chosen.are_near(monitor)):
                shown = ", ".join(f"{key}: {value}" for key, value in labels.items())
                yield Problem(
                    f"`{monitor.name}` selects no {'Service' if is_of_services else 'pods'} (`{shown}`)",
                    monitor.at,
                    help="make the selector the labels of what is meant",
                    confidence=Confidence.DECLARED if complete else Confidence.INFERRED,
                    identity=("monitor", monitor.scope, monitor.kind, monitor.name),
                )
            continue
        names = _ports(found)
        for port in _wanted(monitor):
            if names is not None and port not in names:
                owner = (
                    f"the Service `{found[0].name}`" if is_of_services else f"the pods of `{found[0].name}`"
                )
                yield Problem(
                    f"`{port}` is no port of {owner}",
                    monitor.at,
                    help="name one of its ports",
                    related=(Related("the ports", found[0].at),),
                    identity=("monitor-port", monitor.scope, monitor.kind, monitor.name, port),
                )


def _wanted(monitor: SelectFact) -> Iterator[str]:
    """Yield the names of ports that *monitor* scrapes."""
    key = "endpoints" if monitor.kind == SERVICE_MONITOR else "podMetricsEndpoints"
    endpoints = monitor.spec.get(key)
    for endpoint in endpoints if isinstance(endpoints, list) else ():
        port = endpoint.get("port") if isinstance(endpoint, dict) else None
        if isinstance(port, str) and port and "{{" not in port and "$" not in port:
            yield port


def _ports(found: list[EndpointFact] | list[WorkloadFact]) -> set[str] | None:
    """Return the names of all ports; `None` where one is not known."""
    names: set[str] = set()
    for item in found:
        ports = (
            item.ports
            if isinstance(item, EndpointFact)
            else [port for one in item.containers for port in one.ports]
        )
        for port in ports:
            names.add(port.name)
    return None if any("{{" in name or "$" in name for name in names) else names
