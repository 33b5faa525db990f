"""Reduce: all facts to the service graph, and the rules over it."""

from collections.abc import Iterator, Sequence
from typing import Any

from archlint.config.model import Config
from archlint.engine.check import crash, make_finding
from archlint.findings.finding import Finding
from archlint.model.builder import build_graph
from archlint.model.facts import Fact
from archlint.model.graph import Datastore, Dependency, Element, Service, ServiceGraph, Topic
from archlint.rule.rule import Context, Rule
from archlint.source.location import Location, Region

GRAPH_SUBJECTS: tuple[type[Any], ...] = (ServiceGraph, Service, Dependency, Datastore, Topic)
"""The subjects of graph rules."""


def check_graph(
    facts: Sequence[Fact], rules: Sequence[Rule], config: Config
) -> tuple[ServiceGraph, list[Finding]]:
    """Build the service graph of *facts* and return it with what *rules* find in it."""
    findings: list[Finding] = []
    try:
        graph = build_graph(facts)
    except Exception as error:  # noqa: BLE001 - single documents were checked all the same
        graph = ServiceGraph()
        findings.append(crash(error, Location("", region=Region.point(1, 1))))
    for rule in rules:
        if config.may_run(rule.id):
            for subject in rule.subjects:
                if subject in GRAPH_SUBJECTS:
                    findings.extend(_run(rule, subject, graph, config))
    return graph, findings


def _run(rule: Rule, kind: type[Any], graph: ServiceGraph, config: Config) -> Iterator[Finding]:
    place = Location("", region=Region.point(1, 1))
    for subject in _subjects(graph, kind):
        services = _service_names(subject)
        try:
            if isinstance(subject, Element) and subject.evidence:
                place = subject.location
            setting = config.resolve(rule.id, path=place.path, services=services)
            if not setting.enabled or (rule.applies is not None and not rule.applies(subject)):
                continue
            context = Context(
                options=setting.options, graph=graph, today=config.today, complete=config.is_complete
            )
            for problem in rule.check(subject, context):
                finding = make_finding(config, rule, problem, problem.at or place, services=services)
                if finding is not None:
                    yield finding
        except Exception as error:  # noqa: BLE001 - a rule that crashes becomes a finding
            yield crash(error, place, rule)
            return


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
        return (subject.source.name, subject.target.name)
    return (subject.name,) if isinstance(subject, Element) else ()
