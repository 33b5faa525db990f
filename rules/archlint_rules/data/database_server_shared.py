"""Several services' databases on one server.

## Why is this bad?

The databases are apart, but one heavy query, one full disk or one upgrade hits all of them: a noisy neighbour, and one thing
to fail for everybody.

## How to fix

For small systems this is a fair trade, and the rule is off by default. Where services must not take each other down, give
them servers (or instances) of their own.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Datastore, Dependency, Good, Problem, ServiceGraph, Severity, rule
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
    """Report a server that holds databases of several services: once, even where several deployments say so."""
    del context
    servers: dict[tuple[str, str], list[Datastore]] = {}
    for store in graph.datastores:
        if store.kind == "db" and store.host and store.database != "?":
            servers.setdefault((store.scope, store.host), []).append(store)
    told: dict[tuple[str, ...], list[list[Dependency]]] = {}
    for stores in servers.values():
        for group in sharing.groups(graph, *stores):
            if len({edge.target.id for edge in group}) > 1:
                told.setdefault(sharing.names_of(group), []).append(group)
    for names, found in told.items():
        group = min(found, key=sharing.is_variant)
        first = min(group, key=lambda edge: edge.source.name)
        host = first.target.host if isinstance(first.target, Datastore) else ""
        yield Problem(
            f"{sharing.listed(group)} have databases on one server, `{host}`",
            first.location,
            help="give a service its own server where it must not suffer from the others",
            related=sharing.places(found, first),
            identity=("server", host, *names),
        )
