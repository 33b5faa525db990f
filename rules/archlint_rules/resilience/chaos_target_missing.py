"""An experiment on something that does not exist.

## Why is this bad?

The experiment runs, nothing breaks, and the result looks like resilience. What it was meant to test is untested.

## How to fix

Make labels and namespaces those of the pods that are meant, or remove the experiment with the service.
"""

from collections.abc import Iterator
from typing import Any

from archlint.api import (
    Bad,
    Confidence,
    Context,
    Good,
    Problem,
    ServiceGraph,
    Severity,
    rule,
)
from archlint_rules.resilience.experiments import CHAOS, Targets, labels_of

_ROUTES = "networking.istio.io/VirtualService"
_UNKNOWN = ("{{", "${", "$(")
_PODS = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: orders, namespace: shop}
spec: {template: {metadata: {labels: {app: orders}}, spec: {containers: [{name: orders, image: "shop/orders:1"}]}}}
"""
_EXPERIMENT = """
---
apiVersion: chaos-mesh.org/v1alpha1
kind: PodChaos
metadata: {{name: kill, namespace: {own}}}
spec:
  action: pod-kill
  mode: one
  selector: {{{selector}}}{marker}
"""


def _both(selector: str, marker: str = "", *, own: str = "shop", apart: bool = False) -> dict[str, str]:
    experiment = _EXPERIMENT.format(own=own, selector=selector, marker=marker)
    if apart:
        return {"orders.yaml": _PODS, "chaos/kill.yaml": experiment.lstrip("-\n")}
    return {"orders.yaml": _PODS + experiment}


@rule(
    id="chaos-target-missing",
    category="resilience",
    severity=Severity.WARNING,
    subject=ServiceGraph,
    since="0.1.0",
    profile="strict",
    references=(
        "https://chaos-mesh.org/docs/define-chaos-experiment-scope/",
        "https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPFaultInjection",
    ),
    examples=(
        Bad(_both("labelSelectors: {app: order}", "  # <- `kill` selects no pods (`app: order`)")),
        Bad(
            _both(
                "namespaces: [shop], labelSelectors: {app: orders, track: new}",
                "  # <- `kill` selects no pods (`app: orders, track: new`)",
                own="chaos",
            )
        ),
        Good(
            _both("namespaces: [stock], labelSelectors: {app: orders}"), "nothing is known of that namespace"
        ),
        Good(_both("labelSelectors: {app: orders}"), "without namespaces, its own is meant"),
        Good(_both("namespaces: [shop], labelSelectors: {app: orders}", own="chaos")),
        Good(_both("labelSelectors: {app: order}", apart=True), "pods may come from elsewhere"),
        Good(_both("labelSelectors: {app: '{{ .Values.app }}'}"), "filled in when it is rendered"),
        Good(_both("pods: {shop: [orders-0]}"), "selected by other means"),
    ),
)
def chaos_target_missing(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report experiments by labels that no pods of their namespaces have, and faults for hosts that do not exist.

    Only where the scope is complete or, for experiments, where pods of these namespaces stand in the same folder.
    """
    targets = Targets(graph)
    hosts: set[tuple[str, str]] | None = None
    for fact in graph.selects:
        complete = context.complete(fact.at.path)
        if fact.kind.startswith(CHAOS):
            labels = labels_of(fact)
            if not labels or any(targets.of(fact)) or not (complete or targets.are_near(fact)):
                continue
            shown = ", ".join(f"{key}: {value}" for key, value in labels.items())
            yield Problem(
                f"`{fact.name}` selects no pods (`{shown}`)",
                fact.at,
                help="make labels and namespaces those of the pods that are meant",
                confidence=Confidence.DECLARED if complete else Confidence.INFERRED,
                identity=("chaos-target", fact.scope, fact.kind, fact.name),
            )
        elif complete and fact.kind == _ROUTES:
            if hosts is None:
                hosts = {(end.scope, name) for end in graph.endpoints for name in end.hostnames}
            for host in _faulty(fact.spec):
                if not _exists(host, fact.scope, hosts):
                    yield Problem(
                        f"`{fact.name}` injects faults for `{host}`, which does not exist here",
                        fact.at,
                        help="correct the host, or remove the fault",
                        identity=("fault-target", fact.scope, fact.name, host),
                    )


def _faulty(spec: dict[str, Any]) -> Iterator[str]:
    """Yield the short names and names in the cluster that routes with faults lead to."""
    routes = spec.get("http")
    for route in routes if isinstance(routes, list) else ():
        if not isinstance(route, dict) or not isinstance(route.get("fault"), dict):
            continue
        entries = route.get("route")
        for entry in entries if isinstance(entries, list) else ():
            destination = entry.get("destination") if isinstance(entry, dict) else None
            host = destination.get("host") if isinstance(destination, dict) else None
            if isinstance(host, str) and not any(mark in host for mark in _UNKNOWN):
                yield host


def _exists(host: str, scope: str, hosts: set[tuple[str, str]]) -> bool:
    parts = host.removesuffix(".svc.cluster.local").removesuffix(".svc").split(".")
    if len(parts) == 1:
        return (scope, host) in hosts
    is_in_cluster = len(parts) == 2 and ".svc" in host  # noqa: PLR2004 - name and namespace
    return not is_in_cluster or (f"k8s:{parts[1]}", parts[0]) in hosts
