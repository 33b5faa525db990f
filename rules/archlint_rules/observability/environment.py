"""What the environment of a service says of its telemetry."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from archlint.api import Configured, Service, ServiceGraph, WorkloadFact, infrastructure_roles, key_words

_ELSEWHERE = frozenset((
    "DEV", "DEVELOPMENT", "LOCAL", "TEST", "TESTS", "TESTING", "SANDBOX", "E2E", "CI", "INTEGRATION", "OVERRIDE", "BENCHMARK", "LOADTEST",
))  # fmt: skip


@dataclass(slots=True)
class Environment:
    """The settings of a workload's containers by upper-case names.

    `names` are all that are set, also to what is not known; `is_known` tells that nothing is taken from a source that is not here.
    """

    service: Service
    workload: WorkloadFact
    values: dict[str, Configured] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    is_known: bool = True

    def text(self, name: str) -> str:
        """Return the value of *name*, or an empty string."""
        found = self.values.get(name)
        return found.value.strip() if found is not None else ""

    @property
    def is_elsewhere(self) -> bool:
        """Whether it is not for production, as far as its path and namespace tell."""
        words = key_words(f"{self.workload.at.path} {self.workload.scope}").split("_")
        return not _ELSEWHERE.isdisjoint(words)


def environments(graph: ServiceGraph) -> Iterator[Environment]:
    """Yield the environments of the workloads of services of this system, but of what only looks after it."""
    found: dict[int, Environment] = {}
    for service in graph.services:
        if service.first_party and service.role not in infrastructure_roles():
            for workload in service.workloads:
                found[id(workload)] = Environment(service, workload)
    for setting in graph.settings:
        environment = found.get(id(setting.workload))
        if environment is not None and setting.key:
            environment.values.setdefault(key_words(setting.key), setting)
    for environment in found.values():
        for container in environment.workload.containers:
            for item in container.settings:
                if item.key:
                    environment.names.add(key_words(item.key))
                if item.source.endswith("#"):
                    environment.is_known = environment.is_known and item.source.startswith("configmap:")
        environment.names.update(environment.values)
        yield environment
