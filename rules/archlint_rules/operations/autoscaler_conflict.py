"""Two autoscalers for one workload.

## Why is this bad?

Each undoes what the other did: the number of pods swings, and nobody can tell why.

## How to fix

Keep one. KEDA makes its own HorizontalPodAutoscaler; to let it take over an existing one, annotate the ScaledObject accordingly.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Related, SelectFact, ServiceGraph, Severity, rule

_HPA = """
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {name}{marker}
spec:
  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: {target}}}
  maxReplicas: 5
"""


@rule(
    id="autoscaler-conflict",
    category="operations",
    severity=Severity.ERROR,
    subject=ServiceGraph,
    since="0.1.0",
    references=("https://keda.sh/docs/latest/concepts/admission-webhooks/",),
    examples=(
        Bad(
            {
                "a.yaml": _HPA.format(name="one", target="orders", marker=""),
                "b.yaml": _HPA.format(
                    name="two", target="orders", marker="  # <- `two` and `one` both scale `orders`"
                ),
            }
        ),
        Good(
            {
                "a.yaml": _HPA.format(name="one", target="orders", marker=""),
                "b.yaml": _HPA.format(name="two", target="stock", marker=""),
            }
        ),
        Good(
            {
                "base/a.yaml": _HPA.format(name="one", target="orders", marker=""),
                "prod/a.yaml": _HPA.format(name="one", target="orders", marker=""),
            },
            "the same autoscaler in two variants",
        ),
    ),
)
def autoscaler_conflict(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report different HorizontalPodAutoscalers and ScaledObjects with one target in one folder."""
    del context
    targets: dict[tuple[str, str, tuple[str, str]], list[SelectFact]] = {}
    for fact in graph.selects:
        if (
            fact.kind in {"HorizontalPodAutoscaler", "keda.sh/ScaledObject"}
            and fact.target
            and fact.target[1]
        ):
            folder = fact.at.path.rpartition("/")[0]
            targets.setdefault((folder, fact.scope, fact.target), []).append(fact)
    for (_, scope, target), scalers in targets.items():
        names = {(scaler.kind, scaler.name) for scaler in scalers}
        first = scalers[0]
        for scaler in scalers[1:]:
            if len(names) > 1 and (scaler.kind, scaler.name) != (first.kind, first.name):
                yield Problem(
                    f"`{scaler.name}` and `{first.name}` both scale `{target[1]}`",
                    scaler.at,
                    help="keep one of them",
                    related=(Related("the other one", first.at),),
                    identity=("autoscaler", scope, target[1], scaler.name),
                )
