"""A canary that nobody watches.

## Why is this bad?

Traffic is shifted step by step and nothing looks at what happens: a bad release reaches everybody as surely as without steps, only later.

## How to fix

Add an analysis (error rate, latency) that aborts the rollout, or a manual gate where a person looks.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.formats.kubernetes import Manifest

_ROLLOUT = """
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {{name: orders}}
spec:
  strategy:
    canary:{marker}
      steps: [{steps}]
      {more}
"""


def _rollout(steps: str, marker: str = "", more: str = "maxSurge: 1") -> str:
    return _ROLLOUT.format(steps=steps, marker=marker, more=more)


@rule(
    id="progressive-delivery-without-analysis",
    category="operations",
    severity=Severity.WARNING,
    subject=Manifest,
    since="0.1.0",
    references=(
        "https://argo-rollouts.readthedocs.io/en/stable/features/analysis/",
        "https://docs.flagger.app/usage/how-it-works",
        "https://sre.google/workbook/canarying-releases/",
    ),
    applies=lambda manifest: (
        (manifest.group, manifest.kind) in {("argoproj.io", "Rollout"), ("flagger.app", "Canary")}
    ),
    examples=(
        Bad(
            _rollout(
                "{setWeight: 20}, {pause: {duration: 1m}}",
                "  # <- the canary of `orders` moves on without any analysis",
            )
        ),
        Bad(
            """
            apiVersion: flagger.app/v1beta1
            kind: Canary
            metadata: {name: orders}
            spec:
              skipAnalysis: true  # <- the canary of `orders` moves on without any analysis
            """
        ),
        Good(_rollout("{setWeight: 20}, {analysis: {templates: [{templateName: errors}]}}")),
        Good(_rollout("{setWeight: 20}", more="analysis: {templates: [{templateName: errors}]}")),
        Good(
            """
            apiVersion: argoproj.io/v1alpha1
            kind: Rollout
            metadata: {name: orders}
            spec: {strategy: {blueGreen: {activeService: orders, prePromotionAnalysis: {templates: [{templateName: a}]}}}}
            """
        ),
    ),
)
def progressive_delivery_without_analysis(manifest: Manifest, context: Context) -> Iterator[Problem]:
    """Report canaries with steps and no analysis (as info with a manual gate), and Flagger canaries that skip it."""
    del context
    message = f"the canary of `{manifest.name}` moves on without any analysis"
    advice = "add an analysis that aborts the rollout"
    if manifest.kind == "Canary":
        if manifest.get("spec", "skipAnalysis") is True:
            yield Problem(message, manifest.at("spec", "skipAnalysis"), help=advice)
        elif isinstance(manifest.get("spec", "analysis"), dict) and not manifest.items(
            "spec", "analysis", "metrics"
        ):
            yield Problem(message, manifest.at("spec", "analysis", on_key=True), help=advice)
        return
    canary = manifest.get("spec", "strategy", "canary")
    if (
        not isinstance(canary, dict)
        or not isinstance(canary.get("steps"), list)
        or "analysis" in canary
        or "analysisRunMetadata" in canary
    ):
        return
    steps = [step for step in canary["steps"] if isinstance(step, dict)]
    if not steps or any("analysis" in step or "experiment" in step for step in steps):
        return
    gated = any("pause" in step and not (step["pause"] or {}) for step in steps)
    at = manifest.at("spec", "strategy", "canary", on_key=True)
    yield Problem(message, at, help=advice, severity=Severity.INFO if gated else None)
