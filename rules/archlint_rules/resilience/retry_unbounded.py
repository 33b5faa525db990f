"""A retry that never gives up.

## Why is this bad?

While the other side is down, every caller keeps trying: requests pile up, and the traffic that waits for it keeps it down when it comes back. A message
that can never be processed blocks the ones behind it for ever.

## How to fix

Bound the retries (`maxRetries`), and let a circuit breaker or a dead letter topic take what is left. Dapr's default is to retry without end, so the bound
has to be written.
"""

from collections.abc import Iterator
from typing import Any

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.formats.kubernetes import Manifest

_DEFAULTS = ("Default", "DaprBuiltIn")
_RESILIENCY = """
apiVersion: dapr.io/v1alpha1
kind: Resiliency
metadata: {{name: policies}}
spec:
  policies:
    retries:
      {name}: {retry}
  targets:
    apps: {{stock: {{retry: patient}}}}
"""


def _with(retry: str, name: str = "patient") -> str:
    return _RESILIENCY.format(name=name, retry=retry)


@rule(
    id="retry-unbounded",
    category="resilience",
    severity=Severity.WARNING,
    subject=Manifest,
    since="0.1.0",
    references=(
        "https://docs.dapr.io/operations/resiliency/policies/retries/retries-overview/",
        "https://sre.google/sre-book/addressing-cascading-failures/",
    ),
    applies=lambda manifest: manifest.group == "dapr.io" and manifest.kind == "Resiliency",
    examples=(
        Bad(_with("{policy: constant, duration: 5s, maxRetries: -1}  # <- `patient` retries without end")),
        Bad(_with("{policy: exponential}  # <- `patient` retries without end"), "that is the default"),
        Bad(
            _with("{maxRetries: -1}  # <- `DefaultRetryPolicy`", "DefaultRetryPolicy"),
            "it holds for everything",
        ),
        Good(_with("{policy: constant, duration: 5s, maxRetries: 3}")),
        Good(_with("{policy: constant, maxRetries: 0}")),
        Good(_with('{maxRetries: "{{ .Values.retries }}"}'), "filled in when it is rendered"),
        Good(_with("{maxRetries: -1}", "unused"), "nothing uses it"),
    ),
)
def retry_unbounded(manifest: Manifest, context: Context) -> Iterator[Problem]:
    """Report Dapr's retry policies with `maxRetries` of -1 or none, where a target uses them or they are the default of all."""
    del context
    used = _used(manifest.get("spec", "targets"))
    for name, policy in manifest.mapping("spec", "policies", "retries").items():
        if not isinstance(policy, dict) or not (name in used or name.startswith(_DEFAULTS)):
            continue
        most = policy.get("maxRetries", -1)
        if str(most).strip() == "-1":
            keys = ("spec", "policies", "retries", name, *(("maxRetries",) if "maxRetries" in policy else ()))
            yield Problem(
                f"`{name}` retries without end",
                manifest.at(*keys),
                help="set `maxRetries` to a small number",
            )


def _used(targets: Any) -> set[str]:
    """Return the names of the retry policies that targets refer to, inbound and outbound."""
    found: set[str] = set()
    pending = [targets]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            if isinstance(value.get("retry"), str):
                found.add(value["retry"])
            pending.extend(value.values())
    return found
