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
    Topic,
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
    subject=ServiceGraph,
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
def undeclared_dependency(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report observed edges of services that declare their dependencies and do not declare these."""
    del context
    observed = {edge.target.id for edge in graph.dependencies if edge.observed}
    for source in graph.services:
        if not source.declared:
            continue
        edges = graph.outgoing(source)
        model = next(
            (item for item in source.evidence if item.extractor in {"backstage", "manifest", "calm"}), None
        )
        said = _Declared(edges, observed)
        for edge in edges:
            if edge.observed and not edge.declared and edge.confidence >= _LEAST and said.lacks(edge.target):
                yield Problem(
                    f"`{source.name}` {edge.kind} `{edge.target.name}`, which its catalog entry does not say",
                    edge.location,
                    help="add the dependency to the entry, or remove the setting",
                    related=(Related(f"`{source.name}` is declared here", model.at),) if model else (),
                    confidence=Confidence.of(edge.confidence),
                    identity=("undeclared", edge.id),
                )


class _Declared:
    """What a service declares that it depends on."""

    def __init__(self, edges: list[Dependency], observed: set[str]) -> None:
        targets = [edge.target for edge in edges if edge.declared]
        stores = [target for target in targets if isinstance(target, Datastore)]
        self._ids = {target.id for target in targets}
        self._hosts = {store.host for store in stores if store.host}
        self._aliases = {alias for store in stores if store.host for alias in store.aliases}
        self._has_stores = bool(stores)
        self._has_topics = any(isinstance(target, Topic) for target in targets)
        self._unseen_engines = {store.engine for store in stores if store.id not in observed}

    def lacks(self, target: Service | Datastore | Topic) -> bool:
        """Tell whether an observed *target* is none of those declared; infrastructure needs no declaration."""
        if target.id in self._ids:
            return False
        if isinstance(target, Datastore):
            return target.kind not in {"broker", "config", "telemetry"} and self._lacks_store(target)
        if isinstance(target, Topic):
            return self._has_topics
        return target.role not in infrastructure_roles() and target.first_party

    def _lacks_store(self, store: Datastore) -> bool:
        """Tell whether *store* is none of those declared, nor another database of the same server.

        Catalogs have names of their own: a declared one that nothing was seen of may be the observed one, unless it is of another engine. So
        nothing is known where no datastores are declared.
        """
        if not self._has_stores or store.host in self._hosts or self._aliases & store.aliases:
            return False
        unseen = self._unseen_engines
        return not (unseen if not store.engine else unseen & {"", store.engine})
