"""Which Services and pods the monitors of Prometheus' operator choose."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from archlint.api import EndpointFact, SelectFact, ServiceGraph, WorkloadFact
from archlint.formats.kubernetes.monitors import MONITORING, chosen_scopes

SERVICE_MONITOR = f"{MONITORING}/ServiceMonitor"
POD_MONITOR = f"{MONITORING}/PodMonitor"
_UNKNOWN = ("{{", "${", "$(")
_UNSAID = "k8s:default"


def labels_of(monitor: SelectFact) -> dict[str, str] | None:
    """Return the labels that *monitor* chooses by; `None` where these are not known, or not all of it."""
    selector = monitor.selector
    if selector is None or selector.get("matchExpressions"):
        return None
    labels = selector.get("matchLabels", {})
    if not isinstance(labels, dict):
        return None
    found = {str(key): str(value) for key, value in labels.items()}
    return None if any(mark in value for value in found.values() for mark in _UNKNOWN) else found


class Chosen:
    """Finds what monitors choose, by an index of labels."""

    def __init__(self, graph: ServiceGraph) -> None:
        self._endpoints: dict[tuple[str, str, str], list[EndpointFact]] = defaultdict(list)
        self._workloads: dict[tuple[str, str, str], list[WorkloadFact]] = defaultdict(list)
        self._all: dict[str, list[Any]] = defaultdict(list)
        self._folders: set[tuple[str, str, str]] = set()
        for endpoint in graph.endpoints:
            for scope in (endpoint.scope, "*"):
                for key, value in endpoint.labels.items():
                    self._endpoints[scope, key, value].append(endpoint)
                self._all[f"endpoint {scope}"].append(endpoint)
                self._folders.add(("endpoint", scope, endpoint.at.path.rpartition("/")[0]))
        for workload in graph.workloads:
            for scope in (workload.scope, "*"):
                for key, value in workload.labels.items():
                    self._workloads[scope, key, value].append(workload)
                self._all[f"workload {scope}"].append(workload)
                self._folders.add(("workload", scope, workload.at.path.rpartition("/")[0]))

    def endpoints(self, monitor: SelectFact, labels: dict[str, str]) -> list[EndpointFact]:
        """Return the Services that *monitor* chooses by *labels*."""
        return list(self._of(monitor, labels, self._endpoints, "endpoint"))

    def workloads(self, monitor: SelectFact, labels: dict[str, str]) -> list[WorkloadFact]:
        """Return the workloads whose pods *monitor* chooses by *labels*."""
        return list(self._of(monitor, labels, self._workloads, "workload"))

    def are_near(self, monitor: SelectFact) -> bool:
        """Tell whether Services or pods of the namespaces that *monitor* looks into stand in its folder.

        In a chart that says little: others of its templates may not be readable without rendering.
        """
        folder = monitor.at.path.rpartition("/")[0]
        if folder.rpartition("/")[2] == "templates":
            return False
        kind = "endpoint" if monitor.kind == SERVICE_MONITOR else "workload"
        scopes = chosen_scopes(monitor.spec, monitor.scope) or ["*"]
        return any((kind, scope, folder) in self._folders for scope in scopes)

    def _of(
        self,
        monitor: SelectFact,
        labels: dict[str, str],
        index: dict[tuple[str, str, str], list[Any]],
        kind: str,
    ) -> Iterator[Any]:
        """Yield what fits in the namespaces; otherwise what names none, or anything for a monitor that names none itself."""
        scopes = chosen_scopes(monitor.spec, monitor.scope) or ["*"]
        for group in (scopes, ["*" if _UNSAID in scopes else _UNSAID]):
            fitting: list[Any] = []
            for scope in group:
                if labels:
                    lists = [index.get((scope, key, value), []) for key, value in labels.items()]
                    found = min(lists, key=len)
                else:
                    found = self._all.get(f"{kind} {scope}", [])
                fitting.extend(item for item in found if labels.items() <= item.labels.items())
            if fitting:
                yield from fitting
                return
