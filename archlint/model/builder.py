"""From facts to the service graph.

The order of facts does not matter: everything is sorted by place first. Names are looked up through indices, so that the work
grows with the number of facts and not with that of their pairs.
"""

import posixpath
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

import msgspec
from msgspec.structs import replace

from archlint.model.charts import deployed
from archlint.model.configured import configure
from archlint.model.edges import Edges
from archlint.model.facts import (
    ApiFact,
    BaseFact,
    ChannelFact,
    ConfigFact,
    DatastoreFact,
    DependencyFact,
    EndpointFact,
    Fact,
    LinkFact,
    PolicyFact,
    RouteFact,
    SelectFact,
    ServiceFact,
    SettingsFact,
    WorkloadFact,
)
from archlint.model.graph import Datastore, Evidence, Service, ServiceGraph
from archlint.model.identity import Endpoints, Unions, Variants, normalised, selects
from archlint.model.layers import Layers
from archlint.model.links import Links
from archlint.model.reach import UNSAID
from archlint.model.served import served_engine
from archlint.model.stores import INFRASTRUCTURE, KINDS, is_third_party, role_of
from archlint.model.support import add_support

_NAME_LABELS = ("app", "app.kubernetes.io/name", "k8s-app")

type Key = tuple[str, str, str]
"""(`workload` or `endpoint`, scope, name)."""


def build_graph(facts: Sequence[Fact]) -> ServiceGraph:
    """Return the graph that *facts* describe; the same for any order of them."""
    ordered: list[Fact] = []
    for _, same in groupby(sorted(deployed(facts), key=_place), key=_place):
        found = list(same)
        ordered.extend(found if len(found) == 1 else sorted(found, key=_whole))
    return _Builder(ordered).build()


def _place(fact: BaseFact) -> tuple[Any, ...]:
    at = fact.at
    return at.path, at.document, tuple(str(key) for key in at.pointer), type(fact).__name__, fact.extractor


def _whole(fact: BaseFact) -> bytes:
    """Return all of *fact*: several of one place differ only there, as those of a base in each of its variants."""
    return msgspec.json.encode(fact, order="sorted")


