"""Telemetry that does not say which service it is of.

## Why is this bad?

Without a name, OpenTelemetry calls every service `unknown_service`: traces of different services look like those of one, and nobody finds any. Two services of one name
add up to numbers that belong to neither.

## How to fix

Set `OTEL_SERVICE_NAME` to a name of its own for every service.
"""

from collections.abc import Iterator

from archlint.api import (
    Bad,
    Confidence,
    Configured,
    Context,
    Good,
    Problem,
    Related,
    Service,
    ServiceGraph,
    Severity,
    rule,
)
from archlint_rules.observability.environment import Environment, environments

_NAME = "OTEL_SERVICE_NAME"
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_OTHER_NAMES = frozenset(("SPRING_APPLICATION_NAME", "QUARKUS_APPLICATION_NAME", "MICRONAUT_APPLICATION_NAME", "DD_SERVICE", "OTEL_CONFIG_FILE", "OTEL_EXPERIMENTAL_CONFIG_FILE"))  # fmt: skip
_SYSTEM = """
services:
  orders:
    image: shop/orders
    environment: {{OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4317", OTEL_SERVICE_NAME: orders}}
  stock:
    image: shop/stock
    environment:
      OTEL_EXPORTER_OTLP_ENDPOINT: http://collector:4317{at_endpoint}
      {more}
"""


def _system(more: str = "PORT: 80", at_endpoint: str = "") -> dict[str, str]:
    return {"compose.yaml": _SYSTEM.format(more=more, at_endpoint=at_endpoint)}


@rule(
    id="service-name-resource-missing",
    category="observability",
    severity=Severity.WARNING,
    subject=ServiceGraph,
    since="0.1.0",
    profile="strict",
    references=(
        "https://opentelemetry.io/docs/languages/sdk-configuration/general/",
        "https://opentelemetry.io/docs/specs/semconv/resource/#service",
    ),
    examples=(
        Bad(_system(at_endpoint="  # <- `stock` sends telemetry without a name of its own")),
        Bad(_system("OTEL_SERVICE_NAME: orders  # <- `stock` sends telemetry as `orders`, as `orders` does")),
        Good(_system("OTEL_SERVICE_NAME: stock")),
        Good(_system("OTEL_RESOURCE_ATTRIBUTES: service.name=stock,service.namespace=shop")),
        Good(_system("SPRING_APPLICATION_NAME: stock"), "Spring tells it to OpenTelemetry"),
        Good(_system("OTEL_SERVICE_NAME: ${STOCK_NAME}"), "filled in when it is started"),
        Good(
            """
            services:
              orders: {image: shop/orders, environment: {OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4317"}}
            """,
            "names may be set in code, where no service has one here",
        ),
        Good(
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: stock}
            spec:
              template:
                metadata: {annotations: {instrumentation.opentelemetry.io/inject-java: "true"}}
                spec: {containers: [{name: stock, image: shop/stock, env: [{name: OTEL_EXPORTER_OTLP_ENDPOINT, value: "http://collector:4317"}]}]}
            """,
            "the operator sets the name",
        ),
    ),
)
def service_name_resource_missing(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report services without a name where others of their deployment have one, and those with the name of another."""
    del context
    found = list(environments(graph))
    named = {environment.workload.scope for environment in found if environment.text(_NAME)}
    first: dict[tuple[str, str], tuple[Service, Configured]] = {}
    for environment in found:
        service = environment.service
        name = environment.values.get(_NAME)
        if name is not None and name.value.strip():
            other, place = first.setdefault((environment.workload.scope, name.value.strip()), (service, name))
            if other is not service and graph.variants.together(name.at.path, place.at.path):
                yield Problem(
                    f"`{service.name}` sends telemetry as `{name.value.strip()}`, as `{other.name}` does",
                    name.at,
                    help="give every service a name of its own",
                    related=(Related(f"`{other.name}` has it from here", place.at),),
                    identity=("service-name", service.id, other.id),
                )
            continue
        endpoint = next((environment.values[key] for key in _ENDPOINTS if key in environment.values), None)
        if endpoint is not None and environment.workload.scope in named and _is_nameless(environment):
            yield Problem(
                f"`{service.name}` sends telemetry without a name of its own",
                endpoint.at,
                help=f"set `{_NAME}`",
                confidence=Confidence.INFERRED,
                identity=("service-name", service.id),
            )


def _is_nameless(environment: Environment) -> bool:
    """Tell whether nothing that is known, or that may be there unseen, names the service."""
    if not environment.is_known or _NAME in environment.names or environment.names & _OTHER_NAMES:
        return False
    if any("opentelemetry.io/inject" in key for key in environment.workload.annotations):
        return False
    attributes = "OTEL_RESOURCE_ATTRIBUTES"
    return attributes not in environment.names or (
        attributes in environment.values and "service.name=" not in environment.text(attributes)
    )
