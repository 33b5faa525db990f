"""What replaces a legacy system works on the legacy system's datastore.

## Why is this bad?

The old data model lives on in the new service, and neither side can change it: the old system cannot be switched off before its tables are
free.

## How to fix

Give the new service a datastore of its own, and translate between the models at the border: by the old system's API, its events or change
data capture.
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
    Related,
    Service,
    Severity,
    rule,
)

_MANIFEST = """
apiVersion: archlint.dev/v1alpha1
kind: Service
entity: component:default/orders
migration: {{replaces: component:default/monolith{until}}}
data:
  - {{type: postgres, id: {store}, access: rw{owner}}}{marker}
"""
_COMPOSE = """
services:
  monolith:
    image: shop/monolith
    environment: {DATABASE_URL: "postgres://shop-db/shop"}
  orders:
    image: shop/orders
    environment:
      DATABASE_URL: postgres://shop-db/shop
  shop-db: {image: "postgres:17"}
"""


@rule(
    id="new-service-uses-legacy-store",
    category="networking",
    severity=Severity.WARNING,
    subject=Dependency,
    since="0.1.0",
    profile="strict",
    references=(
        "https://learn.microsoft.com/en-us/azure/architecture/patterns/anti-corruption-layer",
        "https://learn.microsoft.com/en-us/azure/architecture/patterns/strangler-fig",
    ),
    examples=(
        Bad(
            _MANIFEST.format(
                store="shop",
                until="",
                owner=", owner: component:default/monolith",
                marker="  # <- `orders` uses `shop` of `monolith`, which it replaces",
            )
        ),
        Bad(
            {
                "archlint-service.yaml": _MANIFEST.format(
                    store="orders-own", until=", until: 2999-01-01", owner="", marker=""
                ),
                "compose.yaml": _COMPOSE.replace(
                    "      DATABASE_URL: postgres://shop-db/shop",
                    "      DATABASE_URL: postgres://shop-db/shop  # <- `orders` uses `shop-db/shop` of `monolith`, which it replaces",
                ),
            },
            "for information only, until the date has passed",
        ),
        Good(_MANIFEST.format(store="orders", until="", owner="", marker="")),
        Good({"compose.yaml": _COMPOSE}, "nobody says that one replaces the other"),
    ),
)
def new_service_uses_legacy_store(edge: Dependency, context: Context) -> Iterator[Problem]:
    """Report the edges of a service to a datastore that what it replaces owns, or alone uses beside it."""
    store, source = edge.target, edge.source
    migration = source.extra.get("migration")
    replaces = migration.get("replaces") if isinstance(migration, dict) else None
    if (
        not isinstance(store, Datastore)
        or not isinstance(replaces, str)
        or store.kind in {"broker", "config"}
    ):
        return
    old = context.graph.named(replaces)
    if old is source:
        return
    theirs = None
    if not _is_owner(store.owner, replaces, old):
        theirs = _sole_other_user(store, edge, context) if old is not None and not store.owner else None
        if theirs is None or theirs.source is not old:
            return
    until = migration.get("until") if isinstance(migration, dict) else None
    transitional = isinstance(until, str) and context.today and until >= context.today
    name = old.name if old else replaces.rpartition("/")[2].rpartition(":")[2]
    yield Problem(
        f"`{source.name}` uses `{store.name}` of `{name}`, which it replaces",
        edge.location,
        help="give it a datastore of its own, and translate at the border",
        related=(Related(f"`{theirs.source.name}` uses it here", theirs.location),) if theirs else (),
        severity=Severity.INFO if transitional else None,
        confidence=Confidence.of(edge.confidence),
        identity=("legacy-store", edge.id),
    )


def _is_owner(owner: str, replaces: str, old: Service | None) -> bool:
    if not owner:
        return False
    if old is not None:
        return owner.lower() in {name.lower() for name in (old.name, *old.aliases)}
    return owner.lower() == replaces.lower()


def _sole_other_user(store: Datastore, edge: Dependency, context: Context) -> Dependency | None:
    others = [
        other
        for other in context.graph.incoming(store)
        if other.source is not edge.source and context.graph.together(other, edge)
    ]
    return others[0] if len(others) == 1 else None
