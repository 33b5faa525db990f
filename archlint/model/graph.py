"""The service graph: what all documents together say of the system."""

from collections.abc import Iterator
from dataclasses import dataclass, field
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
from archlint.source.location import Location


@dataclass(slots=True)
class Evidence:
    """Why something is in the graph: the place, who read it, how sure that is, and what was read (`ORDERS_URL=http://orders`)."""

    at: Location
    extractor: str = ""
    confidence: float = 1.0
    detail: str = ""


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
    """A channel of a broker: topic, queue, exchange, subject."""

    kind: str = ""
    broker: str = ""
    address: str = ""
    public: bool = False
    uses: list[tuple[Service, ChannelFact]] = field(default_factory=list)

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

    `confidence` combines independent evidence. `variants` are the variant sets in which the edge exists; rules never combine
    edges without a common one. `port` and `protocol` are as the caller writes them. `unresolved` marks an edge whose target
    nobody in scope provides.
    """

    kind: str
    source: Service
    target: Service | Datastore | Topic
    confidence: float = 1.0
    protocol: str = ""
    port: int | None = None
    declared: bool = False
    observed: bool = False
    unresolved: bool = False
    criticality: str = ""
    variants: frozenset[str] = frozenset()
    policy: dict[str, Any] = field(default_factory=dict)

    @property
    def level(self) -> Confidence:
        """The confidence as a level."""
        return Confidence.of(self.confidence)


@dataclass(slots=True)
class ServiceGraph:
    """All services, datastores, channels and edges of a run, in a stable order."""

    services: list[Service] = field(default_factory=list)
    datastores: list[Datastore] = field(default_factory=list)
    topics: list[Topic] = field(default_factory=list)
    dependencies: list[Dependency] = field(default_factory=list)
    endpoints: list[EndpointFact] = field(default_factory=list)
    routes: list[RouteFact] = field(default_factory=list)
    selects: list[SelectFact] = field(default_factory=list)
    links: list[LinkFact] = field(default_factory=list)
    apis: list[ApiFact] = field(default_factory=list)

    def calls(self) -> Iterator[Dependency]:
        """Yield the synchronous edges between services."""
        return (edge for edge in self.dependencies if edge.kind == "calls")
