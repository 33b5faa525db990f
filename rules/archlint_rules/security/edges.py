"""The entries through which the internet comes: public routes by the resource or gateway that has them, and load balancers."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from archlint.api import Exposure, ServiceGraph, exposures


@dataclass(slots=True)
class Entry:
    """A way in: `name` is the resource's, or that of the gateway that routes; `ways` are the exposures through it.

    `inner` are those behind each gateway of the system that `ways` lead to.
    """

    name: str
    what: str
    key: tuple[str, ...]
    ways: list[Exposure] = field(default_factory=list)
    inner: dict[str, list[Exposure]] = field(default_factory=dict)

    def unless(self, holds: Callable[[Exposure], bool]) -> list[Exposure]:
        """Return the ways for which something does not hold, neither for them nor for all that a gateway behind makes of them."""
        return [
            way
            for way in self.ways
            if not holds(way)
            and not (self.inner.get(way.service.id) and all(map(holds, self.inner[way.service.id])))
        ]

    def declares(self, word: str) -> bool:
        """Tell whether a manifest of a service behind, or of the gateway, says that *word* stands at the edge, outside of what is seen."""
        for way in (*self.ways, *(way for ways in self.inner.values() for way in ways)):
            for service in (way.service, way.via):
                edge = service.extra.get("edge") if service is not None else None
                if isinstance(edge, list) and word in edge:
                    return True
        return False

    @property
    def is_unread(self) -> bool:
        """Whether routes name middleware or plugins that are not seen here, so that nobody knows what they do."""
        return any(way.route is not None and way.route.extra.get("unread") for way in self.ways)


def entries(graph: ServiceGraph) -> Iterator[Entry]:
    """Yield the entries of *graph* in the order of their places; ports of compose projects on somebody's machine are none.

    Neither are connections that nobody looks into.
    """
    found: dict[tuple[str, ...], Entry] = {}
    ways = exposures(graph)
    public = _public(ways)
    doors = {way.service.id for way in ways if way.is_direct and not way.is_for_development}
    inner: dict[str, list[Exposure]] = defaultdict(list)
    for way in ways:
        if way.via is not None:
            inner[way.via.id].append(way)
    for way in ways:
        if way.route is not None and way.route.extra.get("protocol") in {"tcp", "udp", "tls"}:
            continue
        if way.route is not None and way.via is None:
            route = way.route
            key: tuple[str, ...] = ("route", route.kind, route.scope, route.name)
            entry = Entry(route.name, f"the public route `{route.name}`", key)
        elif way.via is not None and way.via.id in doors and way.via.id in public:
            entry = Entry(way.via.name, f"the public gateway `{way.via.name}`", ("gateway", way.via.id))
        elif way.way == "load-balancer" and way.service.first_party and way.service.role != "gateway":
            entry = Entry(
                way.service.name, f"the public service `{way.service.name}`", ("door", way.service.id)
            )
        else:
            continue
        found.setdefault(entry.key, entry).ways.append(way)
    gateways = {key[1] for key in found if key[0] == "gateway"}
    for entry in found.values():
        services = {way.service.id for way in entry.ways}
        entry.inner = {service: inner[service] for service in services if service in inner}
    yield from (entry for key, entry in found.items() if key[0] != "door" or key[1] not in gateways)


def _public(ways: list[Exposure]) -> set[str]:
    """Return the services that are reached from outside otherwise than by ports for development, directly or through gateways."""
    behind: dict[str, list[str]] = defaultdict(list)
    for way in ways:
        if way.via is not None:
            behind[way.via.id].append(way.service.id)
    pending = [way.service.id for way in ways if way.via is None and not way.is_for_development]
    found: set[str] = set()
    while pending:
        service = pending.pop()
        if service not in found:
            found.add(service)
            pending.extend(behind.get(service, ()))
    return found
