"""A disruption budget that allows no disruption.

## Why is this bad?

Draining a node waits for ever for a pod that may never be evicted: upgrades of the cluster stop, mostly at night, and somebody deletes the budget then.

## How to fix

Allow at least one pod to be away (`maxUnavailable: 1`), and run one more than is needed.
"""

from collections.abc import Iterator

from archlint.api import (
    Bad,
    Context,
    Good,
    Problem,
    Related,
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
        Good(_both("minAvailable: 2", pods=""), "nothing is known of the pods"),
    ),
)
def pdb_blocks_eviction(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report budgets of zero, and minimums as large as the smallest number of replicas."""
    del context
    scalers = {
        (fact.scope, fact.target): fact for fact in graph.selects if fact.kind == "HorizontalPodAutoscaler"
    }
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
        pods = [workload for workload in graph.workloads if _covers(budget, workload)]
        if not isinstance(least, int) or not pods:
            continue
        counts = [_least_replicas(workload, scalers) for workload in pods]
        if counts and all(count is not None and least >= count for count in counts):
            yield _problem(
                budget, f"`{budget.name}` wants {least} pods, and {counts[0]} are all there are", pods[0]
            )


def _problem(budget: SelectFact, message: str, workload: WorkloadFact | None = None) -> Problem:
    return Problem(
        message,
        budget.at,
        help="allow at least one pod to be away",
        related=(Related("the pods", workload.at),) if workload else (),
        identity=("pdb", budget.scope, budget.name),
    )


def _covers(budget: SelectFact, workload: WorkloadFact) -> bool:
    labels = (budget.selector or {}).get("matchLabels")
    return (
        budget.scope == workload.scope
        and isinstance(labels, dict)
        and bool(labels)
        and labels.items() <= workload.labels.items()
    )


def _least_replicas(
    workload: WorkloadFact, scalers: dict[tuple[str, tuple[str, str] | None], SelectFact]
) -> int | None:
    scaler = scalers.get((workload.scope, (workload.kind, workload.name)))
    if scaler is not None:
        value = scaler.spec.get("minReplicas", 1)
        return value if isinstance(value, int) else None
    return workload.replicas if workload.replicas is not None else 1
