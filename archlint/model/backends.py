"""What the backends of routes are: names that somebody provides, names outside of what is deployed here, and names that nobody has."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Literal

from archlint.model.facts import Backend, EndpointFact, RouteFact, SelectFact
from archlint.model.graph import Service, ServiceGraph
from archlint.model.hosts import reach_of
from archlint.model.identity import Endpoints, nearest, normalised

type Where = Literal["here", "outside", "missing"]

_CLUSTER = (".svc", ".svc.cluster.local")
_ENTRY = "networking.istio.io/ServiceEntry"
_RULE = "networking.istio.io/DestinationRule"
_UNKNOWN = ("{", "$", "<", "*")


@dataclass(frozen=True, slots=True)
class Found:
    """A backend looked up: `endpoints` are the Services that it may be, the nearest first; several where files are variants or patches."""

    where: Where
    endpoints: tuple[EndpointFact, ...] = ()


class Backends:
    """Looks up the backends of a graph's routes."""

    def __init__(self, graph: ServiceGraph) -> None:
        self._graph = graph
        self._endpoints = Endpoints(graph.endpoints)
        self._entries: set[str] = set()
        self._rules: dict[tuple[str, str], list[SelectFact]] = defaultdict(list)
        for fact in graph.selects:
            if fact.kind == _ENTRY:
                hosts = fact.spec.get("hosts")
                self._entries.update(
                    host.lower()
                    for host in (hosts if isinstance(hosts, list) else ())
                    if isinstance(host, str)
                )
            elif fact.kind == _RULE and fact.host:
                self._rules[self._key(fact.host, fact.scope)].append(fact)
        self._names = {
            normalised(name) for service in graph.services for name in (service.name, *service.aliases)
        } | {normalised(name) for store in graph.datastores for name in (store.name, *store.aliases)}
        self._owners = {
            (end.scope, end.name): service for service in graph.services for end in service.endpoints
        }
        backends = {backend.at.node for route in graph.routes for backend in route.backends}
        self._reached = {
            item.at.node: edge.target
            for edge in graph.dependencies
            for item in edge.evidence
            if item.at.node in backends
        }

    def of(self, route: RouteFact, backend: Backend) -> Found:
        """Return what *backend* of *route* is."""
        host = backend.host.lower().rstrip(".")
        scope = backend.scope or route.scope
        if any(sign in host for sign in _UNKNOWN) or not host or reach_of(host) == "local":
            return Found("outside")
        if not scope:
            known = backend.at.node in self._reached or "." in host or normalised(host) in self._names
            return Found("here" if known else "missing")
        found = self._endpoints.lookup(host, scope) or self._endpoints.unsaid(host, scope)
        together = [end for end in found if self._graph.variants.together(route.at.path, end.at.path)]
        if found:
            first = nearest(route.at.path, together or found)
            return Found("here", (*first, *(end for end in found if end not in first)))
        if host in self._entries or not self._is_short(host):
            return Found("outside")
        return Found("missing")

    def service(self, route: RouteFact, backend: Backend) -> Service | None:
        """Return the service that *backend* of *route* is."""
        reached = self._reached.get(backend.at.node)
        if isinstance(reached, Service):
            return reached
        return next(
            (
                self._owners[end.scope, end.name]
                for end in self.of(route, backend).endpoints
                if (end.scope, end.name) in self._owners
            ),
            None,
        )

    def services(self, route: RouteFact) -> list[Service]:
        """Return the services that *route* leads to; for one that only says how calls to a host are made, the host's."""
        backends = route.backends or tuple(
            Backend(host=host, at=route.at, scope=route.scope) for host in (route.hosts if route.mesh else ())
        )
        found = {
            service.id: service
            for backend in backends
            if (service := self.service(route, backend)) is not None
        }
        return list(found.values())

    def subsets(self, route: RouteFact, backend: Backend) -> dict[str, dict[str, str]] | None:
        """Return the subsets that DestinationRules have for *backend* with their labels; `None` where no rule for its host is known.

        Labels that cannot be read, or of which rules say different things, are none.
        """
        rules = self._rules.get(self._key(backend.host, backend.scope or route.scope), [])
        if not rules:
            return None
        found: dict[str, dict[str, str]] = {}
        for fact in rules:
            subsets = fact.spec.get("subsets")
            for subset in subsets if isinstance(subsets, list) else ():
                if isinstance(subset, dict):
                    name, labels = str(subset.get("name", "")), subset.get("labels")
                    known = labels if isinstance(labels, dict) else {}
                    texts = {key: value for key, value in known.items() if isinstance(value, str)}
                    if len(texts) < len(known) or any(sign in str(known) for sign in ("{{", "$")):
                        texts = {}
                    found[name] = texts if found.get(name, texts) == texts else {}
        return found

    def _is_short(self, host: str) -> bool:
        """Tell whether *host* can only be a Service of the cluster: a bare name, or one of the cluster's domain."""
        return "." not in host or host.endswith(_CLUSTER)

    @staticmethod
    def _key(host: str, scope: str) -> tuple[str, str]:
        """Return namespace and name of a host as Istio completes it: a short one is of the rule's namespace."""
        name = host.lower().removesuffix(".svc.cluster.local").removesuffix(".svc")
        short, dot, namespace = name.partition(".")
        return (
            f"k8s:{namespace}" if dot and "." not in namespace else scope,
            short if dot and "." not in namespace else name,
        )
