"""A gateway or frontend works on a database itself.

## Why is this bad?

What faces users is attacked first, and holds the credentials of the data then. It also goes around the service that keeps the data consistent.

## How to fix

Ask the service that owns the data.
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
    Service,
    Severity,
    key_words,
    rule,
)

_EDGE_ROLES = frozenset(("gateway", "bff", "frontend", "web"))
_OWN = frozenset(("SESSION", "SESSIONS", "CACHE", "TOKEN", "TOKENS"))
_CATALOG = """
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {{name: shop-ui}}
spec: {{type: {kind}, lifecycle: production, owner: team-a}}
"""


def _compose(url: str, image: str = "postgres:17", more: str = "ORDERS_URL: http://orders:8080") -> str:
    return f"""
services:
  shop-ui:
    image: shop/ui
    environment:
      {more}
      STORE_URL: {url}
  orders: {{image: shop/orders, environment: {{DATABASE_URL: "postgres://orders-db/orders"}}}}
  orders-db: {{image: "{image}"}}
  session-db: {{image: "{image}"}}
  kong: {{image: "kong:3.8", environment: {{KONG_DATABASE_URL: "postgres://orders-db/kong"}}}}
"""


@rule(
    id="edge-tier-accesses-database",
    category="data",
    severity=Severity.WARNING,
    subject=Dependency,
    since="0.1.0",
    profile="strict",
    references=(
        "https://learn.microsoft.com/en-us/azure/architecture/guide/architecture-styles/n-tier",
        "https://learn.microsoft.com/en-us/azure/architecture/patterns/backends-for-frontends",
    ),
    examples=(
        Bad(
            {
                "catalog-info.yaml": _CATALOG.format(kind="website"),
                "compose.yaml": _compose(
                    "postgres://orders-db/orders  # <- `shop-ui` is a frontend and uses the database `orders-db/orders`"
                ),
            }
        ),
        Good(
            {
                "catalog-info.yaml": _CATALOG.format(kind="service"),
                "compose.yaml": _compose("postgres://orders-db/orders"),
            },
            "a service; and a gateway that keeps its own configuration",
        ),
        Good(
            {
                "catalog-info.yaml": _CATALOG.format(kind="website"),
                "compose.yaml": _compose("postgres://session-db/sessions"),
            },
            "sessions",
        ),
        Good(
            {
                "catalog-info.yaml": _CATALOG.format(kind="website"),
                "compose.yaml": _compose("redis://orders-db", image="redis:7"),
            },
            "a cache",
        ),
        Good(
            {
                "catalog-info.yaml": _CATALOG.format(kind="website"),
                "compose.yaml": _compose("postgres://orders-db/shop", more="LOG_LEVEL: info"),
            },
            "a monolith that renders its pages on the server has no other services",
        ),
    ),
)
def edge_tier_accesses_database(edge: Dependency, context: Context) -> Iterator[Problem]:
    """Report edges from gateways, backends for frontends and frontends of the system to databases."""
    store, source = edge.target, edge.source
    if not isinstance(store, Datastore) or store.kind != "db" or edge.kind != "uses":
        return
    if source.role not in _EDGE_ROLES or not source.first_party or _is_for_sessions(store):
        return
    if source.role in {"frontend", "web"} and not _has_services_behind(source, context):
        return
    yield Problem(
        f"`{source.name}` is a {source.role} and uses the database `{store.name}`",
        edge.location,
        help="ask the service that owns the data",
        confidence=Confidence.of(edge.confidence),
        identity=("edge-tier", edge.id),
    )


def _is_for_sessions(store: Datastore) -> bool:
    return any(_OWN & set(key_words(name).split("_")) for name in (store.name, store.host, store.database))


def _has_services_behind(source: Service, context: Context) -> bool:
    return any(
        edge.kind == "calls" and isinstance(edge.target, Service) and edge.target.first_party
        for edge in context.graph.outgoing(source)
    )
