"""What the outside can reach: services with a door of their own, and those that routes lead to.

Pure over the graph. A route counts where its traffic comes from outside: its format says so, or the service that routes has a door.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from archlint.model.facts import EndpointFact, Port, RouteFact, SelectFact, WorkloadFact
from archlint.model.graph import Service, ServiceGraph
from archlint.model.identity import Endpoints, nearest, normalised
from archlint.source.location import Location

type Way = Literal["load-balancer", "node-port", "host-port", "host-network", "published", "route"]

_LOOPBACK = ("127.", "localhost", "[::1]", "::1")
_ISTIO_ROOT = "k8s:istio-system"
_AUTHENTICATING = frozenset(
    ("security.istio.io/AuthorizationPolicy", "security.istio.io/RequestAuthentication")
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


def targets(graph: ServiceGraph, routes: Sequence[RouteFact]) -> Iterator[tuple[RouteFact, int, Service]]:
    """Yield for *routes* the services that they lead to, each with the index of the backend that names it."""
    finder = _Finder(graph)
    for route in routes:
        for index, backend in enumerate(route.backends):
            service = finder.service(route, backend.host, backend.scope or route.scope)
            if service is not None:
                yield route, index, service


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
                for end in self._endpoints.lookup(host, scope)
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

    def gateway(self, route: RouteFact) -> Service | None:
        """Return the service of the system that serves *route*, where one is named."""
        if not route.gateway:
            return None
        service = self.named(route.gateway)
        if service is not None:
            return service
        plain = normalised(route.gateway)
        found = [service for service in self._graph.services if normalised(service.name) == plain]
        return found[0] if len(found) == 1 else None


class _Exposures:
    def __init__(self, graph: ServiceGraph) -> None:
        self._graph = graph
        self._finder = _Finder(graph)
        self._guards = _Guards(graph)

    def all(self) -> list[Exposure]:
        found = [exposure for service in self._graph.services for exposure in self._doors(service)]
        inner: dict[str, list[tuple[RouteFact, Service]]] = defaultdict(list)
        gateways: dict[str, Service | None] = {}
        for route in self._graph.routes:
            if route.gateway not in gateways:
                gateways[route.gateway] = self._finder.gateway(route)
            gateway = gateways[route.gateway]
            if route.public and gateway is None:
                found.extend(self._led(route, None))
            elif gateway is not None and route.public is not False:
                inner[gateway.id].append((route, gateway))
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

    def _led(self, route: RouteFact, gateway: Service | None) -> Iterator[Exposure]:
        told: set[str] = set()
        for backend in route.backends:
            service = self._finder.service(route, backend.host, backend.scope or route.scope)
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
                authentication=self._guards.of_route(route) or self._guards.of_service(service),
            )

    def _doors(self, service: Service) -> Iterator[Exposure]:
        guard = self._guards.of_service(service)
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


class _Guards:
    """Knows the policies that ask who calls: of routes, and of the mesh for workloads."""

    def __init__(self, graph: ServiceGraph) -> None:
        self._spaces: dict[str, Location] = {}
        self._labels: dict[tuple[str, str, str], list[SelectFact]] = defaultdict(list)
        self._gateways: Location | None = None
        for fact in graph.selects:
            if fact.kind in _AUTHENTICATING and asks_who(fact):
                self._note(fact)

    def _note(self, fact: SelectFact) -> None:
        labels = _labels(fact)
        references = fact.spec.get("targetRefs")
        kinds = [
            reference.get("kind")
            for reference in (references if isinstance(references, list) else ())
            if isinstance(reference, dict)
        ]
        if "Gateway" in kinds or any("gateway" in value.lower() for value in labels.values()):
            self._gateways = self._gateways or fact.at
        elif labels:
            key, value = min(labels.items())
            self._labels[fact.scope, key, value].append(fact)
        elif not kinds:
            self._spaces.setdefault(fact.scope, fact.at)

    def of_route(self, route: RouteFact) -> Location | None:
        """Return where authentication is asked for on *route* itself, or at the mesh's gateways for all."""
        value = route.policy.values.get("authorization") if route.policy else None
        if value is not None and value.value:
            return value.at or route.at
        return self._gateways if route.policy is not None and route.policy.tool == "istio" else None

    def of_service(self, service: Service) -> Location | None:
        """Return where the mesh asks who calls *service*."""
        for workload in service.workloads:
            for key, value in workload.labels.items():
                for fact in self._labels.get((workload.scope, key, value), ()):
                    if _labels(fact).items() <= workload.labels.items():
                        return fact.at
            found = self._spaces.get(workload.scope) or self._spaces.get(_ISTIO_ROOT)
            if found is not None:
                return found
        return None


def asks_who(fact: SelectFact) -> bool:
    """Tell whether a policy of Istio asks for an end user's identity: tokens to check, principals of requests, an authorizer."""
    if fact.kind.endswith("/RequestAuthentication"):
        return bool(fact.spec.get("jwtRules"))
    if fact.spec.get("action") == "CUSTOM":
        return True
    rules = fact.spec.get("rules")
    return any(
        word in str(rule)
        for rule in (rules if isinstance(rules, list) else ())
        for word in ("requestPrincipals", "notRequestPrincipals", "request.auth")
    )


def _labels(fact: SelectFact) -> dict[str, Any]:
    found = (fact.selector or {}).get("matchLabels")
    return (
        {key: value for key, value in found.items() if isinstance(value, str)}
        if isinstance(found, dict)
        else {}
    )