class _Builder:
    def __init__(self, facts: Sequence[Fact]) -> None:
        groups: dict[type, list[Any]] = defaultdict(list)
        for fact in facts:
            groups[type(fact)].append(fact)
        self.workloads: list[WorkloadFact] = groups[WorkloadFact]
        self.endpoints: list[EndpointFact] = groups[EndpointFact]
        self.configs: list[ConfigFact] = groups[ConfigFact]
        self.declared: list[ServiceFact] = groups[ServiceFact]
        self.stores: list[DatastoreFact] = groups[DatastoreFact]
        self.dependencies: list[DependencyFact] = groups[DependencyFact]
        self.channels: list[ChannelFact] = groups[ChannelFact]
        self.apis: list[ApiFact] = groups[ApiFact]
        self.settings: list[SettingsFact] = groups[SettingsFact]
        self.policies: list[PolicyFact] = groups[PolicyFact]
        self.graph = ServiceGraph(
            endpoints=self.endpoints,
            workloads=self.workloads,
            routes=_only(groups[RouteFact], RouteFact),
            selects=_only(groups[SelectFact], SelectFact),
            links=_only(groups[LinkFact], LinkFact),
            apis=self.apis,
            variants=Variants(self.workloads, _only(groups[LinkFact], LinkFact), self.endpoints),
        )
        self.elements: dict[Key, Service | Datastore] = {}

    def build(self) -> ServiceGraph:
        self._runnables()
        links = Links(self.graph, self.elements)
        links.declare(self.declared, self.stores)
        links.provide(self.apis)
        endpoints = Endpoints(self.endpoints)
        edges = Edges(self.graph, self.elements, endpoints, self.configs)
        for workload in sorted(self.workloads, key=lambda one: bool(one.home)):
            element = self.elements["workload", workload.scope, workload.name]
            if isinstance(element, Service):
                edges.observe(element, workload)
            else:
                add_support(element, workload, edges)
        configure(self.settings, links, edges)
        edges.connect()
        layers = Layers(self.graph, self.elements, endpoints, links)
        layers.route(edges)
        edges.declare(self.dependencies, links)
        links.channels(self.channels, edges)
        edges.finish()
        layers.attach(self.policies)
        self._name()
        return self.graph

    def _runnables(self) -> None:
        """Make a service or a datastore of every group of workloads and endpoints that are the same thing."""
        unions = Unions()
        labels: dict[tuple[str, str, str], set[str]] = defaultdict(set)
        by_key: dict[Key, list[WorkloadFact]] = defaultdict(list)
        ends: dict[Key, list[EndpointFact]] = defaultdict(list)
        for workload in self.workloads:
            by_key["workload", workload.scope, workload.name].append(workload)
            for name, value in workload.labels.items():
                labels[workload.scope, name, value].add(workload.name)
        for endpoint in self.endpoints:
            ends["endpoint", endpoint.scope, endpoint.name].append(endpoint)
        for key, endpoints in ends.items():
            _, scope, name = key
            for endpoint in endpoints:
                selected = self._near(endpoint, _selected(endpoint, labels, by_key), by_key)
                where = scope if selected or not scope.startswith("k8s:") else UNSAID
                if where != scope:
                    selected = self._beside(
                        endpoint, _selected(replace(endpoint, scope=where), labels, by_key), by_key
                    )
                for target in selected:
                    own = ("endpoint", where, target)
                    if target != name and own in ends and not self._shares_pods(endpoint, ends[own]):
                        continue
                    unions.join(key, ("workload", where, target))
        self._taken_over(unions, by_key)
        self._same_elsewhere(unions, [*by_key, *ends])
        groups: dict[object, list[Key]] = defaultdict(list)
        for key in (*by_key, *ends):
            groups[unions.find(key)].append(key)
        for keys in groups.values():
            members = sorted(
                (workload for key in keys for workload in by_key.get(key, ())), key=lambda one: bool(one.home)
            )
            faces = [endpoint for key in keys for endpoint in ends.get(key, ())]
            element = _element(members, faces)
            for key in keys:
                self.elements[key] = element
            if isinstance(element, Service):
                self.graph.services.append(element)
            else:
                self.graph.datastores.append(element)

    def _near(
        self, endpoint: EndpointFact, names: list[str], workloads: dict[Key, list[WorkloadFact]]
    ) -> list[str]:
        """Return those of *names* that a kustomization of *endpoint* deploys, where there are any: other applications have labels alike."""
        near = [
            name
            for name in names
            if not all(
                self.graph.variants.are_apart(endpoint.at.path, workload.at.path)
                for workload in workloads["workload", endpoint.scope, name]
            )
        ]
        return near or names

    def _beside(
        self, endpoint: EndpointFact, names: Iterable[str], workloads: dict[Key, list[WorkloadFact]]
    ) -> list[str]:
        """Return those of *names*, workloads that name no namespace, that can be deployed with *endpoint*, which does."""
        return [
            name
            for name in names
            if any(
                self.graph.variants.together(endpoint.at.path, workload.at.path)
                for workload in workloads["workload", UNSAID, name]
            )
        ]

    @staticmethod
    def _shares_pods(endpoint: EndpointFact, others: Iterable[EndpointFact]) -> bool:
        """Tell whether another name of the same pods is meant, such as a headless twin, rather than a wider selection."""
        return any(endpoint.selector == other.selector for other in others)

    @staticmethod
    def _taken_over(unions: Unions, workloads: dict[Key, list[WorkloadFact]]) -> None:
        """Join what a compose project takes over from its base, or from a file that it includes, with what that declares."""
        for (kind, scope, name), found in workloads.items():
            for workload in found:
                home = (kind, workload.home, name)
                if workload.home and home in workloads:
                    unions.join(home, (kind, scope, name))

    def _same_elsewhere(self, unions: Unions, keys: list[Key]) -> None:
        """Join a service of compose with the one of Kubernetes (or another compose file of its folder) of the same name.

        Only where the name is unique on both sides, and never datastores: two deployments have two databases.
        """
        compose: dict[str, list[Key]] = defaultdict(list)
        cluster: dict[str, list[Key]] = defaultdict(list)
        for key in keys:
            if not self._is_store(key):
                (compose if key[1].startswith("compose:") else cluster)[key[2]].append(key)
        for name, found in compose.items():
            if len({posixpath.dirname(key[1]) for key in found}) > 1:
                continue
            for other in found[1:]:
                unions.join(found[0], other)
            if len({unions.find(key) for key in cluster.get(name, ())}) == 1:
                unions.join(cluster[name][0], found[0])

    def _is_store(self, key: Key) -> bool:
        if not hasattr(self, "_store_names"):
            self._store_names = {
                (workload.scope, workload.name)
                for workload in self.workloads
                if any(served_engine(workload.name, container) for container in workload.containers)
            }
        return (key[1], key[2]) in self._store_names

    def _name(self) -> None:
        """Sort everything, and give elements of equal names different ones."""
        graph = self.graph
        for elements in (graph.services, graph.datastores, graph.topics):
            elements.sort(key=lambda element: (element.name, element.id))
        taken: set[str] = set()
        for element in (*graph.services, *graph.datastores, *graph.topics):
            if element.name in taken:
                scope = getattr(element, "scope", "") or "other"
                base = f"{element.name} ({scope.partition(':')[2] or scope})"
                name, count = base, 2
                while name in taken:
                    name, count = f"{base} {count}", count + 1
                element.name = name
            taken.add(element.name)
        graph.dependencies.sort(key=lambda edge: (edge.source.name, edge.target.name, edge.kind, edge.id))


