"""Gateways as callers of what they route to, and the policies of every layer on the edges whose calls pass it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from archlint.model.access import Access, access_policies
from archlint.model.edges import Edges
from archlint.model.facts import Backend, BaseFact, PolicyFact, RouteFact
from archlint.model.graph import Datastore, Dependency, Evidence, Service, ServiceGraph
from archlint.model.identity import Endpoints, nearest
from archlint.model.links import Links
from archlint.model.paths import admits_all
from archlint.model.policy import ORDER, Layer, Policy

type Elements = dict[tuple[str, str, str], Service | Datastore]
type Node = Service | Datastore


class Layers:
    """Finds the edges that routes and policies are about."""

    def __init__(self, graph: ServiceGraph, elements: Elements, endpoints: Endpoints, links: Links) -> None:
        self._graph = graph
        self._elements = elements
        self._endpoints = endpoints
        self._links = links

    def route(self, edges: Edges) -> None:
        """Add the calls of gateways that are services of the system to what they route to."""
        for fact in self._graph.routes:
            gateway = self._gateway(fact)
            if gateway is None:
                continue
            for backend in fact.backends:
                target = self._backend(backend, fact, gateway)
                if target is None or target is gateway:
                    continue
                evidence = Evidence(
                    at=backend.at,
                    extractor=fact.extractor,
                    confidence=fact.confidence,
                    detail=fact.name,
                    host=backend.host,
                    port=int(backend.port) if backend.port.isdecimal() else None,
                )
                kind = "uses" if isinstance(target, Datastore) else "calls"
                edges.add(kind, gateway, target, [evidence]).observed = True

    def attach(self, facts: Sequence[PolicyFact]) -> None:
        """Give every edge the policies that hold for its calls, those of one tool and layer as one.

        Of several routes to one place, which are alternatives, the one that takes all calls counts; without one they have to agree.
        """
        found: dict[str, list[tuple[int, Policy]]] = defaultdict(list)
        for edge_id, policy in self._routed():
            found[edge_id].append((0, policy))
        for fact in facts:
            source = None if fact.source is None else self._caller(fact)
            if fact.source is not None and source is None:
                continue
            rank = (
                1 if fact.target is not None and source is not None else 2 if fact.target is not None else 3
            )
            for edge in self._subject(fact, source):
                if self._holds(edge, fact):
                    found[edge.id].append((rank, fact.policy))
        self._admit(found)
        for edge in self._graph.dependencies:
            if found.get(edge.id):
                edge.policies = _merged(
                    policy for _, policy in sorted(found[edge.id], key=lambda one: one[0])
                )

    def _admit(self, found: dict[str, list[tuple[int, Policy]]]) -> None:
        """Add to *found* whether the calls of each edge are encrypted and allowed, where a policy of access says so."""
        access = Access(self._graph)
        if access.is_empty:
            return
        for edge in self._graph.dependencies:
            if edge.kind in {"calls", "uses"}:
                found[edge.id].extend((0, policy) for policy in access_policies(edge, access))

    def _routed(self) -> Iterator[tuple[str, Policy]]:
        """Yield the ids of edges with the policy of the route that their calls follow."""
        found: dict[tuple[str, str], list[RouteFact]] = defaultdict(list)
        for edge, fact in self._followed():
            if fact.policy is not None:
                found[edge.id, fact.policy.tool].append(fact)
        for (edge_id, _), facts in found.items():
            general = [fact for fact in facts if not fact.methods and admits_all(fact)]
            chosen = general or facts
            if len({_comparable(fact.policy) for fact in chosen}) == 1 and chosen[0].policy is not None:
                yield edge_id, chosen[0].policy

    def _followed(self) -> Iterator[tuple[Dependency, RouteFact]]:
        """Yield the edges whose calls follow a route: a gateway's own, and those to a host that the mesh routes."""
        for fact in self._graph.routes:
            gateway = self._gateway(fact)
            if gateway is not None:
                targets = {
                    target.id
                    for backend in fact.backends
                    if (target := self._backend(backend, fact, gateway)) is not None
                }
                for edge in self._graph.outgoing(gateway):
                    if edge.target.id in targets:
                        yield edge, fact
            elif fact.mesh:
                hosts = fact.hosts or tuple(backend.host for backend in fact.backends)
                for element in self._elements_of(hosts, fact.scope, fact):
                    for edge in self._graph.incoming(element):
                        if self._holds(edge, fact):
                            yield edge, fact

    def _subject(self, fact: PolicyFact, source: Service | None) -> Iterable[Dependency]:
        graph = self._graph
        if fact.target is None:
            return (
                graph.calls()
                if source is None
                else [edge for edge in graph.outgoing(source) if edge.kind == "calls"]
            )
        targets = self._elements_of((fact.target,), fact.scope, fact)
        if source is not None:
            known = {target.id for target in targets}
            return [edge for edge in graph.outgoing(source) if edge.target.id in known]
        return [edge for target in targets for edge in graph.incoming(target)]

    def _holds(self, edge: Dependency, fact: BaseFact) -> bool:
        """Tell whether the deployment of *fact* is one that *edge* exists in."""
        return edge.kind in {"calls", "uses"} and any(
            self._graph.variants.together(item.at.path, fact.at.path) for item in edge.evidence
        )

    def _gateway(self, fact: RouteFact) -> Service | None:
        if fact.gateway:
            return self._links.service(fact.gateway, fact)
        return self._links.service("", fact) if not fact.scope else None

    def _caller(self, fact: PolicyFact) -> Service | None:
        if fact.source and fact.scope:
            element = self._elements.get(("workload", fact.scope, fact.source))
            if isinstance(element, Service):
                return element
        return self._links.service(fact.source or "", fact)

    def _backend(self, backend: Backend, fact: RouteFact, gateway: Service) -> Node | None:
        """Return what a gateway means by a host: what is called so beside it, or the one service of that name."""
        scopes = dict.fromkeys([*(workload.scope for workload in gateway.workloads), backend.scope])
        for scope in scopes:
            if scope and (found := self._elements_of((backend.host,), scope, fact, exact=True)):
                return found[0]
        return self._links.service(backend.host, fact)

    def _elements_of(
        self, hosts: Sequence[str], scope: str, fact: BaseFact, *, exact: bool = False
    ) -> list[Node]:
        found: dict[str, Node] = {}
        for host in hosts:
            ends = [
                end
                for end in self._endpoints.lookup(host, scope)
                if self._graph.variants.together(fact.at.path, end.at.path)
            ]
            for end in nearest(fact.at.path, ends):
                element = self._elements.get(("endpoint", end.scope, end.name))
                if element is not None:
                    found[element.id] = element
            if not ends and not exact and not scope.startswith("k8s:"):
                service = self._links.service(host, fact) if host else None
                if service is not None:
                    found[service.id] = service
        return list(found.values())


def _comparable(policy: Policy | None) -> tuple[tuple[str, object], ...]:
    return tuple((key, value.value) for key, value in policy.values.items()) if policy is not None else ()


def _merged(policies: Iterable[Policy]) -> list[Policy]:
    """Return one policy per tool and layer: what is written counts before defaults, then what comes first."""
    found: dict[tuple[Layer, str], Policy] = {}
    replaced: set[tuple[Layer, str]] = set()
    for policy in policies:
        replaced.add((policy.layer, policy.replaces))
        whole = found.setdefault(
            (policy.layer, policy.tool), Policy(tool=policy.tool, layer=policy.layer, values={})
        )
        for key, value in policy.values.items():
            known = whole.values.get(key)
            if known is None or (known.default and not value.default):
                whole.values[key] = value
    kept = (policy for key, policy in found.items() if key not in replaced and policy.values)
    return sorted(kept, key=lambda policy: (ORDER[policy.layer], policy.tool))
