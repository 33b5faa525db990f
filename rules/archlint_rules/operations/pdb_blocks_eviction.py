"""A disruption budget that allows no disruption.

## Why is this bad?

Draining a node waits for ever for a pod that may never be evicted: upgrades of the cluster stop, mostly at night, and somebody deletes the budget then.

## How to fix

Allow at least one pod to be away (`maxUnavailable: 1`), and run one more than is needed.
"""

from collections import defaultdict
from collections.abc import Iterator

from archlint.api import (
    Bad,
    Context,
    Good,
    Pods,
    Problem,
    Related,
    Scaling,
    SelectFact,
    ServiceGraph,
    Severity,
    WorkloadFact,
    rule,
)

_BUDGET = """
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: orders{marker}
spec:
  {limit}
  selector: {{matchLabels: {{app: orders}}}}
"""
_PODS = """
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: orders}
spec:
  replicas: 2
  template:
    metadata: {labels: {app: orders}}
    spec: {containers: [{name: orders, image: "shop/orders:1"}]}
"""
_SCALER = """
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: orders}
spec: {scaleTargetRef: {kind: Deployment, name: orders}, minReplicas: 5, maxReplicas: 7}
"""
_MOST_LOOKED_AT = 100
_COUNTED = frozenset(("Deployment", "StatefulSet", "ReplicaSet", "Rollout", "ReplicationController"))


def _both(limit: str, marker: str = "", pods: str = _PODS) -> dict[str, str]:
    return {"orders.yaml": _BUDGET.format(limit=limit, marker=marker) + pods}


@rule(
    id="pdb-blocks-eviction",
    category="operations",
    severity=Severity.WARNING,
    subject=ServiceGraph,
    since="0.1.0",
    references=("https://kubernetes.io/docs/concepts/workloads/pods/disruptions/",),
    examples=(
        Bad(_both("maxUnavailable: 0", "  # <- `orders` allows no pod to be away")),
        Bad(_both("minAvailable: 100%", "  # <- `orders` allows no pod to be away")),
        Bad(_both("minAvailable: 2", "  # <- `orders` wants 2 pods, and 2 are all there are")),
        Good(_both("maxUnavailable: 1")),
        Good(_both("minAvailable: 1")),
        Bad(
            {
                **_both(
                    "minAvailable: 1",
                    "  # <- `orders` wants 1 pod, and 1 is all there is",
                    _PODS.replace("  replicas: 2\n", ""),
                ),
                "large/orders.yaml": _BUDGET.format(limit="minAvailable: 3", marker="") + _PODS + _SCALER,
            },
            "every variant by itself",
        ),
        Good(_both("minAvailable: 2", pods=""), "nothing is known of the pods"),
        Good(
            _both(
                "minAvailable: 2", pods=_PODS + _PODS.replace("{name: orders}", "{name: orders-canary}", 1)
            ),
            "pods of two workloads",
        ),
        Good(
            _both("minAvailable: 1", pods=_PODS.replace("replicas: 2", 'replicas: "{{ .Values.replicas }}"')),
            "nobody knows how many",
        ),
    ),
)
def pdb_blocks_eviction(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report budgets of zero, and minimums as large as the smallest number of replicas."""
    del context
    scaling = Scaling(graph)
    pods = Pods(graph)
    for budget in graph.selects:
        if budget.kind != "PodDisruptionBudget":
            continue
        if (
            str(budget.spec.get("maxUnavailable")) in {"0", "0%"}
            or str(budget.spec.get("minAvailable")) == "100%"
        ):
            yield _problem(budget, f"`{budget.name}` allows no pod to be away")
            continue
        least = budget.spec.get("minAvailable")
        if not isinstance(least, int):
            continue
        covered = _covered(graph, budget, pods)
        count = _count(covered, scaling)
        if count is not None and least >= count:
            wanted = f"{least} pod" + "s" * (least != 1)
            there = "1 is all there is" if count == 1 else f"{count} are all there are"
            yield _problem(budget, f"`{budget.name}` wants {wanted}, and {there}", covered[0])


def _problem(budget: SelectFact, message: str, workload: WorkloadFact | None = None) -> Problem:
    return Problem(
        message,
        budget.at,
        help="allow at least one pod to be away",
        related=(Related("the pods", workload.at),) if workload else (),
        identity=("pdb", budget.scope, budget.name),
    )


def _covered(graph: ServiceGraph, budget: SelectFact, pods: Pods) -> list[WorkloadFact]:
    """Return the workloads that *budget* is for, in the variants that it belongs to."""
    labels = (budget.selector or {}).get("matchLabels")
    if not isinstance(labels, dict) or not labels:
        return []
    pairs = [(key, str(value)) for key, value in labels.items()]
    if min(pods.count(budget.scope, pair) for pair in pairs) > _MOST_LOOKED_AT:
        return []
    return [
        workload
        for workload in pods.labelled(budget.scope, pairs)
        if graph.variants.together(budget.at.path, workload.at.path)
    ]


def _count(covered: list[WorkloadFact], scaling: Scaling) -> int | None:
    """Return how many pods run at least in the largest variant; `None` where that is not known, or nothing keeps the number."""
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for workload in covered:
        least = scaling.of(workload).least if workload.kind in _COUNTED else None
        if not least:
            return None
        counts[workload.kind, workload.name] = max(counts[workload.kind, workload.name], least)
    return sum(counts.values()) or None
