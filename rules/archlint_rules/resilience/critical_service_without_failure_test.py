"""A service of the first tier whose failure nobody tries out.

## Why is this bad?

Timeouts, retries and fallbacks that never ran do not work: the first real failure is their first test, and everybody watches.

## How to fix

Write an experiment for the failure that matters most (a slow dependency, a killed pod), run it regularly, and name it under `resilienceTests` in the service's
manifest.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Location, Problem, Service, ServiceGraph, Severity, rule

_CHAOS = "chaos-mesh.org/"
_MANIFEST = """
apiVersion: archlint.dev/v1alpha1
kind: Service
entity: component:default/payments{marker}
tier: {tier}
{more}
"""
_EXPERIMENT = """
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: payments}
spec: {template: {metadata: {labels: {app: payments}}, spec: {containers: [{name: payments, image: "shop/payments:1"}]}}}
---
apiVersion: chaos-mesh.org/v1alpha1
kind: PodChaos
metadata: {name: kill}
spec: {action: pod-kill, mode: one, selector: {namespaces: [default], labelSelectors: {app: payments}}}
"""


def _manifest(tier: int, *, marker: str = "", more: str = "") -> str:
    return _MANIFEST.format(tier=tier, marker=marker, more=more)


@rule(
    id="critical-service-without-failure-test",
    category="resilience",
    severity=Severity.INFO,
    subject=ServiceGraph,
    since="0.1.0",
    profile="all",
    references=("https://principlesofchaos.org/", "https://chaos-mesh.org/docs/"),
    examples=(
        Bad(_manifest(1, marker="  # <- no experiment tries out what happens when `payments` fails")),
        Good(_manifest(1, more="resilienceTests: [chaos/payments.yaml]")),
        Good(_manifest(2), "not of the first tier"),
        Good(_manifest(1) + _EXPERIMENT),
    ),
)
def critical_service_without_failure_test(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report services of tier 1 that no experiment selects and whose manifest names no test."""
    del context
    tried: dict[str, list[dict[str, str]]] = {}
    for fact in graph.selects:
        labels = (fact.selector or {}).get("labelSelectors")
        if fact.kind.startswith(_CHAOS) and isinstance(labels, dict) and labels:
            namespaces = fact.selector.get("namespaces") if fact.selector else None
            names = [f"k8s:{name}" for name in namespaces] if isinstance(namespaces, list) else []
            for scope in names or [fact.scope]:
                tried.setdefault(scope, []).append({key: str(value) for key, value in labels.items()})
    for service in graph.services:
        if service.tier != 1 or service.extra.get("resilienceTests"):
            continue
        if any(
            labels.items() <= workload.labels.items()
            for workload in service.workloads
            for labels in tried.get(workload.scope, ())
        ):
            continue
        yield Problem(
            f"no experiment tries out what happens when `{service.name}` fails",
            _declared_at(service),
            help="write one, and name it under `resilienceTests` in the manifest",
            identity=("failure-test", service.id),
        )


def _declared_at(service: Service) -> Location:
    """Return where the tier is declared, which is the last thing that is known of a service."""
    declared = [item.at for item in service.evidence if item.extractor != "workload"]
    return declared[-1] if declared else service.location
