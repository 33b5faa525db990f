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


def test_what_scales_the_rollout_scales_the_workload() -> None:
    scaled = """
---
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: orders}
spec: {workloadRef: {kind: Deployment, name: orders}}
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: orders, namespace: shop}
spec: {scaleTargetRef: {apiVersion: argoproj.io/v1alpha1, kind: Rollout, name: orders}, minReplicaCount: 3}
"""
    text = deployment("orders").replace("  selector:", "  replicas: 0\n  selector:", 1)
    graph = graph_of({"a.yaml": text + scaled})
    assert Scaling(graph).of(graph.workloads[0]).least == 3


@pytest.mark.parametrize(
    ("namespace", "least"), [("{}", 2), ("{namespace: shop}", 2), ("{namespace: other}", 1)]
)
def test_a_scaler_is_of_its_namespace_where_both_name_one(namespace: str, least: int) -> None:
    scaler = _HPA.replace("SPEC", "minReplicas: 2, maxReplicas: 5")
    scaler = scaler.replace("{name: orders}", f"{{name: orders, {namespace[1:-1]}}}", 1)
    text = deployment("orders").replace("{name: orders}", "{name: orders, namespace: shop}", 1)
    graph = graph_of({"a.yaml": text + scaler})
    assert Scaling(graph).of(graph.workloads[0]).least == least
