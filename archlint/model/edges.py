"""The edges of the graph: from configured values, and from what is declared."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archlint.model.config_files import ConfigFiles
from archlint.model.configs import Configs
from archlint.model.facts import ConfigFact, Container, DependencyFact, EndpointFact, Setting, WorkloadFact
from archlint.model.graph import (
    Configured,
    Dangling,
    Datastore,
    Dependency,
    Evidence,
    Service,
    ServiceGraph,
    Topic,
)
from archlint.model.hosts import scope_of
from archlint.model.identity import Endpoints, nearest
from archlint.model.projects import Projects
from archlint.model.reach import CLUSTER
from archlint.model.startup import mark_startup
from archlint.model.store_secrets import addresses_store
from archlint.model.stores import KINDS, PORTS
from archlint.model.unread import unread
from archlint.model.values import Reference, completed, key_words, references
from archlint.model.variables import open_text, with_variables
from archlint.source.location import Location

if TYPE_CHECKING:
    from archlint.model.links import Links

_CEILING = 0.95
_OBSERVED = ("kubernetes ", "compose ")


def workload_kind(workload: WorkloadFact) -> str:
    """Return which format *workload* was read from."""
    return "compose" if workload.kind == "compose" else "kubernetes"


@dataclass(slots=True)
class _Seen:
    """A reference of a service that leads to an element."""

    service: Service
    target: Service | Datastore
    reference: Reference
    evidence: list[Evidence]


class Edges:
    """Collects edges, one per source, target and kind, with all their evidence."""

    def __init__(
        self,
        graph: ServiceGraph,
        elements: dict[tuple[str, str, str], Service | Datastore],
        endpoints: Endpoints,
        configs: Sequence[ConfigFact],
    ) -> None:
        self.graph = graph
        self._elements = elements
        self._endpoints = endpoints
        self._projects = Projects(endpoints, elements, graph.workloads)
        self._configs = Configs(configs, graph.variants)
        self._files = ConfigFiles(graph, self._configs, elements)
        self._seen: list[_Seen] = []
        self._edges: dict[tuple[str, str, str], Dependency] = {}
        self._by_source: dict[str, list[Dependency]] = defaultdict(list)
        self._databases: dict[tuple[str, ...], Datastore] = {}

    def observe(self, service: Service, workload: WorkloadFact) -> None:
        """Note what the settings of *workload*, which is *service*, refer to; `connect` makes edges of it."""
        for container in workload.containers:
            if container.init:
                continue
            settings = [*self.settings(container, workload), *self._files.of(container, workload, service)]
            values = {key_words(setting.key): setting.value or "" for setting, _ in settings if setting.key}
            for setting, places in settings:
                if setting.value is not None:
                    self.graph.settings.append(
                        Configured(service, workload, setting.key, setting.value, places[-1])
                    )
                text = open_text(setting.source)
                value = with_variables(text, values) if text else setting.value
                if value is None:
                    self._secret(service, workload, setting)
                    continue
                for reference in references(setting.key, value):
                    if not reference.topic:
                        self.refer(
                            service, workload, setting, places, completed(reference, setting.key, values)
                        )

    def settings(
        self, container: Container, workload: WorkloadFact
    ) -> Iterator[tuple[Setting, list[Location]]]:
        """Yield the settings with those of ConfigMaps put in, each with the places that say it, the container's first."""
        for setting in container.settings:
            kind, _, reference = setting.source.partition(":")
            if kind not in {"configmap", "secret"}:
                yield setting, [setting.at]
                continue
            name, _, key = reference.partition("#")
            for config in self._configs.find(kind, workload, name):
                for entry in config.entries:
                    if not key or entry.key == key:
                        wanted = f"{setting.key}{entry.key}" if not key else setting.key
                        source = f"{kind}:{workload.scope}/{name}#{entry.key}"
                        yield (
                            Setting(key=wanted, value=entry.value, at=setting.at, source=source),
                            [setting.at, entry.at],
                        )
            known = (entry for config in self._configs.find(kind, workload, name) for entry in config.entries)
            if kind == "secret" and key and all(entry.key != key for entry in known):
                source = f"{kind}:{workload.scope}/{name}#{key}"
                yield Setting(key=setting.key, at=setting.at, source=source), [setting.at]

    def refer(
        self,
        service: Service,
        workload: WorkloadFact,
        setting: Setting,
        places: list[Location],
        reference: Reference,
        *,
        default: bool = False,
    ) -> None:
        """Note that *setting* of *workload*, which is *service*, refers to something; nothing is missed where it is only a *default*."""
        found = self.found(reference.host, workload)
        evidence = self.evidence(workload, setting, places, reference, found)
        if found:
            target = self.element(found)
            if target is not None and target is not service:
                self._seen.append(_Seen(service, target, reference, evidence))
        else:
            self._unresolved(service, workload, reference, evidence, default=default)

    def found(self, host: str, workload: WorkloadFact) -> list[EndpointFact]:
        """Return what *host* is for *workload*, the nearest first."""
        found = self._endpoints.lookup(host, workload.scope) or self._endpoints.unsaid(
            host, workload.scope, named=True
        )
        together = [end for end in found if self.graph.variants.together(workload.at.path, end.at.path)]
        required = [end for end in found if not self.graph.variants.is_optional(end.at.path)]
        return nearest(workload.at.path, together or required) or self._projects.beside(host, workload)

    def element(self, found: Sequence[EndpointFact]) -> Service | Datastore | None:
        """Return what the nearest of *found* leads to."""
        return self._elements.get(("endpoint", found[0].scope, found[0].name)) if found else None

    def evidence(
        self,
        workload: WorkloadFact,
        setting: Setting,
        places: list[Location],
        reference: Reference,
        found: Sequence[EndpointFact],
    ) -> list[Evidence]:
        """Return the evidence that *setting* of *workload* refers to what was *found*."""
        scopes = self._projects.scopes(workload)
        return [
            Evidence(
                at=at,
                extractor=f"{workload_kind(workload)} {setting.via}",
                confidence=reference.confidence,
                detail=setting.key,
                host=reference.host,
                port=reference.port,
                protocol=reference.protocol,
                endpoints=tuple(found),
                scopes=scopes,
            )
            for at in places
        ]

    def connect(self) -> None:
        """Make edges of all that was noted. What somebody speaks a database's protocol to is a datastore, whatever its image."""
        spoken: dict[str, str] = {}
        self.graph.unread.extend(unread(self.graph, self._configs))
        for seen in self._seen:
            engine = seen.reference.engine
            if isinstance(seen.target, Service) and KINDS.get(engine) in {"db", "cache", "broker"}:
                spoken.setdefault(seen.target.id, engine)
        stores = {name: self._as_store(name, engine) for name, engine in spoken.items()}
        for key, element in self._elements.items():
            self._elements[key] = stores.get(element.id, element)
        for seen in self._seen:
            target = stores.get(seen.target.id, seen.target)
            if seen.service.id in stores:
                continue
            if isinstance(target, Datastore):
                self.add("uses", seen.service, self._database(target, seen.reference), seen.evidence)
            else:
                self.add("calls", seen.service, target, seen.evidence)

    def _as_store(self, name: str, engine: str) -> Datastore:
        service = next(service for service in self.graph.services if service.id == name)
        store = Datastore(
            id=f"datastore:{service.scope}/{service.name}",
            name=service.name,
            evidence=service.evidence,
            engine=engine,
            kind=KINDS[engine],
            host=service.name,
            scope=service.scope,
            owner=service.owner,
            system=service.system,
            aliases=set(service.aliases),
        )
        self.graph.services.remove(service)
        self.graph.datastores.append(store)
        return store

    def _unresolved(
        self,
        service: Service,
        workload: WorkloadFact,
        reference: Reference,
        evidence: list[Evidence],
        *,
        default: bool,
    ) -> None:
        kind = KINDS.get(reference.engine, "")
        local = "." not in reference.host or reference.host.endswith((".svc", ".svc.cluster.local"))
        scope = scope_of(reference.host, workload.scope) if local else ""
        if kind in {"db", "cache", "broker"} and (scope.startswith(CLUSTER) or not local):
            self.add("uses", service, self.external_store(reference, scope), evidence)
        elif reference.confidence >= 0.8 and local and not default:  # noqa: PLR2004 - a bare name alone may be anything
            self.graph.dangling.append(Dangling(service, reference.host, workload.scope, evidence[-1]))

    def external_store(self, reference: Reference, scope: str = "") -> Datastore:
        """Return the store that *reference* names, outside of what is deployed here or by somebody else in *scope*."""
        port = reference.port or PORTS.get(reference.engine)
        database = reference.database or ""
        host = reference.host.lower().partition(".")[0] if scope else reference.host.lower()
        where = ("external", scope, host) if scope else ("external", host)
        key = (*where, reference.engine, str(port), database, reference.schema)
        if key not in self._databases:
            shown = host if scope else reference.host
            name = f"{shown}/{database}" if database else shown
            self._databases[key] = Datastore(
                id="datastore:" + "/".join(part for part in key if part),
                name=name,
                engine=reference.engine,
                kind=KINDS.get(reference.engine, "db"),
                host=shown,
                port=port,
                database=database,
                schema=reference.schema,
                scope=scope,
            )
            self.graph.datastores.append(self._databases[key])
        return self._databases[key]

    def _database(self, server: Datastore, reference: Reference) -> Datastore:
        """Return the database of *server* that *reference* names, or the server where it names none."""
        if server.kind not in {"db", "cache"} or not reference.database:
            return server
        key = (server.id, reference.database.lower(), reference.schema.lower())
        if key not in self._databases:
            name = f"{server.host}/{reference.database}" + (
                f".{reference.schema}" if reference.schema else ""
            )
            self._databases[key] = Datastore(
                id="/".join(part for part in key if part),
                name=name,
                evidence=list(server.evidence),
                engine=server.engine,
                kind=server.kind,
                host=server.host,
                port=server.port,
                database=reference.database,
                schema=reference.schema,
                owner=server.owner,
                system=server.system,
                scope=server.scope,
                aliases=set(server.aliases),
            )
            self.graph.datastores.append(self._databases[key])
        return self._databases[key]

    def _secret(self, service: Service, workload: WorkloadFact, setting: Setting) -> None:
        """Add an edge to the store whose address is an entry of a Secret: who shares the entry shares the store."""
        if not setting.source.startswith("secret:") or not addresses_store(setting.key):
            return
        key = ("secret", setting.source)
        if key not in self._databases:
            self._databases[key] = Datastore(
                id=f"datastore:{setting.source}",
                name=setting.source,
                host=setting.source,
                scope=workload.scope,
                database="?",
            )
            self.graph.datastores.append(self._databases[key])
        evidence = Evidence(
            at=setting.at, extractor=f"{workload_kind(workload)} secret", confidence=0.6, detail=setting.key
        )
        self.add("uses", service, self._databases[key], [evidence])

    def declare(self, dependencies: Sequence[DependencyFact], links: "Links") -> None:
        """Add what *dependencies* declare."""
        for fact in dependencies:
            source = links.service(fact.source, fact)
            if source is None:
                continue
            target = links.target(fact)
            if target is None or target is source:
                continue
            if isinstance(target, Datastore):
                target = self._used_database(source, target)
            kind = fact.kind or ("uses" if isinstance(target, Datastore) else "calls")
            if links.is_asynchronous(fact.target):
                kind = "consumes"
            evidence = Evidence(
                at=fact.at,
                extractor=fact.extractor,
                confidence=fact.confidence,
                host=fact.target,
                port=fact.port,
            )
            edge = self.add(kind, source, target, [evidence])
            edge.declared = edge.declared or fact.declared
            edge.observed = edge.observed or not fact.declared
            edge.criticality = edge.criticality or fact.criticality

    def _used_database(self, source: Service, server: Datastore) -> Datastore:
        """Return the database of a declared *server* that *source* was seen to use, or the server where that is not one."""
        found = [
            edge.target
            for edge in self._by_source.get(source.id, ())
            if isinstance(edge.target, Datastore)
            and (edge.target.host, edge.target.scope) == (server.host, server.scope)
        ]
        return found[0] if len(found) == 1 and not server.database else server

    def add(
        self,
        kind: str,
        source: Service,
        target: Service | Datastore | Topic,
        evidence: list[Evidence],
        *,
        declared: bool = False,
    ) -> Dependency:
        """Add *evidence* for an edge, and return it."""
        key = (kind, source.id, target.id)
        edge = self._edges.get(key)
        if edge is None:
            edge = Dependency(
                id="|".join(key),
                name=f"{source.name} → {target.name}",
                kind=kind,
                source=source,
                target=target,
            )
            self._edges[key] = edge
            self._by_source[source.id].append(edge)
            self.graph.dependencies.append(edge)
        known = {(item.at.node, item.detail): item for item in edge.evidence}
        for item in evidence:
            same = known.setdefault((item.at.node, item.detail), item)
            if same is item:
                edge.evidence.append(item)
            else:
                same.scopes = tuple(dict.fromkeys((*same.scopes, *item.scopes)))
        if evidence and evidence[0].extractor.startswith(_OBSERVED):
            edge.observed = True
        edge.declared = edge.declared or declared
        if isinstance(target, Datastore) and not target.evidence:
            target.evidence.extend(evidence[:1])
        return edge

    def finish(self) -> None:
        """Combine the evidence of every edge to its confidence: independent sources count together, up to 0.95."""
        mark_startup(self._edges.values())
        for edge in self._edges.values():
            best: dict[str, float] = {}
            for item in edge.evidence:
                best[item.extractor] = max(best.get(item.extractor, 0), item.confidence)
            doubt = 1.0
            for confidence in best.values():
                doubt *= 1 - confidence
            edge.confidence = max(*best.values(), min(_CEILING, 1 - doubt))
