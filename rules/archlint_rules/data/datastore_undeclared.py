"""A service uses a datastore that its declaration does not list.

## Why is this bad?

Backups, audits and deletions of personal data are planned by what is declared. A datastore that is not there is forgotten in all of them.

## How to fix

List the datastore with its owner (`data` of the archlint manifest, `dependsOn` of the catalog entry, `resources` of the Score workload), or stop
using it.
"""

from collections import defaultdict
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
    ServiceGraph,
    Severity,
    infrastructure_roles,
    rule,
)

_LEAST = 0.7
_WRITTEN_DOWN = frozenset(("backstage", "manifest", "score", "calm"))
_NOT_DATA = frozenset(("broker", "config", "telemetry"))
_MANIFEST = """
apiVersion: archlint.dev/v1alpha1
kind: Service
entity: component:default/orders
{more}
"""
_COMPOSE = """
services:
  orders:
    image: shop/orders
    environment:
      DATABASE_URL: postgres://orders-db/orders
      SEARCH_URL: http://search:9200{marker}
      KAFKA_BROKERS: kafka:9092
  orders-db: {{image: "postgres:17"}}
  search: {{image: "opensearchproject/opensearch:3"}}
  kafka: {{image: "apache/kafka"}}
"""
_SCORE = """
apiVersion: score.dev/v1b1
metadata: {name: orders}
containers: {main: {image: shop/orders}}
resources:
  db: {type: postgres, id: orders-db}
"""
_FOUND = "  # <- `orders` uses `search`, which its declaration does not list"
_ORDERS_DB = "data:\n  - {type: postgres, id: orders-db, access: rw}"


def _files(more: str, marker: str = "") -> dict[str, str]:
    return {
        "archlint-service.yaml": _MANIFEST.format(more=more),
        "compose.yaml": _COMPOSE.format(marker=marker),
    }


@rule(
    id="datastore-undeclared",
    category="data",
    severity=Severity.INFO,
    subject=ServiceGraph,
    since="0.1.0",
    profile="strict",
    references=("https://docs.score.dev/docs/score-specification/score-spec-reference/",),
    examples=(
        Bad(_files(_ORDERS_DB, _FOUND)),
        Bad({"score.yaml": _SCORE, "compose.yaml": _COMPOSE.format(marker=_FOUND)}),
        Good(
            _files(f"{_ORDERS_DB}\n  - {{type: opensearch, id: search}}"),
            "all are listed; brokers are no data",
        ),
        Good(_files("tier: 1"), "it declares no datastores, and nobody else does"),
        Good({"compose.yaml": _COMPOSE.format(marker="")}, "services without a declaration declare nothing"),
        Good(
            _files(f"dependsOn: [{{target: payments}}]\n{_ORDERS_DB}"),
            "`undeclared-dependency` tells it where dependencies are declared as well",
        ),
    ),
)
def datastore_undeclared(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report observed edges to datastores of services that declare datastores, and not that one.

    Where a service declares its other dependencies too, `undeclared-dependency` covers its datastores.
    """
    del context
    used: dict[str, list[Dependency]] = defaultdict(list)
    for edge in graph.dependencies:
        if isinstance(edge.target, Datastore):
            used[edge.source.id].append(edge)
    for edges in used.values():
        listed = [edge.target for edge in edges if edge.declared and isinstance(edge.target, Datastore)]
        source = edges[0].source
        if not listed or source.declared or source.role in infrastructure_roles():
            continue
        known = {name for store in listed for name in _names(store)}
        said = next((item for item in source.evidence if item.extractor in _WRITTEN_DOWN), None)
        for edge in edges:
            store = edge.target
            if edge.declared or not edge.observed or edge.confidence < _LEAST:
                continue
            if isinstance(store, Datastore) and store.kind not in _NOT_DATA and not known & _names(store):
                yield Problem(
                    f"`{source.name}` uses `{store.name}`, which its declaration does not list",
                    edge.location,
                    help="list the datastore there, or stop using it",
                    related=(Related(f"`{source.name}` is declared here", said.at),) if said else (),
                    confidence=Confidence.of(edge.confidence),
                    identity=("datastore-undeclared", edge.id),
                )


def _names(store: Datastore) -> set[str]:
    return {name.lower() for name in (store.id, store.host, *store.aliases) if name}
