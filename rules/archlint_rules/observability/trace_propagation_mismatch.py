"""Two services that call each other do not speak the same trace headers.

## Why is this bad?

The callee does not understand what the caller sends, and starts a trace of its own: every request falls into pieces at this call, and nobody can follow it.

## How to fix

Use W3C Trace Context everywhere. On the way there, let services understand several formats (`OTEL_PROPAGATORS=tracecontext,baggage,b3`).
"""

from collections.abc import Iterator

from archlint.api import (
    Bad,
    Configured,
    Context,
    Dependency,
    Good,
    Problem,
    Related,
    ServiceGraph,
    Severity,
    rule,
)
from archlint.formats.kubernetes import Manifest
from archlint_rules.observability.environment import Environment, environments

_NAME = "OTEL_PROPAGATORS"
_DEFAULT = frozenset(("tracecontext",))
_SAME = {"b3multi": "b3"}
_NO_TRACE = frozenset(("baggage", "none", ""))
_ENABLED = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_TRACES_EXPORTER")
_SYSTEM = """
services:
  orders:
    image: shop/orders
    environment:
      STOCK_URL: http://stock:8080
      OTEL_PROPAGATORS: {caller}
  stock:
    image: shop/stock
    environment: {{{callee}}}
"""


def _system(caller: str, callee: str) -> dict[str, str]:
    return {"compose.yaml": _SYSTEM.format(caller=caller, callee=callee)}


@rule(
    id="trace-propagation-mismatch",
    category="observability",
    severity=Severity.WARNING,
    subject=(ServiceGraph, Manifest),
    since="0.1.0",
    profile="strict",
    references=(
        "https://www.w3.org/TR/trace-context/",
        "https://opentelemetry.io/docs/languages/sdk-configuration/general/",
        "https://istio.io/latest/docs/reference/config/telemetry/",
    ),
    applies=lambda subject: (
        not isinstance(subject, Manifest)
        or (subject.group, subject.kind) == ("telemetry.istio.io", "Telemetry")
    ),
    examples=(
        Bad(
            _system(
                "b3  # <- `orders` sends `b3`, and `stock` understands `tracecontext`",
                "OTEL_PROPAGATORS: 'tracecontext,baggage'",
            )
        ),
        Bad(
            _system(
                "xray  # <- `orders` sends `xray`, and `stock` understands `tracecontext`",
                "OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4317'",
            ),
            "what OpenTelemetry does where nothing is said",
        ),
        Bad(
            """
            apiVersion: telemetry.istio.io/v1
            kind: Telemetry
            metadata: {name: default, namespace: istio-system}
            spec:
              tracing:
                - disableContextPropagation: true  # <- `default` passes no trace headers on
            """
        ),
        Good(
            """
            apiVersion: telemetry.istio.io/v1
            kind: Telemetry
            metadata: {name: egress, namespace: istio-system}
            spec:
              selector: {matchLabels: {istio: egressgateway}}
              tracing: [{disableContextPropagation: true}]
            """,
            "headers are not to leave the mesh",
        ),
        Good(_system("b3,tracecontext", "OTEL_PROPAGATORS: 'tracecontext,baggage'")),
        Good(_system("b3multi", "OTEL_PROPAGATORS: b3"), "either form is understood"),
        Good(_system("b3", "PORT: '80'"), "nothing tells that the callee uses OpenTelemetry"),
        Good(_system("${PROPAGATORS}", "OTEL_PROPAGATORS: tracecontext"), "filled in when it is started"),
    ),
)
def trace_propagation_mismatch(subject: ServiceGraph | Manifest, context: Context) -> Iterator[Problem]:
    """Report calls between services without a common format of trace headers, and meshes or namespaces that pass none on."""
    del context
    if isinstance(subject, Manifest):
        if subject.get("spec", "selector") or subject.items("spec", "targetRefs"):
            return
        for index, entry in enumerate(subject.items("spec", "tracing")):
            if isinstance(entry, dict) and entry.get("disableContextPropagation") is True:
                yield Problem(
                    f"`{subject.name}` passes no trace headers on",
                    subject.at("spec", "tracing", index, "disableContextPropagation"),
                    help="let the mesh pass them on",
                )
        return
    known: dict[str, list[Environment]] = {}
    for environment in environments(subject):
        known.setdefault(environment.service.id, []).append(environment)
    for edge in subject.calls():
        yield from _broken(edge, subject, known)


def _broken(edge: Dependency, graph: ServiceGraph, known: dict[str, list[Environment]]) -> Iterator[Problem]:
    """Yield the first pair of deployments of the two ends of *edge* that have no format in common."""
    for caller in known.get(edge.source.id, ()):
        for callee in known.get(edge.target.id, ()):
            sent, understood = _formats(caller), _formats(callee)
            at = caller.values.get(_NAME) or callee.values.get(_NAME)
            if not sent or not understood or sent & understood or at is None:
                continue
            if not graph.variants.together(caller.workload.at.path, callee.workload.at.path):
                continue
            if (
                caller.workload.scope.startswith("compose:")
                and caller.workload.scope != callee.workload.scope
            ):
                continue
            yield Problem(
                f"`{edge.source.name}` sends {_shown(sent)}, and `{edge.target.name}` understands {_shown(understood)}",
                at.at,
                help="let both use `tracecontext`",
                related=_others(callee, at),
                identity=("propagation", edge.id),
            )
            return


def _formats(environment: Environment) -> frozenset[str]:
    """Return the formats of *environment*: what is written, or the default where OpenTelemetry is used; empty = not known."""
    if _NAME in environment.values:
        names = (name.strip().lower() for name in environment.text(_NAME).split(","))
        return frozenset(_SAME.get(name, name) for name in names) - _NO_TRACE
    if _NAME in environment.names or not environment.is_known:
        return frozenset()
    return _DEFAULT if any(environment.text(name) not in {"", "none"} for name in _ENABLED) else frozenset()


def _others(callee: Environment, at: Configured) -> tuple[Related, ...]:
    other = callee.values.get(_NAME)
    return (Related("the other side", other.at),) if other is not None and other is not at else ()


def _shown(formats: frozenset[str]) -> str:
    return " and ".join(f"`{name}`" for name in sorted(formats))
