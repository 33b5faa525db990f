"""A service uses a datastore that another team or system owns.

## Why is this bad?

The owner cannot know who depends on its tables, and its promises end at its API. Whoever goes around it makes the tables an interface
that nobody maintains.

## How to fix

Ask the owner's API, or let the owner publish the data as a product (a read replica, events). Where the catalog is out of date, correct the
owner there.
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
    Severity,
    infrastructure_roles,
    rule,
)

_COMPOSE = """
services:
  orders-db: {image: "postgres:17"}
  billing:
    image: shop/billing
    environment:
      DATABASE_URL: postgres://orders-db/orders  # <- `billing` of `team-billing` uses `orders-db`, which `team-orders` owns
"""
_CATALOG = """
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {{name: billing}}
spec: {{type: service, lifecycle: production, owner: {owner}}}
---
apiVersion: backstage.io/v1alpha1
kind: Resource
metadata: {{name: orders-db}}
spec: {{type: database, owner: team-orders}}
"""


@rule(
    id="foreign-datastore-access",
    category="data",
    severity=Severity.ERROR,
    subject=Dependency,
    since="0.1.0",
    references=("https://microservices.io/patterns/data/database-per-service.html",),
    examples=(
        Bad({"compose.yaml": _COMPOSE, "catalog-info.yaml": _CATALOG.format(owner="team-billing")}),
        Good(
            {
                "compose.yaml": _COMPOSE.partition("  #")[0] + "\n",
                "catalog-info.yaml": _CATALOG.format(owner="team-orders"),
            },
            "the owner's own service",
        ),
    ),
)
def foreign_datastore_access(edge: Dependency, context: Context) -> Iterator[Problem]:
    """Report an edge to a datastore whose declared owner is not the service's."""
    del context
    store, service = edge.target, edge.source
    if not isinstance(store, Datastore) or edge.kind != "uses" or service.role in infrastructure_roles():
        return
    owners = (_bare(service.owner), _bare(store.owner))
    if not all(owners) or owners[0] == owners[1] or store.owner in {service.name, *service.aliases}:
        return
    said = next(
        (item for item in store.evidence if item.extractor in {"backstage", "manifest", "calm", "score"}),
        None,
    )
    shown = store.host or store.name
    yield Problem(
        f"`{service.name}` of `{owners[0]}` uses `{shown}`, which `{owners[1]}` owns",
        edge.location,
        help="ask the owner's API, or follow its events",
        related=(Related("the owner is declared here", said.at),) if said else (),
        confidence=Confidence.of(edge.confidence),
        identity=("foreign", edge.id),
    )


def _bare(owner: str) -> str:
    return owner.rpartition("/")[2].rpartition(":")[2].lower()
