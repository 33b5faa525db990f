"""Several services' databases on one server.

## Why is this bad?

The databases are apart, but one heavy query, one full disk or one upgrade hits all of them: a noisy neighbour, and one thing
to fail for everybody.

## How to fix

For small systems this is a fair trade, and the rule is off by default. Where services must not take each other down, give
them servers (or instances) of their own.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Related, ServiceGraph, Severity, rule
from archlint_rules.data import sharing

_COMPOSE = """
services:
  db: {{image: "mysql:8"}}
  orders:
    image: shop/orders
    environment:
      DATABASE_URL: mysql://db/orders
  stock:
    image: shop/stock
    environment:
      DATABASE_URL: mysql://{host}/stock
  other: {{image: "mysql:8"}}
"""


@rule(
    id="database-server-shared",
    category="data",
    severity=Severity.INFO,
    profile="all",
    subject=ServiceGraph,
    since="0.1.0",
    references=("https://microservices.io/patterns/data/database-per-service.html",),
    examples=(
        Bad(
            {
                "compose.yaml": """
                    services:
                      db: {image: "mysql:8"}
                      orders:
                        image: shop/orders
                        environment:
                          DATABASE_URL: mysql://db/orders  # <- `orders` and `stock` have databases on one server
                      stock:
                        image: shop/stock
                        environment:
                          DATABASE_URL: mysql://db/stock
                """
            }
        ),
        Good({"compose.yaml": _COMPOSE.format(host="other")}),
    ),
)
def database_server_shared(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report a server that holds databases of several services."""
    del context
    servers: dict[tuple[str, str], list[object]] = {}
    for store in graph.datastores:
        if store.kind == "db" and store.host and store.database != "?":
            servers.setdefault((store.scope, store.host), []).append(store)
    for (scope, host), stores in servers.items():
        for group in sharing.groups(graph, *stores):
            if len({edge.target.id for edge in group}) < 2:  # noqa: PLR2004
                continue
            names = sorted({edge.source.name for edge in group})
            first = min(group, key=lambda edge: edge.source.name)
            listed = ", ".join(f"`{name}`" for name in names[:-1]) + f" and `{names[-1]}`"
            yield Problem(
                f"{listed} have databases on one server, `{host}`",
                first.location,
                help="give a service its own server where it must not suffer from the others",
                related=tuple(
                    Related(f"`{edge.source.name}` uses it here", edge.location)
                    for edge in group
                    if edge is not first
                ),
                identity=("server", scope, host),
            )
