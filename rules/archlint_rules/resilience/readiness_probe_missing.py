"""A container gets traffic without being asked whether it can take it.

## Why is this bad?

Kubernetes sends requests to a pod as soon as its container runs. While it still starts, loads or has lost its database, callers get errors, at every
single deployment.

## How to fix

Add a `readinessProbe` that answers once the container can serve. In compose, give the service that others wait for (`condition:
service_healthy`) a `healthcheck`.
"""

import posixpath
from collections.abc import Iterable, Iterator

from archlint.api import (
    Bad,
    Container,
    Context,
    EndpointFact,
    Good,
    Problem,
    Related,
    ServiceGraph,
    Severity,
    WorkloadFact,
    infrastructure_roles,
    regex,
    role_of,
    rule,
)

_ROLLED_OUT = frozenset(("Deployment", "StatefulSet", "ReplicaSet", "Rollout", "DeploymentConfig"))
_FOR_SCRAPERS = regex(r"metric|prom|debug|pprof|admin")
_SERVICE = """
---
apiVersion: v1
kind: Service
metadata: {name: orders}
spec:
  selector: {app: orders}
  ports: [{port: 80, targetPort: 8080}]
"""
_DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: orders}}
spec:
  template:
    metadata: {{labels: {{app: orders}}}}
    spec:
      containers:
        - name: orders{marker}
          image: shop/orders:1
          {more}
"""

_UNCHECKED = regex(
    r"(?:docker\.io/)?(?:library/)?(?:postgres|mysql|mariadb|mongo|redis|rabbitmq|memcached|nats|cassandra)(?:[:@]|\Z)"
)
"""Official images whose recipe has no `HEALTHCHECK`."""


def _deployment(more: str = "ports: [{containerPort: 8080}]", marker: str = "", rest: str = _SERVICE) -> str:
    return _DEPLOYMENT.format(more=more, marker=marker) + rest


def _behind_dapr(more: str = "", marker: str = "") -> str:
    annotations = f'{{dapr.io/enabled: "true", dapr.io/app-id: orders, dapr.io/app-port: "8080"{more}}}'
    return _deployment(marker=marker, rest="").replace(
        "metadata: {labels: {app: orders}}",
        f"metadata: {{labels: {{app: orders}}, annotations: {annotations}}}",
    )


@rule(
    id="readiness-probe-missing",
    category="resilience",
    severity=Severity.WARNING,
    subject=ServiceGraph,
    since="0.1.0",
    references=("https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/",),
    examples=(
        Bad({"orders.yaml": _deployment(marker="  # <- `orders` gets traffic without a readiness probe")}),
        Bad(
            {
                "compose.yaml": """
                    services:
                      orders:
                        image: shop/orders
                        depends_on: {stock: {condition: service_healthy}}
                      stock:  # <- `orders` waits until `stock` is healthy, which nothing checks
                        build: stock
                """
            }
        ),
        Bad(
            {
                "orders.yaml": _deployment(
                    marker="  # <- `orders` gets traffic without a readiness probe"
                ).replace("shop/orders:1", "postgres:17")
            },
            "a datastore",
        ),
        Good({"orders.yaml": _deployment("readinessProbe: {httpGet: {path: /ready, port: 8080}}")}),
        Bad(
            {
                "orders.yaml": _deployment(
                    marker="  # <- `orders` opens a port without a readiness probe", rest=""
                )
            },
            "as info: the Service may stand elsewhere, and rollouts wait for nothing",
        ),
        Good({"orders.yaml": _deployment("args: [work]", rest="")}, "nobody sends it requests"),
        Good(
            {"orders.yaml": _deployment("ports: [{name: metrics, containerPort: 9102}]", rest="")},
            "only the scraper asks it",
        ),
        Bad(
            {"orders.yaml": _behind_dapr(marker="  # <- `orders` gets traffic without a readiness probe")},
            "the sidecar of Dapr sends it what others call",
        ),
        Good(
            {"orders.yaml": _behind_dapr(', dapr.io/enable-app-health-check: "true"')},
            "the sidecar asks the application",
        ),
        Good(
            {
                "orders.yaml": _deployment()
                .replace("kind: Deployment", "kind: Job")
                .replace("shop/orders:1", "shop/migrate:1")
            },
            "a Job ends",
        ),
        Good(
            {
                "orders.yaml": _deployment(
                    "ports: [{containerPort: 8080}]\n          readinessProbe: {tcpSocket: {port: 8080}}\n        - {name: istio-proxy, image: istio/proxyv2}"
                )
            },
            "sidecars are checked by their own means",
        ),
        Good(
            {
                "orders.yaml": _deployment(
                    "ports: [{containerPort: 8080}]\n          readinessProbe: {tcpSocket: {port: 8080}}\n"
                    "        - {name: metrics, image: shop/orders-exporter, ports: [{containerPort: 9090}]}"
                ).replace("targetPort: 8080}", "targetPort: 8080}, {port: 9090}")
            },
            "an exporter is asked by the scraper alone, which comes again",
        ),
        Bad(
            {
                "compose.yaml": """
                    services:
                      orders:
                        image: shop/orders
                        depends_on: {db: {condition: service_healthy}, cache: {condition: service_healthy}}
                      db:  # <- `orders` waits until `db` is healthy, which nothing checks
                        image: postgres:17
                      cache:
                        image: redis:8
                        healthcheck: {test: [CMD, redis-cli, ping]}
                """
            },
            "an official image, which checks nothing itself",
        ),
        Good(
            {
                "compose.yaml": """
                    services:
                      orders: {image: shop/orders, depends_on: [stock]}
                      stock: {image: shop/stock}
                """
            },
            "only the order of starting",
        ),
    ),
)
def readiness_probe_missing(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report the containers behind a Service's ports that have no readiness probe."""
    del context
    awaited: dict[tuple[str, str], WorkloadFact] = {}
    for other in graph.workloads:
        for name, condition in other.waits_for:
            if condition == "service_healthy":
                awaited.setdefault((other.scope, name), other)
    for service in graph.services:
        for workload in service.workloads:
            if workload.kind == "compose":
                yield from _compose(service.name, workload, awaited.get((workload.scope, workload.name)))
            else:
                yield from _kubernetes(service.endpoints, workload)
    yield from _stores(graph)
    for workload in graph.workloads:
        if workload.kind == "compose" and _UNCHECKED.match(workload.containers[0].image or ""):
            yield from _compose(workload.name, workload, awaited.get((workload.scope, workload.name)))


