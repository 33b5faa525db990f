"""The service graph: what all documents together say of the system."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from itertools import combinations, pairwise
from typing import Any

from archlint.findings.severity import Confidence
from archlint.model.facts import (
    ApiFact,
    ChannelFact,
    EndpointFact,
    LinkFact,
    RouteFact,
    SelectFact,
    WorkloadFact,
)
from archlint.model.identity import Variants, normalised
from archlint.model.policy import Policy
from archlint.source.location import Location


@dataclass(slots=True)
class Evidence:
    """Why something is in the graph: the place, who read it, how sure that is, and what was read (`ORDERS_URL`).

    For an edge, `host`, `port` and `protocol` are the target's as written there, and `endpoints` what the host was found to be;
    `scopes` are the deployments of the source that say so, empty for what holds in all.
    """

    at: Location
    extractor: str = ""
    confidence: float = 1.0
    detail: str = ""
    host: str = ""
    port: int | None = None
    protocol: str = ""
    endpoints: tuple[EndpointFact, ...] = ()
    scopes: tuple[str, ...] = ()


@dataclass(slots=True, eq=False, kw_only=True)
class Element:
    """What all parts of the graph have: a stable identity and the evidence, the first piece of which is its place."""

    id: str
    name: str
    evidence: list[Evidence] = field(default_factory=list)

    @property
    def location(self) -> Location:
        """Where the element is declared, or first seen."""
        return self.evidence[0].at


@dataclass(slots=True, eq=False, kw_only=True)
class Service(Element):
    """A logical service, with everything known to be it.

    `first_party` is `False` for third-party images and external hosts. `declared` tells that a model of its dependencies exists,
    `roles` holds `gateway`, `job`, `cdc`, `exporter`, `admin-ui`, `migration`, `telemetry`, `external` … as far as known.
    """

    aliases: set[str] = field(default_factory=set)
    scope: str = ""
    system: str = ""
    owner: str = ""
    role: str = ""
    tier: int | None = None
    lifecycle: str = ""
    visibility: str = ""
    first_party: bool = True
    declared: bool = False
    external: bool = False
    labels: dict[str, str] = field(default_factory=dict)
    workloads: list[WorkloadFact] = field(default_factory=list)
    endpoints: list[EndpointFact] = field(default_factory=list)
    apis: list[ApiFact] = field(default_factory=list)
    channels: list[ChannelFact] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True, eq=False, kw_only=True)
class Datastore(Element):
    """A database, cache, bucket …: `kind` is its class (`db`, `cache`, `search`, `object`, `telemetry`, `config`)."""

    engine: str = ""
    kind: str = "db"
    host: str = ""
    port: int | None = None
    database: str = ""
    schema: str = ""
    owner: str = ""
    system: str = ""
    scope: str = ""
    service: Service | None = None
    aliases: set[str] = field(default_factory=set)


@dataclass(slots=True, eq=False, kw_only=True)
class Topic(Element):
    """A channel of a broker: topic, queue, exchange, subject. `declared` are the facts that only say that it exists, and how it is made."""

    kind: str = ""
    broker: str = ""
    address: str = ""
    public: bool = False
    uses: list[tuple[Service, ChannelFact]] = field(default_factory=list)
    declared: list[ChannelFact] = field(default_factory=list)

    @property
    def producers(self) -> list[Service]:
        """The services that send to the channel."""
        return list(dict.fromkeys(service for service, use in self.uses if use.action == "send"))

    @property
    def consumers(self) -> list[Service]:
        """The services that receive from the channel."""
        return list(dict.fromkeys(service for service, use in self.uses if use.action == "receive"))


@dataclass(slots=True, eq=False, kw_only=True)
class Dependency(Element):
    """An edge: `kind` is `calls`, `uses`, `produces`, `consumes` or `routes`.

    `confidence` combines independent evidence. `declared` tells that somebody wrote the edge down as architecture, `observed` that it
    was read from what is deployed. `policies` are what its calls are subject to, the innermost layer first.
    """

    kind: str
    source: Service
    target: Service | Datastore | Topic
    confidence: float = 1.0
    declared: bool = False
    observed: bool = False
    criticality: str = ""
    policies: list[Policy] = field(default_factory=list)

    @property
    def level(self) -> Confidence:
        """The confidence as a level."""
        return Confidence.of(self.confidence)


@dataclass(slots=True)
class Support:
    """What a datastore or broker itself is configured with the address of, such as the ZooKeeper of a Kafka: no dependency of a service."""

    source: Datastore
    target: Service | Datastore
    evidence: list[Evidence]


@dataclass(slots=True)
class Dangling:
    """A reference of a service to a host that nobody in scope provides."""

    source: Service
    host: str
    scope: str
    evidence: Evidence


@dataclass(slots=True)
class Ambiguous:
    """A name that could mean several services, so that nothing was joined by it."""

    name: str
    at: Location
    candidates: list[Service]


@dataclass(slots=True)
class Unread:
    """A ConfigMap that no workload names holds the full name of a Service that does not exist in the namespace of `scope`."""

    config: str
    key: str
    host: str
    scope: str
    at: Location


@dataclass(slots=True)
class Configured:
    """A setting of a service's container with ConfigMaps looked up: `at` is where the value stands."""

    service: Service
    workload: WorkloadFact
    key: str
    value: str
    at: Location


