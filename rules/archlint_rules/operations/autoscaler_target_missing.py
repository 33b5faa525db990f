"""An autoscaler or canary for a workload that does not exist.

## Why is this bad?

The autoscaler reports an error that nobody reads and scales nothing: the service keeps the replicas it started with, and falls over under the
first load that it was meant to grow with. A canary of a missing workload never releases anything.

## How to fix

Name the workload as it is called, with its `kind`, in the namespace of the autoscaler.
"""

from collections import defaultdict
from collections.abc import Iterator

from archlint.api import (
    Bad,
    Confidence,
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

_SCALERS = frozenset(("HorizontalPodAutoscaler", "keda.sh/ScaledObject", "flagger.app/Canary"))
_ROLLOUT = "argoproj.io/Rollout"
_KINDS = frozenset(("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Rollout"))  # fmt: skip
_UNKNOWN = ("{{", "${", "$(")
_DEPLOYMENT = """
apiVersion: apps/v1
kind: {kind}
metadata: {{name: {name}, namespace: {namespace}}}
spec: {{template: {{metadata: {{labels: {{app: orders}}}}, spec: {{containers: [{{name: orders, image: "shop/orders:1"}}]}}}}}}
"""
_HPA = """
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: orders{marker}
  namespace: shop
spec:
  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: {target}}}
  maxReplicas: 5
"""


def _both(
    target: str = "orders",
    marker: str = "",
    *,
    kind: str = "Deployment",
    namespace: str = "shop",
    scaler: str = _HPA,
) -> str:
    workload = _DEPLOYMENT.format(kind=kind, name="orders", namespace=namespace)
    return workload + scaler.format(marker=marker, target=target)


_SCALED = """
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: orders{marker}
  namespace: shop
spec: {{scaleTargetRef: {{name: {target}}}, triggers: []}}
"""


@rule(
    id="autoscaler-target-missing",
    category="operations",
    severity=Severity.ERROR,
    subject=ServiceGraph,
    since="0.1.0",
    profile="strict",
    references=(
        "https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/",
        "https://keda.sh/docs/latest/reference/scaledobject-spec/",
        "https://docs.flagger.app/usage/how-it-works",
    ),
    examples=(
        Bad(_both("order", "  # <- `orders` scales the Deployment `order`, which does not exist here")),
        Bad(
            _both(
                marker="  # <- `orders` scales the Deployment `orders`, which is a StatefulSet",
                kind="StatefulSet",
            )
        ),
        Bad(_both("order", "  # <- `orders` scales the Deployment `order`", scaler=_SCALED)),
        Good(_both()),
        Good(_both(scaler=_SCALED), "a ScaledObject means a Deployment where it says no kind"),
        Good(_both("'{{ .Release.Name }}-orders'"), "filled in when it is rendered"),
        Good(_HPA.format(marker="", target="order"), "nothing is known of the workloads there"),
        Good(
            _both().replace("kind: Deployment, name: orders", "kind: Cluster, name: orders"),
            "a resource of another kind may be scaled as well",
        ),
        Good(_both(namespace="default"), "kustomize may put the one into the namespace of the other"),
        Good(
            {
                "base/orders.yaml": _DEPLOYMENT.format(kind="Deployment", name="orders", namespace="shop"),
                "prod/scaling.yaml": _HPA.format(marker="", target="orders").lstrip("-\n"),
            },
            "the workload is in the base of an overlay",
        ),
        Good(
            """
            apiVersion: argoproj.io/v1alpha1
            kind: Rollout
            metadata: {name: orders, namespace: shop}
            spec: {workloadRef: {apiVersion: apps/v1, kind: Deployment, name: orders-template}}
            """
            + _both("orders")
            .replace(
                "apps/v1, kind: Deployment, name: orders}",
                "argoproj.io/v1alpha1, kind: Rollout, name: orders}",
            )
            .replace("\napiVersion: apps/v1", "\n---\napiVersion: apps/v1", 1)
            .replace(
                "kind: Deployment\nmetadata: {name: orders,",
                "kind: Deployment\nmetadata: {name: orders-template,",
            ),
            "a Rollout that takes its template from elsewhere",
        ),
    ),
)
def autoscaler_target_missing(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report targets that no workload in the repository fits, where others of the folder do or the scope is complete."""
    known = _Known(graph)
    for fact in graph.selects:
        if fact.kind not in _SCALERS or fact.target is None or fact.target[0] not in _KINDS:
            continue
        kind, name = fact.target
        if any(mark in name for mark in _UNKNOWN) or (fact.scope, kind, name) in known.exact:
            continue
        others = [workload for workload in known.named.get(name, ()) if workload.scope == fact.scope]
        complete = context.complete(fact.at.path)
        if others:
            message = f"`{fact.name}` scales the {kind} `{name}`, which is a {others[0].kind}"
        elif complete or (known.is_expected(fact) and name not in known.named):
            message = f"`{fact.name}` scales the {kind} `{name}`, which does not exist here"
        else:
            continue
        yield Problem(
            message,
            fact.at,
            help="name the workload with its kind, in the namespace of the autoscaler",
            related=tuple(Related(f"the {other.kind}", other.at) for other in others[:1]),
            confidence=Confidence.DECLARED if complete or others else Confidence.INFERRED,
            identity=("autoscaler-target", fact.scope, fact.kind, fact.name),
        )


class _Known:
    """The workloads by what autoscalers name."""

    def __init__(self, graph: ServiceGraph) -> None:
        self.exact = {(workload.scope, workload.kind, workload.name) for workload in graph.workloads}
        self.exact.update(
            (fact.scope, "Rollout", fact.name) for fact in graph.selects if fact.kind == _ROLLOUT
        )
        self.named: dict[str, list[WorkloadFact]] = defaultdict(list)
        for workload in graph.workloads:
            if workload.kind in _KINDS:
                self.named[workload.name].append(workload)
        self._folders = {
            (workload.at.path.rpartition("/")[0], workload.scope)
            for workload in graph.workloads
            if workload.kind in _KINDS
        }

    def is_expected(self, fact: SelectFact) -> bool:
        """Tell whether workloads of its namespace stand beside *fact*, so that one would expect its target there."""
        return (fact.at.path.rpartition("/")[0], fact.scope) in self._folders
