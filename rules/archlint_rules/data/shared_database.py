"""Two services that read and write one database.

## Why is this bad?

Whoever shares tables shares their schema: neither service can change it, be deployed, scaled or moved alone, and each can
break the other's data without a call that anybody could see, log or forbid.

## How to fix

Give the data to one service and let the other ask it, or feed the other from events. Where the two are really one service,
say so in the catalog. Different databases on one server are fine here.
"""

from collections.abc import Iterator

from archlint.api import (
    Bad,
    Confidence,
    Context,
    Datastore,
    Dependency,
    Good,
    Problem,
    ServiceGraph,
    Severity,
    rule,
)
from archlint_rules.data import sharing

_DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      containers:
        - name: {name}
          image: shop/{name}:1
          env:
            - name: DATABASE_URL
              value: {url}{marker}
"""
_DATABASE = """
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  template:
    metadata: {labels: {app: db}}
    spec:
      containers:
        - name: db
          image: postgres:17
---
apiVersion: v1
kind: Service
metadata: {name: db}
spec:
  selector: {app: db}
  ports: [{port: 5432}]
"""

_CODE = """
name: shop
services:
  db: {{image: "postgres:17"}}
  web:
    build: ./backend
    environment: {{DATABASE_URL: "postgres://db/shop"}}{marker}
  {other}:
    {code}
    {command}
    environment: {{DATABASE_URL: "postgres://db/shop"}}
"""


def _compose(other: str, code: str, command: str = "restart: always", marker: str = "") -> dict[str, str]:
    return {"compose.yaml": _CODE.format(other=other, code=code, command=command, marker=marker)}


def _deployment(name: str, url: str, marker: str = "") -> str:
    return _DEPLOYMENT.format(name=name, url=url, marker=marker)


@rule(
    id="shared-database",
    category="data",
    severity=Severity.ERROR,
    subject=ServiceGraph,
    since="0.1.0",
    references=("https://microservices.io/patterns/data/database-per-service.html",),
    examples=(
        Bad(
            {
                "db.yaml": _DATABASE,
                "billing.yaml": _deployment(
                    "billing",
                    "postgres://db/shop",
                    "  # <- `billing` and `orders` both use the database `shop`",
                ),
                "orders.yaml": _deployment("orders", "postgres://db/shop"),
            }
        ),
        Bad(
            _compose("zoo", "build: ./backend", marker="  # <- `web` and `zoo` both use the database `shop`"),
            "two services whose images are built alike",
        ),
        Bad(
            _compose(
                "worker", "build: ./worker", marker="  # <- `web` and `worker` both use the database `shop`"
            ),
            "a worker of other code",
        ),
        Good(
            _compose("background", "build: ./backend", "command: celery -A shop worker"),
            "a worker of the same code",
        ),
        Good(
            _compose("web-worker", "image: shop-web:latest"), "a worker of the image that the project builds"
        ),
        Good(
            {
                "db.yaml": _DATABASE,
                "billing.yaml": _deployment("billing", "postgres://db/billing"),
                "orders.yaml": _deployment("orders", "postgres://db/orders"),
            },
            "two databases on one server",
        ),
        Good(
            {
                "db.yaml": _DATABASE,
                "exporter.yaml": _deployment("postgres-exporter", "postgres://db/shop"),
                "orders.yaml": _deployment("orders", "postgres://db/shop"),
            },
            "an exporter only measures",
        ),
        Good(
            {
                "compose.yaml": """
                    services:
                      db: {image: "postgres:17"}
                      orders:
                        image: shop/orders
                        environment: {DATABASE_URL: "postgres://db/shop"}
                      pgadmin:
                        image: dpage/pgadmin4
                        environment: {DATABASE_URL: "postgres://db/shop"}
                """
            },
            "an admin UI is no service of the system",
        ),
    ),
)
def shared_database(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report a database that at least two services of the system use: once, even where several deployments say so."""
    del context
    told: dict[tuple[str, ...], list[list[Dependency]]] = {}
    for database in graph.datastores:
        if database.kind == "db" and database.database:
            for shared in sharing.groups(graph, database):
                told.setdefault(
                    (*sharing.names_of(shared), *(("?",) if database.database == "?" else ())), []
                ).append(shared)
    for names, found in told.items():
        group = min(found, key=sharing.is_variant)
        first = min(group, key=lambda edge: edge.source.name)
        store = first.target
        if not isinstance(store, Datastore):
            continue
        known = store.database != "?"
        where = f" on `{store.host}`" if store.host != store.database else ""
        what = f"the database `{store.database}`{where}" if known else "the database of one secret"
        both = "both" if len({edge.source.id for edge in group}) == 2 else "all"  # noqa: PLR2004
        yield Problem(
            f"{sharing.listed(group)} {both} use {what}",
            first.location,
            help="let one service own the data, and the others ask it or follow its events",
            related=sharing.places(found, first),
            confidence=Confidence.of(min(edge.confidence for edge in group)),
            identity=("shared-database", store.host, store.database, *names),
        )
