"""A retry that never gives up.

## Why is this bad?

While the other side is down, every caller keeps trying: requests pile up, and the traffic that waits for it keeps it down when it comes back. A message
that can never be processed blocks the ones behind it for ever.

## How to fix

Bound the retries (`maxRetries`, `maxAttempts`), and let a circuit breaker or a dead letter topic take what is left. Dapr's default is to retry without end,
so the bound has to be written.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.formats.kubernetes import Manifest
from archlint.formats.kubernetes.dapr_policies import retry_policies
from archlint.formats.spring import SpringConfig, instances

_AS_GOOD_AS_ENDLESS = 1_000
_SPRING = """
spring: {{application: {{name: orders}}}}
resilience4j:
  retry:
    instances:
      stock: {retry}
"""
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
    subject=(Manifest, SpringConfig),
    since="0.1.0",
    references=(
        "https://docs.dapr.io/operations/resiliency/policies/retries/retries-overview/",
        "https://resilience4j.readme.io/docs/retry",
        "https://sre.google/sre-book/addressing-cascading-failures/",
    ),
    applies=lambda subject: (
        isinstance(subject, SpringConfig) or (subject.group == "dapr.io" and subject.kind == "Resiliency")
    ),
    examples=(
        Bad(_with("{policy: constant, duration: 5s, maxRetries: -1}  # <- `patient` retries without end")),
        Bad(_with("{policy: exponential}  # <- `patient` retries without end"), "that is the default"),
        Bad(
            _with("{maxRetries: -1}  # <- `DefaultRetryPolicy`", "DefaultRetryPolicy"),
            "it holds for everything",
        ),
        Bad(_SPRING.format(retry="{maxAttempts: 2147483647}  # <- `stock` retries without end"), "Spring"),
        Good(_with("{policy: constant, duration: 5s, maxRetries: 3}")),
        Good(_with("{policy: constant, maxRetries: 0}")),
        Good(_with('{maxRetries: "{{ .Values.retries }}"}'), "filled in when it is rendered"),
        Good(_with("{maxRetries: -1}", "unused"), "nothing uses it"),
        Good(
            "spec:\n  policies:\n    retries:\n      DefaultRetryPolicy: {maxRetries: -1}\n",
            "a part of a file, which Dapr does not load",
        ),
        Good(_SPRING.format(retry="{max-attempts: 5}"), "Spring"),
        Good(_SPRING.format(retry="{wait-duration: 1s}"), "three attempts are the default of resilience4j"),
    ),
)
def retry_unbounded(subject: Manifest | SpringConfig, context: Context) -> Iterator[Problem]:
    """Report Dapr's retry policies with `maxRetries` of -1 or none, where a target uses them or they are the default of all, and resilience4j's of a thousand tries."""
    del context
    if isinstance(subject, SpringConfig):
        yield from _resilience4j(subject)
        return
    for policy in retry_policies(subject):
        if policy.retries == -1 and (policy.uses or policy.is_reserved):
            keys = (*policy.keys, *(("maxRetries",) if "maxRetries" in policy.data else ()))
            yield Problem(
                f"`{policy.name}` retries without end",
                subject.at(*keys),
                help="set `maxRetries` to a small number",
            )


def _resilience4j(config: SpringConfig) -> Iterator[Problem]:
    for retry in instances(config, "retry"):
        setting = retry.own_setting("maxattempts")
        if setting is not None and (retry.number("maxattempts") or 0) >= _AS_GOOD_AS_ENDLESS:
            yield Problem(
                f"`{retry.name}` retries without end",
                setting.at,
                help="set `maxAttempts` to a small number",
            )
