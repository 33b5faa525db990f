"""Services of which no file tells what they depend on.

## Why is this bad?

Nothing that archlint read says whom these services call, which datastores they use, or which channels they send to and receive from. Rules over the
service graph cannot find anything there, and a clean report says nothing of them. Often the addresses are in code, or in configuration that only
exists where the service runs.

## How to fix

Give the service a manifest with its dependencies, put the addresses into its configuration, or, for a service that really depends on nothing, a manifest
with an empty `dependsOn`.
"""

from collections.abc import Iterator

from archlint.api import (
    Bad,
    Context,
    Good,
    Problem,
    Related,
    ServiceGraph,
    Severity,
    infrastructure_roles,
    rule,
)

_SHOWN = 5
_TWO = """
services:
  web:{marker}
    image: shop/web
    environment: {{THEME: dark}}
  stock: {{image: shop/stock, environment: {{DATABASE_URL: "postgres://db/stock"}}}}
  db: {{image: "postgres:17"}}
"""


@rule(
    id="service-unobserved",
    category="services",
    severity=Severity.INFO,
    profile="all",
    subject=ServiceGraph,
    since="0.1.0",
    references=("https://doi.org/10.1145/222124.222136",),
    examples=(
        Bad(_TWO.format(marker="  # <- no file tells what 1 of 2 services depends on: `web`")),
        Good(
            {
                "compose.yaml": _TWO.format(marker=""),
                "archlint-service.yaml": """
                    apiVersion: archlint.dev/v1alpha1
                    kind: Service
                    entity: component:default/web
                    dependsOn: []
                """,
            },
            "its manifest says that it depends on nothing",
        ),
        Good("services:\n  db: {image: 'postgres:17'}\n", "no service of one's own"),
    ),
)
def service_unobserved(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report the running services of one's own that have no dependency, no channel and no model of them."""
    del context
    own = [
        service
        for service in graph.services
        if service.workloads and service.first_party and service.role not in infrastructure_roles()
    ]
    dark = [
        service for service in own if not (service.declared or service.channels or graph.outgoing(service))
    ]
    if dark:
        names = ", ".join(f"`{service.name}`" for service in dark[:_SHOWN])
        more = f" and {len(dark) - _SHOWN} more" if len(dark) > _SHOWN else ""
        yield Problem(
            f"no file tells what {len(dark)} of {len(own)} services depend{'s' * (len(dark) == 1)} on: {names}{more}",
            dark[0].location,
            help="declare their dependencies in a manifest",
            related=tuple(Related(f"`{service.name}`", service.location) for service in dark[1:]),
            identity=("unobserved",),
        )
