"""Services that call each other in a circle.

## Why is this bad?

In a circle of synchronous calls every service needs every other one to answer. None can be started, deployed or understood
alone, one slow member stops all, and retries feed themselves.

## How to fix

Break the circle at its weakest edge: publish an event instead of calling back, move the shared part into a service of its own, or
merge what cannot be parted.
"""

from collections.abc import Iterator

from archlint.api import Bad, Confidence, Context, Good, Problem, Related, ServiceGraph, Severity, rule


@rule(
    id="sync-dependency-cycle",
    category="services",
    severity=Severity.ERROR,
    subject=ServiceGraph,
    since="0.1.0",
    references=("https://doi.org/10.1109/MS.2018.2141031",),
    examples=(
        Bad(
            {
                "compose.yaml": """
                    services:
                      orders:
                        image: shop/orders
                        environment:
                          PAYMENTS_URL: http://payments:8080  # <- `orders` → `payments` → `orders` is a circle
                      payments:
                        image: shop/payments
                        environment:
                          ORDERS_URL: http://orders:8080
                """
            }
        ),
        Good(
            {
                "compose.yaml": """
                    services:
                      orders:
                        image: shop/orders
                        environment: {PAYMENTS_URL: "http://payments:8080"}
                      payments:
                        image: shop/payments
                        depends_on: [orders]
                """
            },
            "the order of starting is no call",
        ),
        Good(
            {
                "compose.yaml": """
                    services:
                      gate: {image: kong}
                      orders: {image: shop/orders, environment: {API_URL: "http://gate:8000"}}
                      stock: {image: shop/stock}
                """,
                "kong.yml": """
                    _format_version: "3.0"
                    services:
                      - {name: orders, url: "http://orders:80", routes: [{paths: [/orders]}]}
                      - {name: stock, url: "http://stock:80", routes: [{paths: [/stock]}]}
                """,
            },
            "the gateway sends on to others what it is asked",
        ),
    ),
)
def sync_dependency_cycle(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report one shortest circle per group of services that call each other."""
    del context
    for cycle in graph.cycles():
        names = [edge.source.name for edge in cycle]
        yield Problem(
            " → ".join(f"`{name}`" for name in (*names, names[0])) + " is a circle of synchronous calls",
            cycle[0].location,
            help="replace the weakest of these calls by an event, or merge the services",
            flow=tuple(
                Related(f"`{edge.source.name}` calls `{edge.target.name}`", edge.location) for edge in cycle
            ),
            confidence=Confidence.of(min(edge.confidence for edge in cycle)),
            identity=("cycle", *sorted(edge.source.id for edge in cycle)),
        )
