"""A service shows metrics that nobody collects.

## Why is this bad?

Somebody built the metrics and nobody sees them: the other services of the namespace are on the dashboard, this one is missing, and its failures do not count.

## How to fix

Add a ServiceMonitor or PodMonitor that selects it, or the labels that an existing one selects by.
"""

from collections.abc import Iterator

from archlint.api import (
    Bad,
    Context,
    Good,
    Port,
    Problem,
    Related,
    SelectFact,
    ServiceGraph,
    Severity,
    WorkloadFact,
    infrastructure_roles,
    rule,
)
from archlint_rules.observability.scraping import POD_MONITOR, SERVICE_MONITOR, Chosen, labels_of

_METRICS = ("metrics", "http-metrics", "prometheus", "prom", "metric")
_SERVICE = """
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}{marker}
  namespace: shop
spec:
  template:
    metadata: {{labels: {{app: {name}}}{more}}}
    spec: {{containers: [{{name: {name}, image: "shop/{name}:1", ports: [{{name: {port}, containerPort: 9090}}]}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: shop, labels: {{app: {name}}}}}
spec: {{selector: {{app: {name}}}, ports: [{{name: {port}, port: 9090}}]}}
"""
_MONITOR = """
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {{name: {app}, namespace: shop}}
spec:
  selector: {{matchLabels: {{app: {app}}}}}
  endpoints: [{{port: metrics}}]
"""


def _system(*monitored: str, port: str = "metrics", marker: str = "", more: str = "") -> str:
    orders = _SERVICE.format(name="orders", marker="", more="", port="metrics")
    stock = _SERVICE.format(name="stock", marker=marker, more=more, port=port)
    return orders.lstrip("-\n") + stock + "".join(_MONITOR.format(app=app) for app in monitored)


@rule(
    id="metrics-not-scraped",
    category="observability",
    severity=Severity.WARNING,
    subject=ServiceGraph,
    since="0.1.0",
    profile="strict",
    references=("https://prometheus-operator.dev/docs/developer/getting-started/",),
    examples=(
        Bad(_system("orders", marker="  # <- `stock` shows metrics, and no monitor selects it")),
        Good(_system("orders", "stock")),
        Good(_system(), "nothing is known of how metrics are collected here"),
        Good(_system("orders", port="http"), "shows no metrics, or pushes them"),
        Good(
            _system("orders", more=", annotations: {prometheus.io/scrape: 'true'}"),
            "collected by its annotations",
        ),
    ),
)
def metrics_not_scraped(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report workloads with a port for metrics that no monitor selects, where monitors select others of their namespace."""
    del context
    chosen = Chosen(graph)
    scraped: set[int] = set()
    scopes: dict[str, SelectFact] = {}
    open_scopes: set[str] = set()
    owners = {(end.scope, end.name): service for service in graph.services for end in service.endpoints}
    for monitor in graph.selects:
        if monitor.kind not in {SERVICE_MONITOR, POD_MONITOR}:
            continue
        labels = labels_of(monitor)
        if labels is None:
            open_scopes.add(monitor.scope)
            continue
        for workload in chosen.workloads(monitor, labels) if monitor.kind == POD_MONITOR else ():
            scraped.add(id(workload))
            scopes.setdefault(workload.scope, monitor)
        for endpoint in chosen.endpoints(monitor, labels) if monitor.kind == SERVICE_MONITOR else ():
            service = owners.get((endpoint.scope, endpoint.name))
            scraped.update(id(workload) for workload in (service.workloads if service else ()))
            scopes.setdefault(endpoint.scope, monitor)
    if open_scopes:
        return
    for service in graph.services:
        if not service.first_party or service.role in infrastructure_roles():
            continue
        for workload in service.workloads:
            port = _metrics(workload)
            if port is None or id(workload) in scraped or workload.scope not in scopes:
                continue
            if not graph.variants.together(workload.at.path, scopes[workload.scope].at.path):
                continue
            yield Problem(
                f"`{workload.name}` shows metrics, and no monitor selects it",
                workload.at,
                help="add a ServiceMonitor, or the labels that an existing one selects by",
                related=(
                    *((Related("the port for metrics", port.at),) if port.at else ()),
                    Related("others of the namespace are selected here", scopes[workload.scope].at),
                ),
                identity=("not-scraped", workload.scope, workload.name),
            )


def _metrics(workload: WorkloadFact) -> Port | None:
    """Return the port of *workload* that is named for metrics, unless annotations have it collected."""
    if workload.annotations.get("prometheus.io/scrape") == "true":
        return None
    return next(
        (
            port
            for container in workload.containers
            if not container.init and not container.sidecar
            for port in container.ports
            if port.name.lower() in _METRICS
        ),
        None,
    )
