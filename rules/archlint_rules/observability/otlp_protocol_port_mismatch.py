"""Telemetry is sent with one protocol to the port of the other.

## Why is this bad?

A collector takes gRPC on port 4317 and HTTP on port 4318. What comes to the other port is refused, the exporter says so in a log that nobody reads, and the service
looks as if it had no traffic.

## How to fix

Use the port of the protocol, or set the protocol of the port.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Location, Problem, ServiceGraph, Severity, regex, rule
from archlint.formats.otel_collector import CollectorConfig
from archlint_rules.observability.environment import Environment, environments

_PREFIX = "OTEL_EXPORTER_OTLP_"
_SIGNALS = ("", "TRACES_", "METRICS_", "LOGS_", "PROFILES_")
_PORT = regex(r":(?P<port>4317|4318)(?P<path>/[^\s]*)?\Z")
_OF_PORT = {"4317": "gRPC", "4318": "HTTP"}
_HTTP_PATHS = ("/v1/traces", "/v1/metrics", "/v1/logs")
_EXPORTERS = {"otlp": "gRPC", "otlp_grpc": "gRPC", "otlphttp": "HTTP", "otlp_http": "HTTP"}
_ENV = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: orders}}
spec:
  template:
    spec:
      containers:
        - name: orders
          image: shop/orders:1
          env:
            - name: OTEL_EXPORTER_OTLP_ENDPOINT
              value: {endpoint}
            - {{name: {name}, value: {protocol}}}
"""
_CONFIG = """
receivers: {{otlp: {{protocols: {{grpc: {{}}}}}}}}
exporters:
  {exporter}:
    endpoint: {endpoint}
service: {{pipelines: {{traces: {{receivers: [otlp], exporters: [{exporter}]}}}}}}
"""


def _env(endpoint: str, protocol: str, name: str = "OTEL_EXPORTER_OTLP_PROTOCOL") -> dict[str, str]:
    return {"orders.yaml": _ENV.format(endpoint=endpoint, protocol=protocol, name=name)}


@rule(
    id="otlp-protocol-port-mismatch",
    category="observability",
    severity=Severity.WARNING,
    subject=(ServiceGraph, CollectorConfig),
    since="0.1.0",
    references=(
        "https://opentelemetry.io/docs/specs/otel/protocol/exporter/",
        "https://opentelemetry.io/docs/languages/sdk-configuration/otlp-exporter/",
        "https://github.com/open-telemetry/opentelemetry-collector/blob/main/receiver/otlpreceiver/README.md",
    ),
    examples=(
        Bad(_env("http://collector:4318  # <- `orders` sends gRPC to port 4318, which takes HTTP", "grpc")),
        Bad(
            _env(
                "http://collector:4317  # <- `orders` sends HTTP to port 4317, which takes gRPC",
                "http/protobuf",
            )
        ),
        Bad(
            {
                "compose.yaml": """
                    services:
                      orders:
                        image: shop/orders
                        environment:
                          OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: http://collector:4317/v1/traces  # <- `orders` sends HTTP to port 4317
                      collector: {image: otel/opentelemetry-collector}
                """
            }
        ),
        Bad(
            {
                "collector.yaml": _CONFIG.format(
                    exporter="otlphttp",
                    endpoint='"http://tempo:4317"  # <- `otlphttp` sends HTTP to port 4317',
                )
            }
        ),
        Good(_env("http://collector:4317", "grpc")),
        Good(_env("http://collector:4318", "http/protobuf")),
        Good(
            _env("http://collector:4318", "orders", "OTEL_SERVICE_NAME"), "each language has its own default"
        ),
        Good(_env("https://otel.example.com", "grpc"), "a port of its own"),
        Good(_env("http://collector:4318", "'{{ .Values.protocol }}'"), "filled in when it is rendered"),
        Good({"collector.yaml": _CONFIG.format(exporter="otlp/tempo", endpoint="tempo:4317")}),
        Good({"collector.yaml": _CONFIG.format(exporter="otlphttp", endpoint='"http://tempo:4318"')}),
    ),
)
def otlp_protocol_port_mismatch(
    subject: ServiceGraph | CollectorConfig, context: Context
) -> Iterator[Problem]:
    """Report endpoints on the well-known port of the protocol that is not the written one, of services and of collectors."""
    del context
    if isinstance(subject, CollectorConfig):
        for name, exporter in subject.mapping("exporters").items():
            protocol = _EXPORTERS.get(name.partition("/")[0], "")
            endpoint = exporter.get("endpoint") if isinstance(exporter, dict) else None
            match = _PORT.search(endpoint) if isinstance(endpoint, str) else None
            if match is not None and protocol and protocol != _OF_PORT[match["port"]]:
                yield _problem(name, protocol, match["port"], subject.at("exporters", name, "endpoint"), ())
        return
    for environment in environments(subject):
        for signal in _SIGNALS:
            found = environment.values.get(f"{_PREFIX}{signal}ENDPOINT")
            match = _PORT.search(found.value.strip()) if found is not None else None
            if found is None or match is None:
                continue
            protocol = _protocol(environment, signal)
            if not protocol and match["path"] in _HTTP_PATHS and not _is_set(environment, signal):
                protocol = "HTTP"
            if protocol and protocol != _OF_PORT[match["port"]]:
                name = environment.service.name
                yield _problem(
                    name, protocol, match["port"], found.at, ("otlp", environment.service.id, found.key)
                )


def _protocol(environment: Environment, signal: str) -> str:
    """Return the protocol that is written for *signal*: its own, or that of all signals."""
    own = f"{_PREFIX}{signal}PROTOCOL"
    text = environment.text(own if own in environment.names else f"{_PREFIX}PROTOCOL").lower()
    return "gRPC" if text == "grpc" else "HTTP" if text in {"http/protobuf", "http/json", "http"} else ""


def _is_set(environment: Environment, signal: str) -> bool:
    return bool({f"{_PREFIX}{signal}PROTOCOL", f"{_PREFIX}PROTOCOL"} & environment.names)


def _problem(name: str, protocol: str, port: str, at: Location, identity: tuple[str, ...]) -> Problem:
    other = "4317" if protocol == "gRPC" else "4318"
    return Problem(
        f"`{name}` sends {protocol} to port {port}, which takes {_OF_PORT[port]}",
        at,
        help=f"use port {other}, or set the protocol of port {port}",
        identity=identity,
    )