def _only[F: BaseFact](facts: list[Any], kind: type[F]) -> list[F]:
    return [fact for fact in facts if isinstance(fact, kind)]


def _selected(
    endpoint: EndpointFact,
    labels: dict[tuple[str, str, str], set[str]],
    workloads: dict[Key, list[WorkloadFact]],
) -> list[str]:
    """Return the names of the workloads behind *endpoint*."""
    if endpoint.workload:
        return [endpoint.workload]
    if not endpoint.selector:
        return []
    sets = [labels.get((endpoint.scope, name, value), set()) for name, value in endpoint.selector.items()]
    names = set.intersection(*sets) if sets else set()
    selector = endpoint.selector
    return sorted(
        name
        for name in names
        if any(selects(selector, workload.labels) for workload in workloads["workload", endpoint.scope, name])
    )


def _element(workloads: list[WorkloadFact], endpoints: list[EndpointFact]) -> Service | Datastore:
    """Return what a group of workloads and endpoints is."""
    name = _name_of(workloads, endpoints)
    scope = (workloads or endpoints)[0].scope
    places = [fact.at for fact in (*workloads, *endpoints)]
    evidence = [Evidence(at=at, extractor="workload") for at in places]
    mains = [
        (workload.name, container)
        for workload in workloads
        for container in workload.containers
        if not (container.init or container.sidecar)
    ]
    images = [container.image or "" for _, container in mains]
    own = [image for image in images if image and role_of("", image) not in INFRASTRUCTURE]
    engines = [engine for main in mains if (engine := served_engine(*main))]
    if not workloads:
        engines = [endpoint.engine for endpoint in endpoints if endpoint.engine]
    aliases = {workload.name for workload in workloads} | {endpoint.name for endpoint in endpoints}
    aliases.update(host for endpoint in endpoints for host in endpoint.hostnames)
    aliases.update(alias for workload in workloads for alias in workload.aliases)
    aliases.update(
        workload.labels[key] for workload in workloads for key in _NAME_LABELS if workload.labels.get(key)
    )
    ends = bool(workloads) and all(workload.kind in {"Job", "CronJob"} for workload in workloads)
    if engines and not ends and len(engines) * 2 > len(own):
        return Datastore(
            id=f"datastore:{scope}/{name}",
            name=name,
            evidence=evidence,
            engine=engines[0],
            kind=KINDS[engines[0]],
            host=name,
            scope=scope,
            aliases=aliases,
        )
    operated = [] if workloads else [endpoint.name for endpoint in endpoints if endpoint.kind == "Operator"]
    names = [workload.name for workload in workloads] or operated
    role = next((role for known in names if (role := role_of(known, ""))), "")
    roles = [role_of("", image) for image in own or images]
    role = role or (roles[0] if roles and all(roles) else "")
    if not role and ends:
        role = "job"
    foreign = bool(images) and all(image and is_third_party(image) for image in images)
    known = [image for image in images if image]
    return Service(
        id=f"service:{scope}/{name}",
        name=name,
        evidence=evidence,
        aliases=aliases,
        scope=scope,
        role=role,
        first_party=bool(workloads)
        and role not in INFRASTRUCTURE - {"job", "migration"}
        and not (foreign and known),
        labels=workloads[0].own_labels if workloads else {},
        workloads=workloads,
        endpoints=endpoints,
    )


def _name_of(workloads: list[WorkloadFact], endpoints: list[EndpointFact]) -> str:
    names = sorted({workload.name for workload in workloads})
    faces = sorted({endpoint.name for endpoint in endpoints}, key=lambda name: (len(name), name))
    both = [name for name in faces if name in names]
    if both:
        return both[0]
    if len(names) == 1 and len(faces) > 1 and all(face.startswith(names[0]) for face in faces):
        return names[0]
    if len(names) == 1 and faces and normalised(faces[0]) != normalised(names[0]):
        return faces[0]
    return (faces or names)[0]
