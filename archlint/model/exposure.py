"""What the outside can reach: services with a door of their own, and those that routes lead to.

Pure over the graph. A route counts where its traffic comes from outside: its format says so, or the service that routes has a door.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from archlint.model.facts import Backend, EndpointFact, Port, RouteFact, WorkloadFact
from archlint.model.graph import Dependency, Service, ServiceGraph
from archlint.model.guards import Guards
from archlint.model.identity import Endpoints, nearest
from archlint.source.location import Location
from archlint.source.patterns import regex

type Way = Literal["load-balancer", "node-port", "host-port", "host-network", "published", "route"]

_LOOPBACK = ("127.", "localhost", "[::1]", "::1")
_PRODUCTION = regex(
    r"(?:^|[-_./])(?:prod|production|swarm)(?:[-_./]|\Z)|(?:^|[-_./])(?:release|deploy|deployment|stack|live)(?:[-_.][^/]*)?\Z"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """A way from outside to a service.

    `at` is where it is opened. `port` is the service's own or the container's, `published` the one outside, as written. `hosts`, `path` and
    `methods` narrow it, empty = all; `route` is the fact that leads there, `via` the service of the system that routes. `authentication`
    is where a policy stands that asks who calls, `None` = none is known here.
    """

    service: Service
    way: Way
    at: Location
    port: int | None = None
    published: str = ""
    hosts: tuple[str, ...] = ()
    path: str = ""
    methods: tuple[str, ...] = ()
    route: RouteFact | None = None
    via: Service | None = None
    authentication: Location | None = None

    @property
    def is_direct(self) -> bool:
        """Whether the service has this door itself, without a route before it."""
        return self.way != "route"

    @property
    def is_for_development(self) -> bool:
        """Whether it is a port of a compose project on somebody's machine: of a file that does not say to be for production."""
        return self.way == "published" and not _PRODUCTION.search(self.at.path.lower())


def exposures(graph: ServiceGraph) -> list[Exposure]:
    """Return all ways from outside to services, in the order of their places."""
    found = _Exposures(graph).all()
    return sorted(
        found, key=lambda one: (one.at.path, one.at.document, one.service.name, str(one.at.pointer))
    )


def exposed(graph: ServiceGraph) -> dict[str, list[Exposure]]:
    """Return the ways from outside by the id of the service that they lead to."""
    found: dict[str, list[Exposure]] = defaultdict(list)
    for exposure in exposures(graph):
        found[exposure.service.id].append(exposure)
    return dict(found)


class _Finder:
    """Finds the service that a host means for a route."""

    def __init__(self, graph: ServiceGraph) -> None:
        self._graph = graph
        self._endpoints = Endpoints(graph.endpoints)
        self._owners: dict[tuple[str, str], Service] = {
            (end.scope, end.name): service for service in graph.services for end in service.endpoints
        }
        self._named: dict[str, list[Service]] = defaultdict(list)
        for service in graph.services:
            for name in {service.name, *service.aliases}:
                self._named[name.lower()].append(service)

    def service(self, route: RouteFact, host: str, scope: str) -> Service | None:
        """Return the service that *host* means, looked up in *scope*; by name alone for gateways that know no scopes."""
        if scope:
            ends = [
                end
                for end in self._endpoints.lookup(host, scope) or self._endpoints.unsaid(host, scope)
                if self._graph.variants.together(route.at.path, end.at.path)
            ]
            for end in nearest(route.at.path, ends):
                if (service := self._owners.get((end.scope, end.name))) is not None:
                    return service
            return None
        return self.named(host)

    def named(self, name: str) -> Service | None:
        """Return the only service of the name *name*, or `None`."""
        found = {service.id: service for service in self._named.get(name.lower(), ())}
        return next(iter(found.values())) if len(found) == 1 else None


