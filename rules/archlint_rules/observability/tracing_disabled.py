"""Tracing is switched off.

## Why is this bad?

A trace is as long as its weakest link: behind a service that records nothing, nobody sees where a request spent its time or failed, and the trace of its callers ends
there.

## How to fix

Switch tracing on, and sample a share of the requests where all are too many.
"""

from collections.abc import Iterator
from typing import Any

from archlint.api import Bad, Context, Good, Problem, ServiceGraph, Severity, rule
from archlint.formats.kubernetes import Manifest
from archlint_rules.observability.environment import Environment, environments

_TELEMETRY = "telemetry.istio.io"
_ENV = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: orders, namespace: {namespace}}}
spec:
  template:
    spec:
      containers:
        - name: orders
          image: shop/orders:1
          env:
            - name: {name}
              value: {value}
"""
_MESH = """
apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata: {{name: default, namespace: {namespace}}}
spec:
  tracing:
    - {entry}
"""


def _env(name: str, value: str, namespace: str = "shop") -> dict[str, str]:
    return {"orders.yaml": _ENV.format(name=name, value=value, namespace=namespace)}


def _mesh(entry: str, namespace: str = "istio-system") -> dict[str, str]:
    return {"mesh.yaml": _MESH.format(entry=entry, namespace=namespace)}


@rule(
    id="tracing-disabled",
    category="observability",
    severity=Severity.WARNING,
    subject=(ServiceGraph, Manifest),
    since="0.1.0",
    profile="strict",
    references=(
        "https://opentelemetry.io/docs/languages/sdk-configuration/general/",
        "https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/",
        "https://istio.io/latest/docs/reference/config/telemetry/",
    ),
    applies=lambda subject: (
        not isinstance(subject, Manifest) or (subject.group, subject.kind) == (_TELEMETRY, "Telemetry")
    ),
    examples=(
        Bad(
            _env(
                "OTEL_SDK_DISABLED", '"true"  # <- `orders` records no traces (`OTEL_SDK_DISABLED` is `true`)'
            )
        ),
        Bad(
            _env(
                "OTEL_TRACES_EXPORTER",
                "none  # <- `orders` records no traces (`OTEL_TRACES_EXPORTER` is `none`)",
            )
        ),
        Bad(_env("OTEL_TRACES_SAMPLER", "always_off  # <- `orders` records no traces")),
        Bad(
            _mesh(
                "randomSamplingPercentage: 0  # <- `default` records no traces (`randomSamplingPercentage` is `0`)"
            )
        ),
        Bad(_mesh("disableSpanReporting: true  # <- `default` records no traces")),
        Good(_env("OTEL_SDK_DISABLED", '"false"')),
        Good(_env("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")),
        Good(_env("OTEL_SDK_DISABLED", "'{{ .Values.quiet }}'"), "filled in when it is rendered"),
        Good(_env("OTEL_SDK_DISABLED", '"true"', namespace="test"), "not in production"),
        Good(_mesh("randomSamplingPercentage: 1")),
        Good(_mesh("disableSpanReporting: true", namespace="dev"), "not in production"),
    ),
)
def tracing_disabled(subject: ServiceGraph | Manifest, context: Context) -> Iterator[Problem]:
    """Report variables of OpenTelemetry and resources of Istio that leave no trace, outside of what is for tests."""
    del context
    if isinstance(subject, Manifest):
        yield from _mesh_wide(subject)
        return
    for environment in environments(subject):
        found = None if environment.is_elsewhere else _switch(environment)
        if found:
            setting = environment.values[found]
            yield Problem(
                f"`{environment.service.name}` records no traces (`{found}` is `{setting.value}`)",
                setting.at,
                help="switch tracing on, and sample where all requests are too many",
                identity=("tracing", environment.service.id, found),
            )


def _switch(environment: Environment) -> str:
    """Return the variable that switches tracing off, or an empty string."""
    if environment.text("OTEL_SDK_DISABLED").lower() == "true":
        return "OTEL_SDK_DISABLED"
    if environment.text("OTEL_TRACES_EXPORTER").lower() == "none":
        return "OTEL_TRACES_EXPORTER"
    if environment.text("OTEL_TRACES_SAMPLER").lower() in {"always_off", "parentbased_always_off"}:
        return "OTEL_TRACES_SAMPLER"
    return ""


def _mesh_wide(manifest: Manifest) -> Iterator[Problem]:
    if any(word in manifest.namespace for word in ("dev", "test", "local", "sandbox")):
        return
    for index, entry in enumerate(manifest.items("spec", "tracing")):
        if not isinstance(entry, dict):
            continue
        key = _off(entry)
        if key:
            yield Problem(
                f"`{manifest.name}` records no traces (`{key}` is `{str(entry[key]).lower()}`)",
                manifest.at("spec", "tracing", index, key),
                help="switch tracing on, and sample where all requests are too many",
            )


def _off(entry: dict[str, Any]) -> str:
    if entry.get("disableSpanReporting") is True:
        return "disableSpanReporting"
    share = entry.get("randomSamplingPercentage")
    is_number = isinstance(share, int | float) and not isinstance(share, bool)
    return "randomSamplingPercentage" if is_number and share == 0 else ""
