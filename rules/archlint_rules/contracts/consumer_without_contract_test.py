"""Teams depend on each other without a contract test between them.

## Why is this bad?

Where other pairs have a pact, people trust a green build. For this pair it says nothing: a change of the provider is noticed in production.

## How to fix

Write a pact from the consumer's side, and verify it in the provider's build.
"""

from collections import defaultdict
from collections.abc import Iterator

from archlint.api import (
    Bad,
    Confidence,
    Context,
    Dependency,
    Good,
    Problem,
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
metadata: {{name: web}}
spec:
  type: service
  lifecycle: production
  owner: team-web
  dependsOn:
    - component:orders
    - component:stock{marker}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {{name: orders}}
spec: {{type: service, lifecycle: production, owner: team-orders}}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {{name: stock}}
spec: {{type: service, lifecycle: production, owner: {owner}}}
"""
_PACT = """
consumer: {name: web}
provider: {name: orders}
interactions: [{description: a, request: {method: GET, path: /orders}, response: {status: 200}}]
"""


@rule(
    id="consumer-without-contract-test",
    category="contracts",
    severity=Severity.INFO,
    subject=ServiceGraph,
    since="0.1.0",
    profile="strict",
    references=("https://martinfowler.com/articles/consumerDrivenContracts.html", "https://docs.pact.io/"),
    examples=(
        Bad(
            {
                "catalog-info.yaml": _CATALOG.format(
                    owner="team-stock",
                    marker="  # <- `web` depends on `stock` of `team-stock`, and no pact is between them",
                ),
                "pacts/web-orders.yaml": _PACT,
            }
        ),
        Good(
            {
                "catalog-info.yaml": _CATALOG.format(owner="team-web", marker=""),
                "pacts/web-orders.yaml": _PACT,
            },
            "services of one team",
        ),
        Good(
            {"catalog-info.yaml": _CATALOG.format(owner="team-stock", marker="")},
            "nobody has pacts here",
        ),
        Good(
            {
                "catalog-info.yaml": _CATALOG.format(owner="team-stock", marker=""),
                "pacts/web-orders.yaml": _PACT,
                "pacts/web-stock.yaml": _PACT.replace("orders", "stock"),
            }
        ),
    ),
)
def consumer_without_contract_test(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report dependencies between services of different owners for which there is no pact, where there are pacts at all."""
    del context
    tested: dict[str, set[str]] = defaultdict(set)
    for fact in graph.selects:
        if fact.kind.startswith("pact/") and fact.target:
            consumer, provider = graph.named(fact.name), graph.named(fact.target[1])
            if consumer is not None and provider is not None:
                tested[consumer.id].add(provider.id)
    for edge in graph.dependencies if tested else ():
        source = edge.source
        if edge.confidence < _LEAST or not _is_judged(source):
            continue
        others = [service for service in _providers(edge) if service is not source and _is_judged(service)]
        if not others or any(service.id in tested.get(source.id, ()) for service in others):
            continue
        foreign = [service for service in others if _bare(service.owner) != _bare(source.owner)]
        if len(foreign) == len(others):
            yield Problem(
                f"`{source.name}` depends on `{foreign[0].name}` of `{_bare(foreign[0].owner)}`, and no pact is between them",
                edge.location,
                help="write a pact from the consumer's side, and verify it in the provider's build",
                confidence=Confidence.of(edge.confidence),
                identity=("contract-test", edge.id),
            )


def _providers(edge: Dependency) -> list[Service]:
    """Return whom *edge* depends on: who is called, or who sends to the channel."""
    if edge.kind == "calls" and isinstance(edge.target, Service):
        return [edge.target]
    return edge.target.producers if edge.kind == "consumes" and isinstance(edge.target, Topic) else []


def _is_judged(service: Service) -> bool:
    return bool(service.first_party and service.owner and service.role not in infrastructure_roles())


def _bare(owner: str) -> str:
    return owner.rpartition("/")[2].rpartition(":")[2].lower()
