"""Which pods call which pods on which port: the edges of the graph, as policies of networks and meshes see them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from archlint.model.facts import EndpointFact, Port, SelectFact, WorkloadFact
from archlint.model.graph import Dependency, Evidence, ServiceGraph
from archlint.model.labels import is_unknown

CLUSTER = "k8s:"
UNSAID = "k8s:default"
"""The scope of what names no namespace, which is decided when it is applied."""


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """Pods of *source* connect to pods of *target*: `port` is the pods' own and `service_port` the one called, where known."""

    source: WorkloadFact
    target: WorkloadFact
    port: int | None = None
    service_port: int | None = None


class Pods:
    """The workloads of a graph by namespace and label."""

    def __init__(self, graph: ServiceGraph) -> None:
        self.graph = graph
        self._by_label: dict[tuple[str, str, str], list[WorkloadFact]] = defaultdict(list)
        self.by_scope: dict[str, list[WorkloadFact]] = defaultdict(list)
        for workload in graph.workloads:
            if workload.scope.startswith(CLUSTER):
                self.by_scope[workload.scope].append(workload)
                for key, value in workload.labels.items():
                    self._by_label[workload.scope, key, value].append(workload)

    def count(self, scope: str, label: tuple[str, str]) -> int:
        """Return how many workloads in *scope* have *label*."""
        return len(self._by_label.get((scope, *label), ()))

    def labelled(self, scope: str, labels: Sequence[tuple[str, str]]) -> list[WorkloadFact]:
        """Return the workloads in *scope* whose pods have all of *labels*, of which there must be one."""
        if not labels:
            return []
        least = min((self._by_label.get((scope, *pair), []) for pair in labels), key=len)
        return [
            workload for workload in least if all(workload.labels.get(key) == value for key, value in labels)
        ]

    def behind(self, endpoint: EndpointFact) -> list[WorkloadFact]:
        """Return the workloads that *endpoint* selects."""
        if not endpoint.selector or any(is_unknown(value) for value in endpoint.selector.values()):
            return []
        return [
            workload
            for workload in self.labelled(endpoint.scope, list(endpoint.selector.items()))
            if self.graph.variants.together(endpoint.at.path, workload.at.path)
        ]

    def reaches(self, edge: Dependency) -> Iterator[Reach]:
        """Yield who connects to whom on *edge*, each once."""
        known: set[tuple[int, int, int | None]] = set()
        for item in edge.evidence:
            if not item.endpoints:
                continue
            sources = list(self._sources(edge, item))
            for endpoint in item.endpoints:
                if not endpoint.scope.startswith(CLUSTER) or endpoint.external_name:
                    continue
                for target in self.behind(endpoint):
                    number, service_port = _port_of(endpoint, target, item)
                    for source in sources:
                        key = (id(source), id(target), number)
                        if key not in known and self.graph.variants.together(source.at.path, target.at.path):
                            known.add(key)
                            yield Reach(source, target, number, service_port)

    def _sources(self, edge: Dependency, item: Evidence) -> Iterator[WorkloadFact]:
        for workload in edge.source.workloads:
            if not workload.scope.startswith(CLUSTER) or (item.scopes and workload.scope not in item.scopes):
                continue
            if self.graph.variants.together(workload.at.path, item.at.path):
                yield workload


def _port_of(endpoint: EndpointFact, target: WorkloadFact, item: Evidence) -> tuple[int | None, int | None]:
    """Return the pods' port and the Service's that *item* means; a Service with one port has no other."""
    if endpoint.headless:
        return item.port, item.port
    called = [port for port in endpoint.ports if port.number == item.port and item.port is not None]
    if not called and item.port is None and len(endpoint.ports) == 1:
        called = list(endpoint.ports)
    if len(called) != 1:
        return None, item.port
    return number_of(called[0], target), called[0].number


def number_of(port: Port, target: WorkloadFact) -> int | None:
    """Return which of the pods' ports the Service's *port* leads to."""
    if not port.target:
        return port.number
    if port.target.isdecimal():
        return int(port.target)
    found = {
        own.number for container in target.containers for own in container.ports if own.name == port.target
    }
    return found.pop() if len(found) == 1 else None


def named(target: WorkloadFact, name: str) -> int | None:
    """Return the number of the port that the pods of *target* call *name*; `None` where they have none, or several."""
    found = {own.number for container in target.containers for own in container.ports if own.name == name}
    return found.pop() if len(found) == 1 else None


UNREADABLE: dict[str, Any] = {"matchLabels": {"{{ }}": "{{ }}"}}
"""A selector of which only rendering can say what it selects."""


def selector_of(policy: SelectFact) -> dict[str, Any]:
    """Return which pods *policy* is for; an empty selector means all."""
    if policy.selector:
        return policy.selector
    written = policy.spec.get("podSelector", policy.spec.get("selector"))
    if isinstance(written, dict) or (written is None and not any(map(is_unknown, policy.spec))):
        return {}
    return UNREADABLE
