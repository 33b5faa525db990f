"""A service of the first tier whose failure nobody tries out.

## Why is this bad?

Timeouts, retries and fallbacks that never ran do not work: the first real failure is their first test, and everybody watches.

## How to fix

Write an experiment for the failure that matters most (a slow dependency, a killed pod), run it regularly, and name it under `resilienceTests` in the service's
manifest.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Location, Problem, Service, ServiceGraph, Severity, rule
from archlint_rules.resilience.experiments import CHAOS, Targets

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
    targets = Targets(graph)
    tried = {
        (workload.scope, workload.name)
        for fact in graph.selects
        if fact.kind.startswith(CHAOS)
        for workload in targets.of(fact)
    }
    for service in graph.services:
        if service.tier != 1 or service.extra.get("resilienceTests"):
            continue
        if any((workload.scope, workload.name) in tried for workload in service.workloads):
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
