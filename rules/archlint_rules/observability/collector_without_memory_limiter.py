"""A pipeline of a collector that takes whatever comes.

## Why is this bad?

When the other end is slow, telemetry piles up in the collector until it is killed, and everything in it is lost: traces and logs go missing exactly when they are
needed. The memory limiter refuses data in time, so that senders keep it and try again. Behind another processor, it refuses what that one has already taken.

## How to fix

Put `memory_limiter` first in the processors of every pipeline.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, regex, rule
from archlint.formats.otel_collector import CollectorPipeline

_LIMITER = "memory_limiter"
_AGENT = regex(r"(?:^|[-_./])(?:agent|daemonset|sidecar|node)(?:[-_./]|$)")
_CONFIG = """
receivers: {{otlp: {{protocols: {{grpc: {{}}}}}}}}
processors:
  memory_limiter: {{check_interval: 1s, limit_percentage: 80}}
  batch: {{}}
exporters: {{otlp: {{endpoint: "tempo:4317"}}}}
service:
  pipelines:
    traces:
      receivers: [otlp]
      {processors}
      exporters: [otlp]
"""


def _config(processors: str, name: str = "collector.yaml") -> dict[str, str]:
    return {name: _CONFIG.format(processors=processors)}


@rule(
    id="collector-without-memory-limiter",
    category="observability",
    severity=Severity.WARNING,
    subject=CollectorPipeline,
    since="0.1.0",
    profile="strict",
    references=(
        "https://github.com/open-telemetry/opentelemetry-collector/blob/main/processor/memorylimiterprocessor/README.md",
        "https://github.com/open-telemetry/opentelemetry-collector/blob/main/processor/README.md",
    ),
    aggregate=True,
    applies=lambda pipeline: pipeline.config.is_whole,
    examples=(
        Bad(_config("processors: [batch]  # <- nothing limits the memory of the pipeline `traces`")),
        Bad(
            _config(
                "processors: [batch, memory_limiter]  # <- `memory_limiter` is not the first processor of the pipeline `traces`"
            )
        ),
        Bad(
            {
                "collector.yaml": _CONFIG.format(
                    processors="processors: []  # <- nothing limits the memory of the pipeline `traces`"
                )
            }
        ),
        Bad(
            """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: collector}
            data:
              relay: |
                receivers: {otlp: {protocols: {grpc: {}}}}
                processors: {batch: {}, memory_limiter: {}}
                exporters: {otlp: {endpoint: "tempo:4317"}}
                service:
                  pipelines:
                    traces:
                      receivers: [otlp]
                      processors: [batch, memory_limiter]  # <- `memory_limiter` is not the first processor
                      exporters: [otlp]
            """,
            "in a ConfigMap",
        ),
        Bad(
            {
                "collector.yaml": """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: collector}
            data:
              relay: |
                receivers: {otlp: {protocols: {grpc: {}}}}
                processors: {batch: {}, memory_limiter: {}}
                exporters: {otlp: {endpoint: "tempo:4317"}}
                service:
                  pipelines:
                    traces:
                      receivers: [otlp]
                      processors: [batch, memory_limiter]  # <- `memory_limiter` is not the first processor
                      exporters: [otlp]
            """,
                "kustomization.yaml": """
                    apiVersion: kustomize.config.k8s.io/v1beta1
                    kind: Kustomization
                    namespace: observability
                    resources: [collector.yaml]
                """,
            },
            "in a ConfigMap of a kustomization",
        ),
        Good(_config("processors: [memory_limiter, batch]")),
        Good(_config("processors: [memory_limiter/small, batch]"), "with a name of its own"),
        Good(_config('processors: ["${env:FIRST}", batch]'), "filled in when the collector starts"),
        Good(
            """
            service: {pipelines: {traces: {receivers: [otlp], processors: [batch], exporters: [otlp]}}}
            """,
            "a part of a configuration that is split over files",
        ),
    ),
)
def collector_without_memory_limiter(pipeline: CollectorPipeline, context: Context) -> Iterator[Problem]:
    """Report pipelines of whole configurations whose first processor does not limit memory; those of agents as info."""
    del context
    written = pipeline.items("processors")
    names = [name for name, _ in pipeline.names("processors")]
    if len(names) != len(written) or _LIMITER in {name.partition("/")[0] for name in names[:1]}:
        return
    if any(
        str(name).partition("/")[0] == _LIMITER for name in pipeline.config.items("service", "extensions")
    ):
        return
    late = any(name.partition("/")[0] == _LIMITER for name in names)
    message = (
        f"`{_LIMITER}` is not the first processor of the pipeline `{pipeline.name}`"
        if late
        else f"nothing limits the memory of the pipeline `{pipeline.name}`"
    )
    is_agent = bool(_AGENT.search(pipeline.document.path.lower()))
    yield Problem(
        message,
        pipeline.at("processors") if "processors" in pipeline.data else pipeline.at(on_key=True),
        help=f"put `{_LIMITER}` first",
        severity=Severity.INFO if is_agent else None,
    )