@dataclass(slots=True)
class ServiceGraph:
    """All services, datastores, channels and edges of a run, in a stable order."""

    services: list[Service] = field(default_factory=list)
    datastores: list[Datastore] = field(default_factory=list)
    topics: list[Topic] = field(default_factory=list)
    dependencies: list[Dependency] = field(default_factory=list)
    endpoints: list[EndpointFact] = field(default_factory=list)
    workloads: list[WorkloadFact] = field(default_factory=list)
    routes: list[RouteFact] = field(default_factory=list)
    selects: list[SelectFact] = field(default_factory=list)
    links: list[LinkFact] = field(default_factory=list)
    apis: list[ApiFact] = field(default_factory=list)
    support: list[Support] = field(default_factory=list)
    dangling: list[Dangling] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    ambiguous: list[Ambiguous] = field(default_factory=list)
    settings: list[Configured] = field(default_factory=list)
    variants: Variants = field(default_factory=lambda: Variants(()))
    indices: dict[str, dict[str, list[Dependency]]] = field(default_factory=dict, repr=False)
    names: dict[str, list[Service]] = field(default_factory=dict, repr=False)

    def calls(self) -> Iterator[Dependency]:
        """Yield the synchronous edges between services."""
        return (edge for edge in self.dependencies if edge.kind == "calls")

    def named(self, name: str) -> Service | None:
        """Return the only service that *name* may mean: an entity reference, an alias, a name with or without `-service`."""
        if not self.names and self.services:
            found: dict[str, dict[str, Service]] = defaultdict(dict)
            for service in self.services:
                for known in {service.name, *service.aliases}:
                    found[known.lower()][service.id] = service
                found[f"~{normalised(service.name)}"][service.id] = service
            self.names = {key: list(services.values()) for key, services in found.items()}
        short = name.rpartition("/")[2].rpartition(":")[2]
        for key in (name.lower(), short.lower(), f"~{normalised(short)}"):
            services = self.names.get(key, ())
            if len(services) == 1 and len(key) >= _LEAST_NAME:
                return services[0]
        return None

    def users(self, store: Datastore) -> list[Dependency]:
        """Return the edges to *store*."""
        return self.incoming(store)

    def outgoing(self, service: Service) -> list[Dependency]:
        """Return the edges that start at *service*."""
        return self._index("out").get(service.id, [])

    def incoming(self, element: Element) -> list[Dependency]:
        """Return the edges that end at *element*."""
        return self._index("in").get(element.id, [])

    def _index(self, side: str) -> dict[str, list[Dependency]]:
        if side not in self.indices:
            found: dict[str, list[Dependency]] = defaultdict(list)
            for edge in self.dependencies:
                found[(edge.source if side == "out" else edge.target).id].append(edge)
            self.indices[side] = dict(found)
        return self.indices[side]

    def callers_first(self) -> Iterator[Service]:
        """Yield every service after all that call it; where services call each other, the first by name comes first."""
        services = {service.id: service for service in self.services}
        waiting: Counter[str] = Counter(
            edge.target.id for edge in self.calls() if edge.source is not edge.target
        )
        ready = [(service.name, service.id) for service in self.services if not waiting[service.id]]
        rest = [(service.name, service.id) for service in self.services if waiting[service.id]]
        heapify(ready)
        heapify(rest)
        done: set[str] = set()
        while ready or rest:
            _, key = heappop(ready or rest)
            if key in done:
                continue
            done.add(key)
            yield services[key]
            for edge in self.outgoing(services[key]):
                if edge.kind == "calls" and edge.source is not edge.target:
                    waiting[edge.target.id] -= 1
                    if not waiting[edge.target.id] and edge.target.id in services:
                        heappush(ready, (edge.target.name, edge.target.id))

    def together(self, one: Dependency, other: Dependency) -> bool:
        """Tell whether there is a deployment in which both edges exist: variants of a system are never combined."""
        return any(
            _same_deployment(first, second) and self.variants.together(first.at.path, second.at.path)
            for first in one.evidence
            for second in other.evidence
        )

    def cycles(self) -> list[list[Dependency]]:
        """Return one shortest cycle of synchronous calls per strongly connected component, each as its edges in order.

        All edges of a cycle exist in one deployment. What is asked only at the start (`config`) closes none; nor do routes of a gateway, which
        sends a service's calls on to others.
        """
        routed = {backend.at.node for route in self.routes for backend in route.backends}
        edges = [
            edge
            for edge in self.calls()
            if edge.source is not edge.target
            and not (isinstance(edge.target, Service) and edge.target.role == "config")
            and not all(item.at.node in routed for item in edge.evidence)
        ]
        if not edges:
            return []
        import rustworkx  # noqa: PLC0415

        network: Any = rustworkx.PyDiGraph()
        nodes = {service.id: network.add_node(service) for service in self.services}
        for edge in edges:
            network.add_edge(nodes[edge.source.id], nodes[edge.target.id], edge)
        found = []
        for component in rustworkx.strongly_connected_components(network):
            if len(component) > 1:
                part = network.subgraph(sorted(component))
                found.append(_shortest_cycle(part, rustworkx, self._exists))
        return sorted((cycle for cycle in found if cycle), key=lambda cycle: cycle[0].id)

    def _exists(self, cycle: list[Dependency]) -> bool:
        return all(self.together(one, other) for one, other in combinations(cycle, 2))


