"""A collector's pipeline names a component that is not defined.

## Why is this bad?

The collector does not start, and with it goes all telemetry that it was to pass on. A component that is defined and in no pipeline does nothing, which mostly means that
somebody believes it does.

## How to fix

Define the component, or correct its name: type, `/` and name have to be the same in both places.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.formats.otel_collector import CollectorConfig

_CONFIG = """
receivers:
  otlp: {{protocols: {{grpc: {{}}}}}}
processors:
  batch: {{}}
exporters:
  otlp/tempo: {{endpoint: "tempo:4317"}}
  {more}
connectors:
  spanmetrics: {{}}
service:
  pipelines:
    traces:
      receivers: [otlp]
      processors: [batch]
      exporters: [{exporter}, spanmetrics]
    metrics:
      receivers: [spanmetrics]
      exporters: [otlp/tempo]
"""


def _config(exporter: str = "otlp/tempo", more: str = "") -> dict[str, str]:
    return {"collector.yaml": _CONFIG.format(exporter=exporter, more=more)}


@rule(
    id="telemetry-pipeline-broken",
    category="observability",
    severity=Severity.ERROR,
    subject=CollectorConfig,
    since="0.1.0",
    profile="strict",
    references=("https://opentelemetry.io/docs/collector/configuration/",),
    applies=lambda config: config.is_whole,
    examples=(
        Bad(
            {
                "collector.yaml": _CONFIG.format(exporter="otlp/jaeger", more="").replace(
                    "spanmetrics]",
                    "spanmetrics]  # <- the exporter `otlp/jaeger` of the pipeline `traces` is not defined",
                    1,
                )
            }
        ),
        Bad(_config(more="debug: {}  # <- the exporter `debug` is defined and in no pipeline")),
        Good(_config(), "a connector is an exporter of one pipeline and a receiver of another"),
        Good(_config('"${env:EXPORTER}"'), "filled in when the collector starts"),
        Good(
            """
            exporters: {debug: {}}
            service: {pipelines: {traces: {receivers: [otlp], exporters: [otlp, debug]}}}
            """,
            "a part of a configuration that is split over files",
        ),
    ),
)
def telemetry_pipeline_broken(config: CollectorConfig, context: Context) -> Iterator[Problem]:
    """Report components that pipelines name and that are not defined, and as info those that are defined in vain."""
    del context
    used: dict[str, set[str]] = {"receivers": set(), "processors": set(), "exporters": set()}
    known = True
    for pipeline in config.pipelines:
        for part, names in used.items():
            sections = (part,) if part == "processors" else (part, "connectors")
            defined = config.defined(*sections)
            found = list(pipeline.names(part))
            known = known and len(found) == len(pipeline.items(part))
            for name, at in found:
                names.add(name)
                if name not in defined:
                    yield Problem(
                        f"the {part[:-1]} `{name}` of the pipeline `{pipeline.name}` is not defined",
                        at,
                        help=f"define it under `{part}`, or correct its name",
                    )
    for part, names in used.items() if known else ():
        for name in config.mapping(part):
            if name not in names:
                yield Problem(
                    f"the {part[:-1]} `{name}` is defined and in no pipeline",
                    config.at(part, name, on_key=True),
                    help="put it into a pipeline, or remove it",
                    severity=Severity.INFO,
                )
