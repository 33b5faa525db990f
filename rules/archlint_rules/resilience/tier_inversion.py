"""A critical service that cannot work without a less critical one.

## Why is this bad?

A service is no more available than what it calls and cannot do without. The tier of the callee, its on-call duty and its objectives, become those of the
caller.

## How to fix

Give the callee the tier of its most critical caller, or make the dependency soft with a fallback.
"""

from collections.abc import Iterator

from archlint.api import Bad, Confidence, Context, Dependency, Good, Problem, Service, Severity, rule

_MANIFESTS = """
apiVersion: archlint.dev/v1alpha1
kind: Service
entity: component:default/payments
tier: 1
dependsOn:
  - target: component:default/scoring{marker}
    criticality: {criticality}
---
apiVersion: archlint.dev/v1alpha1
kind: Service
entity: component:default/scoring
tier: {tier}
"""


@rule(
    id="tier-inversion",
    category="resilience",
    severity=Severity.WARNING,
    subject=Dependency,
    since="0.1.0",
    profile="strict",
    references=("https://queue.acm.org/detail.cfm?id=3096459",),
    examples=(
        Bad(
            _MANIFESTS.format(
                tier=3,
                criticality="hard",
                marker="  # <- `payments` of tier 1 cannot work without `scoring` of tier 3",
            )
        ),
        Good(_MANIFESTS.format(tier=1, criticality="hard", marker="")),
        Good(_MANIFESTS.format(tier=3, criticality="soft", marker=""), "it can do without"),
    ),
)
def tier_inversion(edge: Dependency, context: Context) -> Iterator[Problem]:
    """Report hard synchronous dependencies on a service of a lower tier."""
    del context
    source, target = edge.source, edge.target
    if edge.kind != "calls" or edge.criticality != "hard" or not isinstance(target, Service):
        return
    if source.tier is not None and target.tier is not None and target.tier > source.tier:
        yield Problem(
            f"`{source.name}` of tier {source.tier} cannot work without `{target.name}` of tier {target.tier}",
            edge.location,
            help="raise the tier of the callee, or make the dependency soft",
            confidence=Confidence.of(edge.confidence),
            identity=("tier", edge.id),
        )
