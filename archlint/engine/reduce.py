"""Reduce: all facts to the service graph, and the rules over it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from archlint.config.model import Config
from archlint.engine.check import crash, make_finding
from archlint.findings.finding import Finding
from archlint.findings.problem import Fix
from archlint.model.builder import build_graph
from archlint.model.facts import Fact
from archlint.model.graph import Datastore, Dependency, Element, Service, ServiceGraph, Topic
from archlint.rule.rule import Context, Rule
from archlint.source.garbage import uncollected
from archlint.source.location import Location, Region
from archlint.source.pointer import Pointer

GRAPH_SUBJECTS: tuple[type[Any], ...] = (ServiceGraph, Service, Dependency, Datastore, Topic)
"""The subjects of graph rules."""

type Fixes = list[tuple[Finding, Fix]]
"""Findings with what repairs them, not turned into edits of text yet."""


@uncollected()
def check_graph(
    facts: Sequence[Fact], rules: Sequence[Rule], config: Config, *, fixes: Fixes | None = None
) -> tuple[ServiceGraph, list[Finding]]:
    """Build the service graph of *facts* and return it with what *rules* find in it; see `run_rules` for *fixes*."""
    findings: list[Finding] = []
    try:
        graph = build_graph(facts)
    except Exception as error:  # noqa: BLE001 - single documents were checked all the same
        graph = ServiceGraph()
        findings.append(crash(error, Location("", region=Region.point(1, 1))))
    findings.extend(run_rules(graph, rules, config, fixes=fixes))
    return graph, findings


def run_rules(
    graph: ServiceGraph, rules: Iterable[Rule], config: Config, *, fixes: Fixes | None = None
) -> Iterator[Finding]:
    """Yield what those of *rules* that have a subject in *graph* find there; what repairs a finding is added to *fixes*."""
    owners = Owners(graph if any(layer.services for layer in config.layers) else ServiceGraph())
    for rule in rules:
        if config.may_run(rule.id):
            for subject in rule.subjects:
                if subject in GRAPH_SUBJECTS:
                    yield from _run(
                        rule, subject, graph, config, owners=owners, fixes=[] if fixes is None else fixes
                    )


def _run(
    rule: Rule, kind: type[Any], graph: ServiceGraph, config: Config, *, owners: "Owners", fixes: Fixes
) -> Iterator[Finding]:
    place = Location("", region=Region.point(1, 1))
    for subject in _subjects(graph, kind):
        services = _service_names(subject)
        try:
            if isinstance(subject, Element) and subject.evidence:
                place = subject.location
            setting = config.resolve(rule.id, path=place.path, services=services)
            if isinstance(subject, Element) and not setting.enabled:
                continue
            if rule.applies is not None and not rule.applies(subject):
                continue
            context = Context(
                options=setting.options, graph=graph, today=config.today, complete=config.is_complete
            )
            for problem in rule.check(subject, context):
                at = problem.at or place
                beside = owners.of((at, *(related.at for related in (*problem.related, *problem.flow))))
                finding = make_finding(config, rule, problem, at, services=(*services, *beside))
                if finding is not None:
                    if problem.fix is not None:
                        fixes.append((finding, problem.fix))
                    yield finding
        except Exception as error:  # noqa: BLE001 - a rule that crashes becomes a finding
            yield crash(error, place, rule)
            return


class Owners:
    """The services by where they are declared and where they use something, for what is configured by service."""

    def __init__(self, graph: ServiceGraph) -> None:
        self._known: dict[tuple[str, int], list[tuple[Pointer, tuple[str, ...]]]] = defaultdict(list)
        for service in graph.services:
            for evidence in service.evidence:
                self._add(evidence.at, service)
        for edge in graph.dependencies:
            for evidence in edge.evidence:
                self._add(evidence.at, edge.source)

    def _add(self, at: Location, service: Service) -> None:
        self._known[at.path, at.document].append((at.pointer, _service_names(service)))

    def of(self, places: Iterable[Location]) -> tuple[str, ...]:
        """Return the names of the services that *places* belong to: those that stand there, or nearest above."""
        found: set[str] = set()
        for at in places:
            above = [
                (len(pointer), names)
                for pointer, names in self._known.get((at.path, at.document), ())
                if at.pointer[: len(pointer)] == pointer
            ]
            nearest = max((depth for depth, _ in above), default=0)
            found.update(name for depth, names in above if depth == nearest for name in names)
        return tuple(sorted(found))


def _subjects(graph: ServiceGraph, subject: type[Any]) -> Sequence[Any]:
    found: dict[type[Any], Sequence[Any]] = {
        ServiceGraph: [graph],
        Service: graph.services,
        Dependency: graph.dependencies,
        Datastore: graph.datastores,
        Topic: graph.topics,
    }
    return found[subject]


def _service_names(subject: Any) -> tuple[str, ...]:
    if isinstance(subject, Service):
        return (subject.name, *sorted(subject.aliases))
    if isinstance(subject, Dependency):
        ends = (subject.source, subject.target)
        return tuple(
            name
            for end in ends
            for name in (_service_names(end) if isinstance(end, Service) else (end.name,))
        )
    return (subject.name,) if isinstance(subject, Element) else ()
