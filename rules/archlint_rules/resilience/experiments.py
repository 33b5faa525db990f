"""Which workloads the experiments of Chaos Mesh choose."""

from collections import defaultdict
from collections.abc import Iterator

from archlint.api import SelectFact, ServiceGraph, WorkloadFact

CHAOS = "chaos-mesh.org/"
_OTHER_WAYS = (
    "expressionSelectors",
    "annotationSelectors",
    "fieldSelectors",
    "pods",
    "nodes",
    "nodeSelectors",
)
_UNKNOWN = ("{{", "${", "$(")


def labels_of(experiment: SelectFact) -> dict[str, str]:
    """Return the labels that *experiment* chooses by; empty where these are not known, or not all of it."""
    selector = experiment.selector or {}
    labels = selector.get("labelSelectors")
    if not isinstance(labels, dict) or any(selector.get(key) for key in _OTHER_WAYS):
        return {}
    found = {str(key): str(value) for key, value in labels.items()}
    return {} if any(mark in value for value in found.values() for mark in _UNKNOWN) else found


def scopes_of(experiment: SelectFact) -> list[str]:
    """Return the scopes that *experiment* looks into: the namespaces it names, else its own."""
    namespaces = (experiment.selector or {}).get("namespaces")
    names = [name for name in namespaces if isinstance(name, str)] if isinstance(namespaces, list) else []
    return [f"k8s:{name}" for name in names] or [experiment.scope]


class Targets:
    """Finds the workloads of experiments by the label that fewest of them have."""

    def __init__(self, graph: ServiceGraph) -> None:
        self._found: dict[tuple[str, str, str], list[WorkloadFact]] = defaultdict(list)
        for workload in graph.workloads:
            for key, value in workload.labels.items():
                self._found[workload.scope, key, value].append(workload)
        self._folders = {
            (workload.at.path.rpartition("/")[0], workload.scope) for workload in graph.workloads
        }

    def of(self, experiment: SelectFact) -> Iterator[WorkloadFact]:
        """Yield the workloads that *experiment* chooses by labels."""
        labels = labels_of(experiment)
        for scope in scopes_of(experiment) if labels else ():
            lists = [self._found.get((scope, key, value), []) for key, value in labels.items()]
            yield from (one for one in min(lists, key=len) if labels.items() <= one.labels.items())

    def are_near(self, experiment: SelectFact) -> bool:
        """Tell whether pods of all its scopes stand in the folder of *experiment*, so that one would expect those it chooses there."""
        folder = experiment.at.path.rpartition("/")[0]
        return all((folder, scope) in self._folders for scope in scopes_of(experiment))
