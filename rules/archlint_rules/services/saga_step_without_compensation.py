"""A saga that cannot be undone.

## Why is this bad?

When a later step fails, the earlier ones stay done: a booked flight without a trip. After the pivot there is no way back, so what stands behind it must
succeed in the end and cannot be compensated; and of two pivots the second one is not one.

## How to fix

Name the `compensation` of each compensable step, put these before the pivot, and make what follows it `retriable`.
"""

from collections.abc import Iterator
from typing import Any

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.formats.manifest import ServiceManifest

_MANIFEST = """
apiVersion: archlint.dev/v1alpha1
kind: Service
entity: component:default/orders
sagas:
  - saga: place-order
    steps:
"""


def _manifest(*steps: str) -> str:
    return _MANIFEST + "".join(f"      - {step}\n" for step in steps)


_RESERVE = "{participant: stock, step: compensable, compensation: release}"
_PAY = "{participant: payments, step: pivot}"


@rule(
    id="saga-step-without-compensation",
    category="services",
    severity=Severity.WARNING,
    subject=ServiceManifest,
    since="0.1.0",
    references=("https://learn.microsoft.com/en-us/azure/architecture/patterns/saga",),
    examples=(
        Bad(
            _manifest(
                "{participant: stock, step: compensable}  # <- step 1 of `place-order` has no compensation",
                _PAY,
            )
        ),
        Bad(
            _manifest(
                _PAY, f"{_RESERVE}  # <- step 2 of `place-order` is compensable and stands after the pivot"
            )
        ),
        Bad(_manifest(_RESERVE, _PAY, f"{_PAY}  # <- step 3 of `place-order` is a second pivot")),
        Good(_manifest(_RESERVE, _PAY, "{participant: shipping, step: retriable}")),
    ),
)
def saga_step_without_compensation(manifest: ServiceManifest, context: Context) -> Iterator[Problem]:
    """Report the steps of declared sagas that stand in the way of undoing it."""
    del context
    for index, saga in manifest.entries("sagas"):
        steps = saga.get("steps")
        pivot = False
        for number, step in enumerate(steps if isinstance(steps, list) else []):
            text = _fault(step, pivot=pivot) if isinstance(step, dict) else ""
            pivot = pivot or (isinstance(step, dict) and step.get("step") == "pivot")
            if text:
                yield Problem(
                    f"step {number + 1} of `{saga.get('saga', '')}` {text}",
                    manifest.at("sagas", index, "steps", number),
                    help="compensable steps stand before the pivot and name their `compensation`",
                )


def _fault(step: dict[str, Any], *, pivot: bool) -> str:
    kind = step.get("step")
    if kind == "pivot" and pivot:
        return "is a second pivot"
    if kind == "compensable" and pivot:
        return "is compensable and stands after the pivot"
    return "has no compensation" if kind == "compensable" and not step.get("compensation") else ""
