"""A service that the outside reaches past the gateway.

## Why is this bad?

Authentication, rate limits, TLS and logging of the gateway do not exist for whoever knows the other door, and every address that clients know is one
that can no longer be moved.

## How to fix

Make the Service a `ClusterIP` (in compose, remove `ports` or bind them to `127.0.0.1`), and let the gateway route to it.
"""

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from archlint.api import (
    Bad,
    Context,
    Exposure,
    Good,
    Problem,
    Related,
    Service,
    ServiceGraph,
    Severity,
    WorkloadFact,
    engine_of,
    exposures,
    regex,
    rule,
)

_ENTRY = regex(
    r"(?:^|[-_.])(?:gateway|gw|apigw|front-?end|frontend|web|webapp|www|ui|site|website|portal|bff|spa|client|storefront|edge|proxy|ingress|loadbalancer)(?:$|[-_.\d])|(?:gateway|frontend|ui|webapp|website)$",
    re.IGNORECASE,
)
_STORE = regex(r"(?:^|[-_.])(?:db|database|data|cache|store|sql|dynamodb\w*)$", re.IGNORECASE)
_ENTRY_ROLES = frozenset(("gateway", "bff", "web", "website", "frontend"))
_WAYS = {
    "load-balancer": "a load balancer",
    "node-port": "a port of every node",
    "host-port": "a port of its node",
}
_MOST_SHOWN = 2
_MOST_LOOKED_AT = 100
_SERVICE = """
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec: {{containers: [{{name: {name}, image: "shop/{name}:1"}}]}}
---
apiVersion: v1
kind: Service
metadata:
  name: {name}{marker}
  annotations: {annotations}
spec: {{type: {kind}, selector: {{app: {name}}}, ports: [{{port: 80}}]}}
"""
_COMPOSE = """
services:
  gateway: {{image: shop/gateway, ports: ["80:80"]}}
  orders:
    image: shop/orders
    ports: [{ports}]{marker}
  stock: {{image: shop/stock, expose: ["80"]}}
  db: {{image: "postgres:16", ports: ["5432:5432"]}}
"""


def _service(name: str, kind: str = "ClusterIP", marker: str = "", annotations: str = "{team: a}") -> str:
    return _SERVICE.format(name=name, kind=kind, marker=marker, annotations=annotations)


