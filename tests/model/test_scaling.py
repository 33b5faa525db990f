"""How many copies of a workload run."""

import pytest
from systems import deployment, graph_of

from archlint.api import Scaling

_HPA = """
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: orders}
spec: {scaleTargetRef: {kind: Deployment, name: orders}, SPEC}
"""
_SCALED = """
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: orders}
spec: {scaleTargetRef: {name: orders}, SPEC}
"""


@pytest.mark.parametrize(
    ("more", "least", "most", "written"),
    [
        ("", 1, 1, False),
        (_HPA.replace("SPEC", "minReplicas: 2, maxReplicas: 5"), 2, 5, True),
        (_HPA.replace("SPEC", "maxReplicas: 5"), 1, 5, True),
        (_HPA.replace("SPEC", "minReplicas: '{{ least }}', maxReplicas: 5"), None, 5, True),
        (_SCALED.replace("SPEC", "minReplicaCount: 1"), 1, 100, False),
        (_SCALED.replace("SPEC", "maxReplicaCount: 7"), 0, 7, True),
    ],
)
def test_what_scales_a_workload_decides(
    more: str, least: int | None, most: int | None, *, written: bool
) -> None:
    graph = graph_of({"a.yaml": deployment("orders") + more})
    scale = Scaling(graph).of(graph.workloads[0])
    assert (scale.least, scale.most, scale.is_written) == (least, most, written)


@pytest.mark.parametrize(("written", "least"), [("3", 3), ("0", 0), ("'{{ count }}'", None)])
def test_else_the_workload_says_it(written: str, least: int | None) -> None:
    text = deployment("orders").replace("  selector:", f"  replicas: {written}\n  selector:", 1)
    graph = graph_of({"a.yaml": text})
    assert Scaling(graph).of(graph.workloads[0]).least == least


def test_a_rollout_says_it_for_the_workload_whose_template_it_takes() -> None:
    rollout = """
---
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: orders}
spec: {replicas: 4, workloadRef: {kind: Deployment, name: orders}}
"""
    graph = graph_of({"a.yaml": deployment("orders") + rollout})
    assert Scaling(graph).of(graph.workloads[0]).least == 4