class _Exposures:
    def __init__(self, graph: ServiceGraph) -> None:
        self._graph = graph
        self._finder = _Finder(graph)
        self._guards = Guards(graph)
        backends = {backend.at.node for route in graph.routes for backend in route.backends}
        self._routed: dict[object, Dependency] = {
            item.at.node: edge
            for edge in graph.dependencies
            for item in edge.evidence
            if item.at.node in backends and isinstance(edge.target, Service)
        }
        self._delegated = {
            (route.scope, str(route.extra["delegate"]))
            for route in graph.routes
            if route.public and "delegate" in route.extra
        }

    def all(self) -> list[Exposure]:
        found = [exposure for service in self._graph.services for exposure in self._doors(service)]
        inner: dict[str, list[tuple[RouteFact, Service]]] = defaultdict(list)
        for route in self._graph.routes:
            gateway = self._gateway(route)
            if gateway is not None and route.public is not False:
                inner[gateway.id].append((route, gateway))
            elif self._is_public(route):
                found.extend(self._led(route, None))
        pending = list({exposure.service.id: exposure.service for exposure in found}.values())
        seen = {service.id for service in pending}
        while pending:
            for route, gateway in inner.get(pending.pop().id, ()):
                for exposure in self._led(route, gateway):
                    found.append(exposure)
                    if exposure.service.id not in seen:
                        seen.add(exposure.service.id)
                        pending.append(exposure.service)
        return found

    def _is_public(self, route: RouteFact) -> bool:
        if route.public is None and (route.scope, route.name) in self._delegated and not route.hosts:
            return True
        return route.public is True and not self._guards.is_inside(route)

    def _gateway(self, route: RouteFact) -> Service | None:
        """Return the service of the system that serves *route*: the one named, or the one found to call its backends."""
        if route.gateway and (named := self._finder.named(route.gateway)) is not None:
            return named
        for backend in route.backends:
            edge = self._routed.get(backend.at.node)
            if edge is not None:
                return edge.source
        return None

    def _target(self, route: RouteFact, backend: Backend) -> Service | None:
        edge = self._routed.get(backend.at.node)
        if edge is not None and isinstance(edge.target, Service):
            return edge.target
        return self._finder.service(route, backend.host, backend.scope or route.scope)

    def _led(self, route: RouteFact, gateway: Service | None) -> Iterator[Exposure]:
        told: set[str] = set()
        for backend in route.backends:
            service = self._target(route, backend)
            if service is None or service.id in told or service is gateway:
                continue
            told.add(service.id)
            yield Exposure(
                service=service,
                way="route",
                at=route.at,
                port=int(backend.port) if backend.port.isdecimal() else None,
                hosts=route.hosts,
                path=route.path,
                methods=route.methods,
                route=route,
                via=gateway,
                authentication=self._guards.of("authorization", route, service),
            )

    def _doors(self, service: Service) -> Iterator[Exposure]:
        guard = self._guards.of("authorization", None, service)
        for endpoint in service.endpoints:
            for port, way in _open_ports(endpoint):
                yield Exposure(
                    service=service,
                    way=way,
                    at=(port.at or endpoint.at) if way == "published" else endpoint.at,
                    port=port.number,
                    published=port.published,
                    authentication=guard,
                )
        for workload in service.workloads:
            yield from _host_ports(service, workload, guard)


def _open_ports(endpoint: EndpointFact) -> Iterator[tuple[Port, Way]]:
    if endpoint.exposure in {"public", "node"}:
        way: Way = "load-balancer" if endpoint.exposure == "public" else "node-port"
        yield from ((port, way) for port in endpoint.ports or (Port(),))
    elif endpoint.exposure == "host":
        yield from (
            (port, "published")
            for port in endpoint.ports
            if port.published and not port.published.startswith(_LOOPBACK)
        )


def _host_ports(service: Service, workload: WorkloadFact, guard: Location | None) -> Iterator[Exposure]:
    for container in workload.containers:
        if container.init or container.sidecar:
            continue
        for port in container.ports:
            if workload.kind != "compose" and (port.published or workload.host_network):
                yield Exposure(
                    service=service,
                    way="host-port" if port.published else "host-network",
                    at=port.at or container.at,
                    port=port.number,
                    published=port.published or str(port.number or ""),
                    authentication=guard,
                )