@rule(
    id="internal-service-directly-exposed",
    category="networking",
    severity=Severity.WARNING,
    subject=ServiceGraph,
    since="0.1.0",
    references=(
        "https://kubernetes.io/docs/concepts/services-networking/service/#publishing-services-service-types",
        "https://docs.docker.com/reference/compose-file/services/#ports",
        "https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/#target-type",
        "https://link.springer.com/article/10.1007/s00450-019-00407-8",
    ),
    tags=("security",),
    examples=(
        Bad(
            {
                "shop.yaml": _service("gateway", "LoadBalancer")
                + _service(
                    "orders", "LoadBalancer", "  # <- `orders` is reached by a load balancer, past `gateway`"
                )
            }
        ),
        Bad(
            {
                "shop.yaml": _service(
                    "orders",
                    "NodePort",
                    "  # <- `orders` is reached by a port of every node, and so is `stock`",
                )
                + _service(
                    "stock",
                    "NodePort",
                    "  # <- `stock` is reached by a port of every node, and so is `orders`",
                )
            }
        ),
        Bad(
            {
                "compose.yaml": _COMPOSE.format(
                    ports='"8080:80"', marker="  # <- `orders` is reached by a published port, past `gateway`"
                )
            },
            "as info: compose is mostly for development",
        ),
        Good(
            {
                "compose.yaml": """
                    services:
                      orders-nginx: {image: "nginx:1.27"}
                      orders: {image: shop/orders, ports: ["8080:80"]}
                """
            },
            "the gateway has no door",
        ),
        Good({"compose.yaml": _COMPOSE.format(ports='"127.0.0.1:8080:80"', marker="")}, "on the loopback"),
        Good({"shop.yaml": _service("gateway", "LoadBalancer") + _service("orders")}),
        Good({"shop.yaml": _service("orders", "LoadBalancer") + _service("stock")}, "the only door"),
        Good(
            {"shop.yaml": _service("gateway", "LoadBalancer") + _service("frontend", "LoadBalancer")},
            "a frontend",
        ),
        Good(
            {
                "shop.yaml": _service("gateway", "LoadBalancer")
                + _service(
                    "orders",
                    "LoadBalancer",
                    annotations='{service.beta.kubernetes.io/aws-load-balancer-internal: "true"}',
                )
            },
            "an internal load balancer",
        ),
        Good(
            {
                "shop.yaml": _service("orders"),
                "overlays/node/orders.yaml": _service("orders", "NodePort"),
                "overlays/balanced/gateway.yaml": _service("gateway", "LoadBalancer") + _service("orders"),
            },
            "variants that are not deployed together",
        ),
        Good(
            {
                "shop.yaml": _service("orders", "NodePort")
                + """
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop}
spec: {defaultBackend: {service: {name: orders, port: {number: 80}}}}
"""
            },
            "load balancers of clouds reach what an Ingress names by ports of nodes",
        ),
        Good(
            {
                "shop.yaml": _service("gateway", "LoadBalancer")
                + _service("orders", "NodePort")
                + """
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, annotations: {kubernetes.io/ingress.class: alb}}
spec: {defaultBackend: {service: {name: orders, port: {name: use-annotation}}}}
"""
            },
            "and internal ones, too",
        ),
        Good(
            {
                "samples/bindings/orders.yaml": _service("orders", "LoadBalancer"),
                "samples/events/stock.yaml": _service("stock", "LoadBalancer"),
            },
            "samples that have nothing to do with each other",
        ),
    ),
)
def internal_service_directly_exposed(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report first-party services with a door of their own beside a gateway, or beside another one; those of a compose project once.

    In a cluster, what stands in the folder of a service or calls it is beside it: a namespace alone may hold unrelated systems.
    """
    del context
    doors: dict[str, dict[str, Exposure]] = defaultdict(dict)
    routed: dict[str, str] = {}
    ways = exposures(graph)
    for exposure in ways:
        if exposure.route is not None:
            routed.setdefault(exposure.service.id, exposure.route.name)
    balanced = {
        (backend.scope or route.scope, backend.host)
        for route in graph.routes
        if route.kind == "Ingress"
        for backend in route.backends
    }
    for exposure in ways:
        if exposure.way == "node-port" and any(
            (end.scope, end.name) in balanced for end in exposure.service.endpoints
        ):
            continue
        if exposure.is_direct and exposure.way != "host-network" and _is_inner(exposure.service):
            space = _space(exposure)
            known = doors[space].get(exposure.service.id)
            if known is None or not exposure.is_for_development:
                doors[space][exposure.service.id] = exposure
    entries = _entries(graph)
    for space, found in doors.items():
        group = sorted(found.values(), key=lambda one: one.service.name)
        if space.startswith("compose:"):
            yield from _project(group, entries.get(space, []))
            continue
        for exposure in group:
            beside = routed.get(exposure.service.id, "") or _together(graph, exposure, entries.get(space, []))
            other = _other(graph, exposure, group)
            if beside or other:
                past = f", past `{beside}`" if beside else f", and so is `{other}`"
                yield Problem(
                    f"`{exposure.service.name}` is reached by {_WAYS[exposure.way]}{past}",
                    exposure.at,
                    help="make it a `ClusterIP`, and let the gateway route to it",
                    identity=("direct", space, exposure.service.name),
                )


def _project(group: list[Exposure], entries: list[tuple[str, str]]) -> Iterator[Problem]:
    if not entries and len(group) < 2:  # noqa: PLR2004
        return
    first, *others = group
    names = [f"`{one.service.name}`" for one in group]
    shown = ", ".join(names[:_MOST_SHOWN]) if len(names) != _MOST_SHOWN else " and ".join(names)
    more = f" and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else ""
    verb = "are" if others else "is"
    past = f", past `{entries[0][0]}`" if entries else ""
    yield Problem(
        f"{shown}{more} {verb} reached by {'published ports' if others else 'a published port'}{past}",
        first.at,
        help="remove `ports`, or bind them to `127.0.0.1`",
        related=tuple(Related(f"`{one.service.name}` is reached by this port", one.at) for one in others),
        severity=Severity.INFO if all(one.is_for_development for one in group) else Severity.WARNING,
        identity=("direct", _space(first)),
    )


def _space(exposure: Exposure) -> str:
    """Return the scope that the door is in; a compose project and a cluster are two."""
    service, path = exposure.service, exposure.at.path
    places = [(end.scope, end.at.path) for end in service.endpoints]
    places.extend((workload.scope, workload.at.path) for workload in service.workloads)
    compose = exposure.way == "published"
    return next(
        (scope for scope, file in places if file == path and scope.startswith("compose:") == compose),
        f"compose:{path}" if compose else service.scope,
    )


def _is_inner(service: Service) -> bool:
    if not service.first_party or service.role in _ENTRY_ROLES or service.external:
        return False
    name = service.name.partition(" (")[0]
    return not (_ENTRY.search(name) or _STORE.search(name) or engine_of(name))


def _entries(graph: ServiceGraph) -> dict[str, list[tuple[str, str]]]:
    """Return by scope the names of gateways and public routes, each with its file."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for service in graph.services:
        if service.role == "gateway" or "gateway" in service.name.lower():
            for workload in service.workloads:
                if workload.kind != "compose" or _is_published(workload):
                    found[workload.scope].append((service.name, workload.at.path))
    for route in graph.routes:
        if route.public and route.scope:
            found[route.scope].append((route.name, route.at.path))
    return found


def _is_published(workload: WorkloadFact) -> bool:
    """Tell whether the outside reaches *workload*, of a compose project, at all."""
    return workload.host_network or any(port.published for one in workload.containers for port in one.ports)


def _together(graph: ServiceGraph, exposure: Exposure, entries: Iterable[tuple[str, str]]) -> str:
    callers = {edge.source.name for edge in graph.incoming(exposure.service)}
    for name, path in list(entries)[:_MOST_LOOKED_AT]:
        near = name in callers or _is_beside(exposure.at.path, path)
        if near and name != exposure.service.name and graph.variants.together(exposure.at.path, path):
            return name
    return ""


def _other(graph: ServiceGraph, exposure: Exposure, group: list[Exposure]) -> str:
    linked = {edge.source.id for edge in graph.incoming(exposure.service)}
    linked.update(edge.target.id for edge in graph.outgoing(exposure.service))
    for one in group[:_MOST_LOOKED_AT]:
        near = one.service.id in linked or _is_beside(exposure.at.path, one.at.path)
        if (
            one.service is not exposure.service
            and near
            and graph.variants.together(exposure.at.path, one.at.path)
        ):
            return one.service.name
    return ""


def _is_beside(one: str, other: str) -> bool:
    return posixpath.dirname(one) == posixpath.dirname(other)
