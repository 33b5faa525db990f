"""How many copies of a workload run: what it says itself, and what scales it."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from archlint.model.facts import SelectFact, WorkloadFact
from archlint.model.graph import ServiceGraph
from archlint.model.reach import UNSAID

_HPA = "HorizontalPodAutoscaler"
_KEDA = "keda.sh/ScaledObject"
_ROLLOUT = "argoproj.io/Rollout"
_KEDA_LEAST = 0
_KEDA_MOST = 100


@dataclass(frozen=True, slots=True)
class Scale:
    """The least and the most copies of a workload, `None` = not known statically; `scaler` is what decides, `None` = the workload.

    `is_written` tells that the most is written down, rather than a tool's default.
    """

    least: int | None
    most: int | None
    scaler: SelectFact | None = None
    is_written: bool = True


class Scaling:
    """Finds how workloads of a graph are scaled."""

    def __init__(self, graph: ServiceGraph) -> None:
        self._variants = graph.variants
        self._scalers: dict[tuple[str, str], list[SelectFact]] = defaultdict(list)
        for fact in graph.selects:
            if fact.kind in {_HPA, _KEDA, _ROLLOUT} and fact.target:
                self._scalers[fact.target].append(fact)

    def of(self, workload: WorkloadFact) -> Scale:
        """Return how many copies of *workload* run in its deployment; one, where nothing is said (Kubernetes, compose).

        A Rollout that takes the pods of a Deployment runs them in its place, and may be scaled itself. Of several scalers (of
        development and of production) the one that keeps most copies counts.
        """
        fitting = list(self._fitting(workload, workload.kind))
        rollouts = [fact for fact in fitting if fact.kind == _ROLLOUT]
        over = (fact for rollout in rollouts for fact in self._fitting(rollout, "Rollout"))
        scaled = [_scaled(fact) for fact in (*fitting, *over) if fact.kind != _ROLLOUT]
        if scaled:
            return max(scaled, key=lambda scale: (scale.least is None, scale.least or 0))
        for rollout in rollouts:
            written = rollout.spec.get("replicas", 1)
            return Scale(_number(written), _number(written), rollout, is_written="replicas" in rollout.spec)
        if workload.replicas is None and "replicas" in workload.extra:
            return Scale(None, None)
        count = 1 if workload.replicas is None else workload.replicas
        return Scale(count, count, is_written=workload.replicas is not None)

    def _fitting(self, scaled: WorkloadFact | SelectFact, kind: str) -> Iterator[SelectFact]:
        """Yield what targets *scaled*: in its namespace, or where one of the two names none."""
        for fact in self._scalers.get((kind, scaled.name), ()):
            if (
                fact.scope == scaled.scope or UNSAID in {fact.scope, scaled.scope}
            ) and self._variants.together(scaled.at.path, fact.at.path):
                yield fact


def _scaled(scaler: SelectFact) -> Scale:
    if scaler.kind == _HPA:
        most = scaler.spec.get("maxReplicas")
        return Scale(_number(scaler.spec.get("minReplicas", 1)), _number(most), scaler)
    written = "maxReplicaCount" in scaler.spec
    return Scale(
        _number(scaler.spec.get("minReplicaCount", _KEDA_LEAST)),
        _number(scaler.spec.get("maxReplicaCount", _KEDA_MOST)),
        scaler,
        is_written=written,
    )


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