def _stores(graph: ServiceGraph) -> Iterator[Problem]:
    """Report datastores that run in the cluster, each place once, however many databases they hold."""
    workloads = {workload.at.node: workload for workload in graph.workloads if workload.kind != "compose"}
    endpoints = {endpoint.at.node: endpoint for endpoint in graph.endpoints}
    told: set[object] = set()
    for store in graph.datastores:
        places = dict.fromkeys(item.at.node for item in store.evidence)
        faces = [endpoints[place] for place in places if place in endpoints]
        for place in places:
            if place in workloads and place not in told:
                told.add(place)
                yield from _kubernetes(faces, workloads[place])


def _kubernetes(faces: Iterable[EndpointFact], workload: WorkloadFact) -> Iterator[Problem]:
    endpoints = sorted(
        (end for end in faces if end.scope == workload.scope and end.selector),
        key=lambda end: _distance(workload.at.path, end.at.path),
    )
    ends = workload.kind in {"Job", "CronJob"}
    if not endpoints and not ends:
        yield from _behind_sidecar(workload) if _is_behind_sidecar(workload) else _without_service(workload)
    if not endpoints or ends or "test" in workload.annotations.get("helm.sh/hook", ""):
        return
    mains = [container for container in workload.containers if not (container.init or container.sidecar)]
    for container in mains:
        endpoint = next((end for end in endpoints if _serves(container, end, alone=len(mains) == 1)), None)
        if container.readiness is None and endpoint is not None and not _is_exporter(container):
            yield Problem(
                f"`{container.name}` gets traffic without a readiness probe",
                container.at,
                help="add a `readinessProbe`",
                related=(Related(f"the Service `{endpoint.name}` sends it requests", endpoint.at),),
            )


def _behind_sidecar(workload: WorkloadFact) -> Iterator[Problem]:
    """Report an application that only the sidecar of Dapr sends requests to."""
    said = workload.annotations
    mains = [container for container in workload.containers if not (container.init or container.sidecar)]
    asked = said.get("dapr.io/enable-app-health-check") == "true"
    if not asked and len(mains) == 1 and mains[0].readiness is None:
        yield Problem(
            f"`{mains[0].name}` gets traffic without a readiness probe",
            mains[0].at,
            help="add a `readinessProbe`",
        )


def _is_behind_sidecar(workload: WorkloadFact) -> bool:
    """Tell whether the sidecar of Dapr passes requests on to *workload*."""
    return workload.annotations.get("dapr.io/enabled") == "true" and bool(
        workload.annotations.get("dapr.io/app-port")
    )


def _without_service(workload: WorkloadFact) -> Iterator[Problem]:
    """Report containers that open ports to which no Service here leads."""
    if workload.kind not in _ROLLED_OUT or "test" in workload.annotations.get("helm.sh/hook", ""):
        return
    for container in workload.containers:
        open_ports = [port for port in container.ports if not _FOR_SCRAPERS.search(port.name)]
        role = role_of(container.name, container.image or "")
        helps = container.init or container.sidecar or role in infrastructure_roles()
        if open_ports and not helps and container.readiness is None:
            yield Problem(
                f"`{container.name}` opens a port without a readiness probe",
                container.at,
                help="add a `readinessProbe`",
                severity=Severity.INFO,
            )


def _distance(one: str, other: str) -> tuple[bool, bool, int]:
    """Return how far the file *other* is from *one*: variants of a system may each have a Service of a name."""
    here, there = posixpath.dirname(one), posixpath.dirname(other)
    shared = posixpath.commonpath((here, there)) if here and there else ""
    return one != other, here != there, -len(shared)


def _is_exporter(container: Container) -> bool:
    return role_of(container.name, container.image or "") == "exporter"


def _serves(container: Container, endpoint: EndpointFact, *, alone: bool) -> bool:
    """Tell whether *endpoint* leads to a port of *container*."""
    if alone:
        return True
    ports = {str(port.number) for port in container.ports} | {
        port.name for port in container.ports if port.name
    }
    return any(port.target in ports for port in endpoint.ports)


def _compose(name: str, workload: WorkloadFact, other: WorkloadFact | None) -> Iterator[Problem]:
    image = workload.containers[0].image or ""
    known = (workload.build and not image) or _UNCHECKED.match(image)
    if other is not None and known and workload.containers[0].readiness is None:
        yield Problem(
            f"`{other.name}` waits until `{name}` is healthy, which nothing checks",
            workload.at,
            help="add a `healthcheck`",
            related=(Related("awaited by this service", other.at),),
        )
