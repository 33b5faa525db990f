"""A service uses something that its catalog entry does not mention.

## Why is this bad?

People plan by the catalog: whom to ask before a change, what breaks when something is down, who may see which data. An edge that is
not there surprises them all.

## How to fix

Add the dependency to the catalog entry or manifest, or remove it from the deployment.
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
    ServiceGraph,
    Severity,
    infrastructure_roles,
    rule,
)

_LEAST = 0.7
_CATALOG = """
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: orders}
spec:
  type: service
  lifecycle: production
  owner: team-a
  dependsOn: [component:default/payments]
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: payments}
spec: {type: service, lifecycle: production, owner: team-b}
"""
_STORES = """
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {{name: orders}}
spec: {{type: service, lifecycle: production, owner: team-a, dependsOn: [resource:shop-state]}}
---
apiVersion: backstage.io/v1alpha1
kind: Resource
metadata: {{name: shop-state}}
spec: {{type: {type}, owner: team-a}}
"""
_STORE = """
services:
  orders:
    image: shop/orders
    environment:
      REDIS_URL: redis://redis:6379{marker}
  redis: {{image: redis}}
"""


@rule(
    id="undeclared-dependency",
    category="services",
    severity=Severity.WARNING,
    subject=Dependency,
    since="0.1.0",
    references=("https://doi.org/10.1145/222124.222136",),
    examples=(
        Bad(
            {
                "catalog-info.yaml": _CATALOG,
                "compose.yaml": """
                    services:
                      orders:
                        image: shop/orders
                        environment:
                          PAYMENTS_URL: http://payments:8080
                          STOCK_URL: http://stock:8080  # <- `orders` calls `stock`, which its catalog entry does not say
                      payments: {image: shop/payments}
                      stock: {image: shop/stock}
                """,
            }
        ),
        Good(
            {
                "catalog-info.yaml": _CATALOG,
                "compose.yaml": """
                    services:
                      orders:
                        image: shop/orders
                        environment:
                          PAYMENTS_URL: http://payments:8080
                          OTEL_EXPORTER_OTLP_ENDPOINT: http://otel-collector:4317
                      payments: {image: shop/payments}
                      otel-collector: {image: otel/opentelemetry-collector}
                """,
            },
            "telemetry needs no declaration",
        ),
        Good(
            {
                "compose.yaml": """
                    services:
                      orders: {image: shop/orders, environment: {STOCK_URL: "http://stock:8080"}}
                      stock: {image: shop/stock}
                """
            },
            "services without a catalog entry declare nothing",
        ),
        Bad(
            {
                "catalog-info.yaml": _STORES.format(type="postgresql"),
                "compose.yaml": _STORE.format(
                    marker="  # <- `orders` uses `redis`, which its catalog entry does not say"
                ),
            },
            "a datastore of another kind",
        ),
        Good(
            {"catalog-info.yaml": _STORES.format(type="cache"), "compose.yaml": _STORE.format(marker="")},
            "the catalog may call it otherwise",
        ),
    ),
)
def undeclared_dependency(edge: Dependency, context: Context) -> Iterator[Problem]:
    """Report an observed edge of a service that declares its dependencies and does not declare this one."""
    source, target = edge.source, edge.target
    if not edge.observed or edge.declared or not source.declared or edge.confidence < _LEAST:
        return
    if isinstance(target, Service) and (target.role in infrastructure_roles() or not target.first_party):
        return
    if isinstance(target, Datastore) and target.kind in {"broker", "config", "telemetry"}:
        return
    if any(other.declared and _same(other, edge) for other in context.graph.outgoing(source)):
        return
    if isinstance(target, Datastore) and not _is_missing(edge, context.graph):
        return
    model = next(
        (item for item in source.evidence if item.extractor in {"backstage", "manifest", "calm"}), None
    )
    yield Problem(
        f"`{source.name}` {edge.kind} `{target.name}`, which its catalog entry does not say",
        edge.location,
        help="add the dependency to the entry, or remove the setting",
        related=(Related(f"`{source.name}` is declared here", model.at),) if model else (),
        confidence=Confidence.of(edge.confidence),
        identity=("undeclared", edge.id),
    )


def _is_missing(edge: Dependency, graph: ServiceGraph) -> bool:
    """Tell whether the observed datastore of *edge* is none of those that its source declares.

    Catalogs have names of their own: a declared one that nothing was seen of may be the observed one, unless it is of another engine. So nothing
    is known where no datastores are declared.
    """
    declared = [
        other.target
        for other in graph.outgoing(edge.source)
        if other.declared and isinstance(other.target, Datastore)
    ]
    engine = edge.target.engine if isinstance(edge.target, Datastore) else ""
    return bool(declared) and not any(
        (not store.engine or not engine or store.engine == engine)
        and not any(seen.observed for seen in graph.incoming(store))
        for store in declared
    )


def _same(one: Dependency, other: Dependency) -> bool:
    """Tell whether a declared edge covers an observed one: the same target, or another database of the same server."""
    if one.target is other.target:
        return True
    first, second = one.target, other.target
    return (
        isinstance(first, Datastore)
        and isinstance(second, Datastore)
        and bool(first.host)
        and (first.host == second.host or bool(first.aliases & second.aliases))
    )
