"""An experiment that hits everything, or does not end.

## Why is this bad?

An experiment tests an assumption on few pods for a short time, and is stopped when the assumption fails. One without labels takes every pod of its namespace at
once, one without a duration goes on until somebody remembers it, and runs of a schedule that overlap add up: that is an outage, not an experiment.

## How to fix

Select by labels, start with `mode: one` or a percentage, set `duration`, and let `concurrencyPolicy` be `Forbid`.
"""

import re
from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.formats.kubernetes import Manifest, milliseconds
from archlint.formats.kubernetes.chaos import CHAOS, Experiment, experiments

_NARROWING = ("labelSelectors", "expressionSelectors", "annotationSelectors", "fieldSelectors", "pods", "nodes", "nodeSelectors", "podPhaseSelectors")  # fmt: skip
_ON_PODS = frozenset(("PodChaos", "NetworkChaos", "StressChaos", "IOChaos", "HTTPChaos", "DNSChaos", "TimeChaos", "JVMChaos", "KernelChaos"))  # fmt: skip
_MACROS = {"@hourly": 3_600_000, "@daily": 86_400_000, "@midnight": 86_400_000, "@weekly": 604_800_000, "@monthly": 2_419_200_000, "@yearly": 31_536_000_000, "@annually": 31_536_000_000}  # fmt: skip
_MINUTE = 60_000
_FIELDS = 5
_EXPERIMENT = """
apiVersion: chaos-mesh.org/v1alpha1
kind: {kind}
metadata: {{name: trouble, namespace: shop}}
spec:
  action: {action}
  mode: {mode}
  selector: {{{selector}}}{at_selector}
  {end}
"""
_SCHEDULE = """
apiVersion: chaos-mesh.org/v1alpha1
kind: Schedule
metadata: {{name: trouble, namespace: shop}}
spec:
  schedule: "{when}"
  concurrencyPolicy: {policy}
  type: NetworkChaos
  networkChaos: {{action: delay, mode: one, selector: {{labelSelectors: {{app: orders}}}}, duration: {duration}}}
"""
_WORKFLOW = """
apiVersion: chaos-mesh.org/v1alpha1
kind: Workflow
metadata: {name: game-day}
spec:
  entry: slow
  templates:
    - name: slow
      templateType: NetworkChaos
      deadline: 5m
      networkChaos: {action: delay, mode: one, selector: {labelSelectors: {app: orders}}}
"""


def _experiment(
    *,
    kind: str = "NetworkChaos",
    action: str = "delay",
    mode: str = "one",
    selector: str = "labelSelectors: {app: orders}",
    at_selector: str = "",
    end: str = "duration: 1m",
) -> str:
    return _EXPERIMENT.format(
        kind=kind, action=action, mode=mode, selector=selector, at_selector=at_selector, end=end
    )


def _schedule(when: str, policy: str, duration: str = "70s") -> str:
    return _SCHEDULE.format(when=when, policy=policy, duration=duration)


@rule(
    id="chaos-blast-radius-unbounded",
    category="resilience",
    severity=Severity.ERROR,
    subject=Manifest,
    since="0.1.0",
    profile="strict",
    references=(
        "https://principlesofchaos.org/",
        "https://chaos-mesh.org/docs/define-chaos-experiment-scope/",
        "https://chaos-mesh.org/docs/define-scheduling-rules/",
    ),
    applies=lambda manifest: manifest.group == CHAOS,
    examples=(
        Bad(
            _experiment(
                mode="all", selector="", at_selector="  # <- `trouble` hits every pod of its namespace"
            )
        ),
        Bad(
            _experiment(
                mode="fixed-percent\n  value: '100'",
                selector="",
                at_selector="  # <- `trouble` hits every pod of its namespace",
            )
        ),
        Bad(
            _experiment(end="delay: {latency: 10ms}").replace(
                "\nspec:", "\nspec:  # <- nothing ends the NetworkChaos `trouble`"
            )
        ),
        Bad(
            _experiment(kind="PodChaos", action="pod-failure", end="").replace(
                "\nspec:", "\nspec:  # <- nothing ends the PodChaos `trouble`"
            )
        ),
        Bad(_schedule("* * * * *", "Allow  # <- runs of `trouble` may overlap: each lasts 70s")),
        Good(_experiment()),
        Good(_experiment(mode="all"), "all pods of one application"),
        Good(_experiment(mode="all", selector="namespaces: [shop-test]"), "a namespace that is meant"),
        Good(_experiment(kind="PodChaos", action="pod-kill", end=""), "a pod is killed once"),
        Good(_schedule("* * * * *", "Forbid")),
        Good(_schedule("5 * * * *", "Allow"), "over long before the next"),
        Good(_schedule("@every 10m", "Allow"), "over long before the next"),
        Good(_WORKFLOW, "the deadline of the step ends it"),
        Good(_experiment(mode="'{{ .Values.mode }}'", selector=""), "filled in when it is rendered"),
    ),
)
def chaos_blast_radius_unbounded(manifest: Manifest, context: Context) -> Iterator[Problem]:
    """Report experiments on all pods of their namespace, without an end, and schedules whose runs may overlap."""
    del context
    found = list(experiments(manifest))
    for experiment in found:
        if experiment.kind not in _ON_PODS:
            continue
        if _hits_all(experiment):
            yield Problem(
                f"`{experiment.name}` hits every pod of its namespace",
                manifest.at(
                    *experiment.keys, "selector" if experiment.selector is not None else "mode", on_key=True
                ),
                help="select pods by labels",
            )
        if not experiment.is_bounded:
            yield Problem(
                f"nothing ends the {experiment.kind} `{experiment.name}`",
                manifest.at(*experiment.keys, on_key=True),
                help="set `duration`",
            )
    if manifest.kind == "Schedule" and manifest.get("spec", "concurrencyPolicy") == "Allow":
        for experiment in found:
            duration = experiment.spec.get("duration")
            length = milliseconds(duration) if isinstance(duration, str) else None
            apart = _apart(manifest.get("spec", "schedule"))
            if length is not None and apart is not None and length > apart:
                yield Problem(
                    f"runs of `{manifest.name}` may overlap: each lasts {duration}",
                    manifest.at("spec", "concurrencyPolicy"),
                    help="let `concurrencyPolicy` be `Forbid`",
                )


def _hits_all(experiment: Experiment) -> bool:
    """Tell whether all pods are meant, with nothing that tells which."""
    spec = experiment.spec
    share = str(spec.get("value", "")).strip().rstrip("%")
    if not (spec.get("mode") == "all" or (spec.get("mode") == "fixed-percent" and share == "100")):
        return False
    selector = experiment.selector or {}
    return "selector" not in spec or not any(selector.get(key) for key in (*_NARROWING, "namespaces"))


def _apart(schedule: object) -> float | None:
    """Return the least number of milliseconds between two runs, or `None`."""
    text = str(schedule).strip()
    if text.startswith("@every "):
        return milliseconds(text.removeprefix("@every ").strip())
    if text in _MACROS:
        return _MACROS[text]
    fields = text.split()
    if len(fields) != _FIELDS:
        return None
    step = re.fullmatch(r"\*(?:/(\d+))?", fields[0])
    if step is not None:
        return int(step[1] or 1) * _MINUTE
    return 60 * _MINUTE if fields[0].isdecimal() else None