def _same_deployment(one: Evidence, other: Evidence) -> bool:
    """Tell whether two pieces of evidence can be of one deployment; a compose project is one of its own."""
    scopes = {*one.scopes, *other.scopes}
    if not one.scopes or not other.scopes or not any(scope.startswith("compose:") for scope in scopes):
        return True
    return bool(set(one.scopes) & set(other.scopes))


def _shortest_cycle(
    part: Any, rustworkx: Any, exists: Callable[[list[Dependency]], bool]
) -> list[Dependency]:
    best: list[Dependency] = []
    tries = sorted(part.edge_list(), key=lambda ends: (not part.has_edge(*reversed(ends)), ends))
    for source, target in tries[: min(_MOST_TRIES, max(_MOST_WORK // len(tries), 1))]:
        paths = rustworkx.dijkstra_shortest_paths(part, target, target=source)
        if source in paths and (not best or len(paths[source]) < len(best)):
            cycle = [part.get_edge_data(*step) for step in pairwise([*paths[source], target])]
            best = cycle if exists(cycle) else best
        if len(best) == _SHORTEST:
            break
    start = min(range(len(best)), key=lambda index: best[index].source.name) if best else 0
    return [*best[start:], *best[:start]]


_SHORTEST = 2
_LEAST_NAME = 3
_MOST_TRIES = 500
_MOST_WORK = 2_000_000
