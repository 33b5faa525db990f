"""What is declared, joined with what runs: catalog entries, manifests, contracts, channels."""

import posixpath
import re
from collections import defaultdict
from collections.abc import Sequence

from archlint.model.edges import Edges
from archlint.model.facts import (
    ApiFact,
    BaseFact,
    ChannelFact,
    DatastoreFact,
    DependencyFact,
    PolicyFact,
    RouteFact,
    ServiceFact,
)
from archlint.model.graph import Ambiguous, Datastore, Evidence, Service, ServiceGraph, Topic
from archlint.model.identity import Unions, normalised
from archlint.model.readers import PROXIES, Readers
from archlint.model.stores import KINDS, engine_of
from archlint.model.topics import same_channels

_LEAST_NAME = 3
_SAID = 0.8


class Links:
    """Finds the element that a declared name means."""

    def __init__(
        self, graph: ServiceGraph, elements: dict[tuple[str, str, str], Service | Datastore]
    ) -> None:
        self.graph = graph
        self._elements = elements
        self._by_name: dict[str, list[Service]] = defaultdict(list)
        self._by_normal: dict[str, list[Service]] = defaultdict(list)
        self._stores: dict[str, list[Datastore]] = defaultdict(list)
        self._by_folder: dict[str, list[Service]] = defaultdict(list)
        self._contracts = {link.target: link for link in graph.links if link.kind == "contract"}
        definitions = [link for link in graph.links if link.kind == "definition"]
        self._providers = {link.target: link.source for link in definitions if link.source}
        self._api_types = {link.target: link.extra.get("type", "") for link in definitions if not link.source}
        self._spaces = Unions()
        self._declared_in: dict[str, set[object]] = defaultdict(set)
        for link in graph.links:
            if link.kind == "document":
                self._spaces.join(link.source, link.target)
        self._readers = Readers(graph.services)
        for service in graph.services:
            self._index(service)
        for store in graph.datastores:
            for name in {store.name, *store.aliases}:
                self._stores[name.lower()].append(store)

    def _index(self, service: Service) -> None:
        for name in {service.name, *service.aliases}:
            if service not in self._by_name[name.lower()]:
                self._by_name[name.lower()].append(service)
        for name in (normalised(service.name), re.sub(r"[^a-z0-9]", "", service.name.lower())):
            if service not in self._by_normal[name]:
                self._by_normal[name].append(service)
        for evidence in service.evidence:
            folder = posixpath.dirname(evidence.at.path)
            if service not in self._by_folder[folder]:
                self._by_folder[folder].append(service)

    def declare(self, services: Sequence[ServiceFact], stores: Sequence[DatastoreFact]) -> None:
        """Join declared services and stores with the running ones of the same name, or add them.

        Those that are declared in spaces of their own (`scope`) are one only where documents of the spaces name each other.
        """
        for fact in sorted(
            services, key=lambda fact: self._readers.built_from(fact.at.path, fact.name) is None
        ):
            service = self._match(fact)
            if service is None:
                service = Service(id=f"service:{fact.entity or fact.name}", name=fact.name, scope=fact.scope)
                self.graph.services.append(service)
            self._note_space(service, fact.scope)
            if fact.first_party is not None:
                service.first_party = fact.first_party
            service.evidence.append(
                Evidence(at=fact.at, extractor=fact.extractor, confidence=fact.confidence)
            )
            service.aliases.update(name for name in (fact.name, fact.entity, *fact.aliases) if name)
            service.declared = service.declared or fact.declares
            for name in ("system", "owner", "lifecycle", "visibility", "role"):
                setattr(service, name, getattr(fact, name) or getattr(service, name))
            service.tier = fact.tier if fact.tier is not None else service.tier
            service.extra.update(fact.extra)
            self._index(service)
        for store_fact in stores:
            engine = engine_of(store_fact.engine) or store_fact.engine
            found = [
                store
                for store in self._stores.get(store_fact.name.lower(), [])
                if (not engine or not store.engine or store.engine == engine)
                and self._may_be(store, store_fact.scope)
            ]
            if not found:
                store = Datastore(
                    id=f"datastore:{store_fact.entity or (f'{engine}/' if engine else '') + store_fact.name}",
                    name=store_fact.name,
                    host=store_fact.name,
                    database=store_fact.database,
                    scope=store_fact.scope,
                    engine=engine,
                    kind=KINDS.get(engine, "db"),
                )
                self.graph.datastores.append(store)
                found = [store]
            for store in found:
                self._note_space(store, store_fact.scope)
                store.owner = store_fact.owner or store.owner
                store.system = store_fact.system or store.system
                store.aliases.update(name for name in (store_fact.name, store_fact.entity) if name)
                store.evidence.append(Evidence(at=store_fact.at, extractor=store_fact.extractor))
            for name in filter(None, (store_fact.name, store_fact.entity)):
                known = self._stores[name.lower()]
                known.extend(store for store in found if store not in known)

    def _match(self, fact: ServiceFact) -> Service | None:
        for name in (fact.entity, fact.name, *fact.aliases):
            known = self._by_name.get(name.lower(), []) if name else []
            found = [service for service in known if self._may_be(service, fact.scope)]
            if len(found) == 1:
                return found[0]
            self._note(name, fact, found)
        built = self._readers.built_from(fact.at.path, fact.name)
        if built is not None:
            return built
        found = [
            service
            for service in self._by_normal.get(normalised(fact.name), [])
            if self._may_be(service, fact.scope)
        ]
        return found[0] if len(found) == 1 and len(normalised(fact.name)) >= _LEAST_NAME else None

    def _may_be(self, element: Service | Datastore, space: str) -> bool:
        """Tell whether *element* may be what somebody declares in *space*: nobody declares it in another one."""
        spaces = self._declared_in.get(element.id)
        return not space or not spaces or self._spaces.find(space) in spaces

    def _note_space(self, element: Service | Datastore, space: str) -> None:
        if space:
            self._declared_in[element.id].add(self._spaces.find(space))

    def service(self, name: str, fact: BaseFact) -> Service | None:
        """Return the service that *name* means; for an empty name the one that the document of *fact* belongs to."""
        if not name:
            reader, certain = self._readers.of(fact)
            return reader if certain else self._at(fact.at.path, mixed=fact.extractor not in PROXIES)
        own = self._elements.get(("workload", getattr(fact, "scope", ""), name))
        if isinstance(own, Service):
            return own
        name = self._providers.get(name, name)
        found = self._by_name.get(name.lower(), [])
        if len(found) != 1:
            short = name.rpartition("/")[2].rpartition(":")[2]
            found = (
                found or self._by_name.get(short.lower(), []) or self._by_normal.get(normalised(short), [])
            )
        if not isinstance(fact, RouteFact | PolicyFact | ApiFact):
            self._note(name, fact, found)
        return found[0] if len(found) == 1 else None

    def _note(self, name: str, fact: BaseFact, found: Sequence[Service]) -> None:
        """Note that *name* could mean any of several services; where it was only read off, nobody has to say which."""
        if len(found) > 1 and fact.confidence >= _SAID:
            self.graph.ambiguous.append(Ambiguous(name, fact.at, list(found)))

    def target(self, fact: DependencyFact) -> Service | Datastore | Topic | None:
        """Return what a declared dependency is on: what is used is a datastore, what is called a service."""
        short = fact.target.rpartition("/")[2].rpartition(":")[2].lower()
        stores = self._stores.get(fact.target.lower()) or self._stores.get(short, [])
        if fact.kind == "uses":
            engine = engine_of(fact.protocol) or fact.protocol
            fitting = [store for store in stores if not engine or store.engine in {"", engine}]
            return fitting[0] if fitting else None
        named = self._stores.get(fact.target.lower())
        if named and not fact.kind:
            return named[0]
        return self.service(fact.target, fact) or (stores[0] if stores and not fact.kind else None)

    def is_asynchronous(self, name: str) -> bool:
        """Tell whether *name* is an API of events: who consumes it does not call anybody."""
        return self._api_types.get(name) == "asyncapi"

    def provide(self, apis: Sequence[ApiFact]) -> None:
        """Give each API to the service that provides it: by a link, by its folder, by its title.

        A folder of descriptions, in which the one of events stands for a service as well, tells less than the title.
        """
        for api in apis:
            link = self._contracts.get(api.at.path)
            service = self.service(link.source, link) if link else self.service(api.service, api)
            unsure = service is None or (link is None and _is_only_asyncapi(service))
            if unsure and not api.service:
                found = self._by_normal.get(normalised(api.title), [])
                service = found[0] if len(found) == 1 else service
            if service is not None:
                service.apis.append(api)

    def _at(self, path: str, *, mixed: bool = True) -> Service | None:
        """Return the service whose folder *path* lies in: the only one there (where *mixed*), or the one called like a folder above."""
        folder = posixpath.dirname(path)
        here = [service for service in self._by_folder.get(folder, []) if service.first_party]
        if mixed and len(here) == 1:
            return here[0]
        for part in reversed(folder.split("/")):
            found = self._by_name.get(part.lower(), [])
            if len(found) == 1:
                return found[0]
        return None

    def channels(self, facts: Sequence[ChannelFact], edges: Edges) -> None:
        """Add the channels that are sent to and received from, with their edges."""
        for group in same_channels(facts):
            topic = _topic(group)
            self.graph.topics.append(topic)
            for fact in group:
                if not fact.action:
                    topic.declared.append(fact)
                    continue
                service = self._user(fact)
                topic.uses.append((service, fact))
                service.channels.append(fact)
                kind = "produces" if fact.action == "send" else "consumes"
                edges.add(
                    kind,
                    service,
                    topic,
                    [Evidence(at=fact.at, extractor=fact.extractor, confidence=fact.confidence)],
                )

    def _user(self, fact: ChannelFact) -> Service:
        """Return the service that sends or receives: the one that the document is linked from, or is named in it.

        A document that no running service is called like may describe many, which tags tell apart.
        """
        link = self._contracts.get(fact.at.path)
        linked = self.service(link.source, link) if link else None
        titled = linked or self.service(fact.service, fact)
        tagged = None if titled is not None and titled.workloads else self._tagged(fact)
        return tagged or titled or self._application(fact)

    def _tagged(self, fact: ChannelFact) -> Service | None:
        """Return the one running service that an operation of a description of many is tagged with."""
        tags = fact.extra.get("tags")
        named = [self._by_name.get(tag.lower(), []) for tag in tags if tag] if isinstance(tags, list) else []
        found = {service.id: service for known in named for service in known if service.workloads}
        return next(iter(found.values())) if len(found) == 1 else None

    def _application(self, fact: ChannelFact) -> Service:
        """Return a service for an application that only its AsyncAPI document tells of."""
        name = fact.service or posixpath.basename(posixpath.dirname(fact.at.path)) or fact.at.path
        service = Service(
            id=f"service:{fact.at.path}#{name}",
            name=name,
            evidence=[Evidence(at=fact.at, extractor=fact.extractor)],
        )
        self.graph.services.append(service)
        self._index(service)
        return service


def _is_only_asyncapi(service: Service) -> bool:
    return all(item.extractor == "asyncapi" for item in service.evidence)


def _topic(facts: Sequence[ChannelFact]) -> Topic:
    first = facts[0]
    address = first.address or ""
    protocol = next((fact.protocol for fact in facts if fact.protocol), "")
    broker = next((fact.broker for fact in facts if fact.broker), "")
    return Topic(
        id=f"channel:{protocol}/{broker + '/' if broker else ''}{address}",
        name=address,
        kind=first.kind,
        broker=broker or protocol,
        address=address,
        public=any(fact.public for fact in facts),
        evidence=[
            Evidence(at=fact.at, extractor=fact.extractor, confidence=fact.confidence) for fact in facts
        ],
    )
