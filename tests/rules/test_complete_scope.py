"""What is missing counts where the scope is declared complete, whatever stands beside it."""

from pathlib import Path
from textwrap import dedent

import pytest

from archlint.config.model import Config, Layer
from archlint.engine.pipeline import Request, run
from archlint.plugins.registry import Registry

_PODS = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: orders, namespace: shop}
spec: {template: {metadata: {labels: {app: orders}}, spec: {containers: [{name: orders, image: "shop/orders:1"}]}}}
---
apiVersion: v1
kind: Service
metadata: {name: orders, namespace: shop, labels: {app: orders}}
spec: {selector: {app: orders}, ports: [{name: http, port: 80}]}
"""
_CASES = {
    "autoscaler-target-missing": """
        apiVersion: autoscaling/v2
        kind: HorizontalPodAutoscaler
        metadata: {name: stock, namespace: shop}
        spec: {scaleTargetRef: {kind: Deployment, name: stock}, maxReplicas: 3}
        """,
    "chaos-target-missing": """
        apiVersion: chaos-mesh.org/v1alpha1
        kind: PodChaos
        metadata: {name: kill, namespace: chaos}
        spec: {action: pod-kill, mode: one, selector: {namespaces: [shop], labelSelectors: {app: stock}}}
        """,
    "monitor-selects-nothing": """
        apiVersion: monitoring.coreos.com/v1
        kind: ServiceMonitor
        metadata: {name: stock, namespace: shop}
        spec: {selector: {matchLabels: {app: stock}}, endpoints: [{port: http}]}
        """,
    "dangling-dependency": """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: settings, namespace: shop}
        data: {STOCK_URL: "http://stock.shop.svc.cluster.local"}
        """,
}
_FAULT = """
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: fault, namespace: shop}
    spec:
      hosts: [HOST]
      http: [{fault: {abort: {httpStatus: 500, percentage: {value: 1}}}, route: [{destination: {host: HOST}}]}]
    """


def _found(folder: Path, registry: Registry, rule: str, text: str, *, complete: bool) -> list[str]:
    (folder / "apart").mkdir(exist_ok=True)
    (folder / "pods.yaml").write_text(_PODS)
    (folder / "apart" / "it.yaml").write_text(dedent(text))
    config = Config(
        registry.rules,
        profile="all",
        layers=(Layer(select=(rule,)),),
        complete=("**",) if complete else (),
        today="2026-01-01",
    )
    report = run(Request(folder, registry, config, (str(folder),), cache=False)).report
    return [finding.message for finding in report.findings if finding.rule == rule]


@pytest.mark.parametrize("rule", _CASES)
def test_absence_counts_in_a_complete_scope_alone(tmp_path: Path, registry: Registry, rule: str) -> None:
    assert _found(tmp_path, registry, rule, _CASES[rule], complete=False) == []
    (message,) = _found(tmp_path, registry, rule, _CASES[rule], complete=True)
    assert "stock" in message


@pytest.mark.parametrize(
    ("host", "count"),
    [
        ("orders", 0),
        ("orders.shop.svc.cluster.local", 0),
        ("stock", 1),
        ("stock.shop.svc", 1),
        ("api.example.com", 0),
    ],
)
def test_faults_are_for_hosts_that_exist(tmp_path: Path, registry: Registry, host: str, count: int) -> None:
    text = _FAULT.replace("HOST", host)
    assert len(_found(tmp_path, registry, "chaos-target-missing", text, complete=True)) == count
    assert _found(tmp_path, registry, "chaos-target-missing", text, complete=False) == []
