"""An objective that no tool can compute.

## Why is this bad?

A target of 100 % leaves no budget for errors, one of `99.9` as a share is never reached, and without an indicator nothing is measured. Tools
refuse such a file, or take it and never alert.

## How to fix

Write the target once, as `target` below 1 or as `targetPercent` below 100, say what is measured (`indicator` or `indicatorRef`), and give time
slices their own target and window.
"""

from collections.abc import Iterator
from math import isnan
from typing import Any

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.formats.openslo import Slo

_SLO = """
apiVersion: openslo/v1
kind: SLO
metadata: {{name: orders}}
spec:
  service: orders
  {indicator}
  timeWindow: [{{duration: 28d, isRolling: true}}]
  budgetingMethod: {method}
  objectives:
    - {target}
"""
_UPPER = {"target": 1, "targetPercent": 100}


def _slo(target: str, indicator: str = "indicatorRef: good", method: str = "Occurrences") -> str:
    return _SLO.format(target=target, indicator=indicator, method=method)


@rule(
    id="slo-invalid",
    category="observability",
    severity=Severity.ERROR,
    subject=Slo,
    since="0.1.0",
    references=("https://github.com/OpenSLO/OpenSLO#slo",),
    examples=(
        Bad(_slo("target: 99.9  # <- the target `99.9` of `orders` is not below 1")),
        Bad(_slo("target: 1  # <- the target `1` of `orders` is not below 1"), "no budget for errors"),
        Bad(_slo("target: -0.5  # <- the target `-0.5` of `orders` is below 0")),
        Bad(_slo("targetPercent: 100.0  # <- the target `100.0` of `orders` is not below 100")),
        Bad(
            _slo(
                "{target: 0.99, targetPercent: 99}  # <- `orders` states a target both as a share and in per cent"
            )
        ),
        Bad(_slo("displayName: fast  # <- `orders` states no target")),
        Bad(
            """
            apiVersion: openslo/v1
            kind: SLO
            metadata:
              name: orders  # <- `orders` does not say what it measures
            spec:
              service: orders
              budgetingMethod: Occurrences
              objectives: [{target: 0.99}]
            """
        ),
        Bad(
            _slo(
                "target: 0.99  # <- `orders` counts time slices without `timeSliceTarget` and `timeSliceWindow`",
                method="Timeslices",
            )
        ),
        Bad(
            _slo(
                "{target: 0.99, timeSliceWindow: 5m}  # <- `orders` counts time slices without `timeSliceTarget`",
                method="Timeslices",
            )
        ),
        Bad(
            _slo(
                "target: 0.99\n      timeSliceTarget: 95  # <- the target `95` of the time slices of `orders` is above 1\n      timeSliceWindow: 5m",
                method="Timeslices",
            )
        ),
        Bad(
            _slo(
                "target: 0.99  # <- `orders` counts time slices without `timeSliceWindow`",
                method="RatioTimeslices",
            )
        ),
        Bad(
            """
            apiVersion: openslo/v1alpha
            kind: SLO
            metadata: {name: orders}
            spec:
              service: orders
              budgetingMethod: Occurrences
              objectives:
                - ratioMetrics: {}
                  target: 99.5  # <- the target `99.5` of `orders` is not below 1
            """
        ),
        Good(_slo("target: 0.999")),
        Good(_slo("targetPercent: 99.9")),
        Good(_slo("target: 0"), "it says little, and is allowed"),
        Good(_slo("{target: 0.99, timeSliceTarget: 0.95, timeSliceWindow: 5m}", method="Timeslices")),
        Good(
            _slo("{target: 0.99, indicatorRef: good, compositeWeight: 1}", indicator="description: both"),
            "a composite has its indicators in the objectives",
        ),
        Good(_slo('target: "{{ .Values.target }}"'), "filled in when it is rendered"),
        Good(
            """
            apiVersion: openslo/v1alpha
            kind: SLO
            metadata: {name: orders}
            spec:
              service: orders
              budgetingMethod: Timeslices
              objectives: [{ratioMetrics: {}, target: 0.99, timeSliceTarget: 0.9}]
            """,
            "the first version has no windows of slices",
        ),
    ),
)
def slo_invalid(slo: Slo, context: Context) -> Iterator[Problem]:
    """Report targets outside their range, stated twice or not at all, time slices without theirs, and objectives of nothing."""
    del context
    is_first = slo.version == "v1alpha"
    if not is_first and slo.objectives and not _measures(slo):
        yield Problem(
            f"`{slo.name}` does not say what it measures",
            slo.at("metadata", "name"),
            help="add `indicator` or `indicatorRef`",
        )
    for objective in slo.objectives:
        if "target" in objective.data and "targetPercent" in objective.data:
            yield Problem(
                f"`{slo.name}` states a target both as a share and in per cent",
                objective.location,
                help="keep one of `target` and `targetPercent`",
            )
        elif not objective.key:
            yield Problem(f"`{slo.name}` states no target", objective.location, help="add `target`")
        for key, most in _UPPER.items():
            what = _outside(objective.data.get(key), most)
            if what:
                yield Problem(
                    f"the target `{objective.data[key]}` of `{slo.name}` is {what}",
                    objective.at(key),
                    help=f"`{key}` is from 0 to less than {most}",
                )
        needed = _needed(slo.method, is_first=is_first)
        missing = [key for key in needed if key not in objective.data]
        if missing:
            listed = " and ".join(f"`{key}`" for key in missing)
            yield Problem(
                f"`{slo.name}` counts time slices without {listed}", objective.location, help=f"add {listed}"
            )
        part = objective.data.get("timeSliceTarget")
        if _is_number(part) and not 0 <= part <= 1:
            what = "above 1" if part > 1 else "below 0"
            yield Problem(
                f"the target `{part}` of the time slices of `{slo.name}` is {what}",
                objective.at("timeSliceTarget"),
                help="`timeSliceTarget` is from 0 to 1",
            )


def _measures(slo: Slo) -> bool:
    spec = slo.mapping("spec")
    return bool(spec.get("indicator") or spec.get("indicatorRef")) or any(
        objective.has_indicator for objective in slo.objectives
    )


def _needed(method: str, *, is_first: bool) -> tuple[str, ...]:
    if method == "Timeslices":
        return ("timeSliceTarget",) if is_first else ("timeSliceTarget", "timeSliceWindow")
    return ("timeSliceWindow",) if method == "RatioTimeslices" else ()


def _outside(value: Any, most: int) -> str:
    if not _is_number(value):
        return ""
    return "below 0" if value < 0 else f"not below {most}" if value >= most else ""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and not isnan(value)
