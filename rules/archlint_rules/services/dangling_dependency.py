"""A service is configured with the address of something that does not exist.

## Why is this bad?

The first call fails, often long after the deployment was called a success: a typo, a service that was renamed or removed, or one
that was never deployed here.

## How to fix

Correct the name, deploy what is meant, or remove the setting. Where the other side is deployed by something archlint cannot read
(a Helm chart of a third party), ignore it here with the reason.
"""

from collections.abc import Iterator

from archlint.api import (
    Bad,
    Confidence,
    Context,
    Dangling,
    Good,
    Problem,
    Related,
    ServiceGraph,
    Severity,
    rule,
)

_LEAST_KNOWN = 2


@rule(
    id="dangling-dependency",
    category="services",
    severity=Severity.WARNING,
    subject=ServiceGraph,
    since="0.1.0",
    references=("https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/",),
    examples=(
        Bad(
            {
                "compose.yaml": """
                    services:
                      orders:
                        image: shop/orders
                        environment:
                          PAYMENTS_URL: http://payments:8080
                          STOCK_URL: http://stok:8080  # <- `orders` refers to `stok`, which does not exist
                      payments:
                        image: shop/payments
                        environment: {STOCK_URL: "http://stock:8080"}
                      stock: {image: shop/stock}
                """
            }
        ),
        Good(
            {
                "compose.yaml": """
                    services:
                      orders:
                        image: shop/orders
                        environment:
                          PAYMENTS_URL: http://payments:8080
                          STOCK_URL: ${STOCK_URL}
                          MAPS_URL: https://maps.example.com
                          SELF_URL: http://localhost:8080
                      payments:
                        image: shop/payments
                        environment: {ORDERS_URL: "http://orders:8080"}
                """
            },
            "unknown values, hosts outside the system and the service itself",
        ),
    ),
)
def dangling_dependency(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report references to hosts that nobody in a scope provides in which other references are resolved.

    What several variants of a deployment say is told once.
    """
    resolved: dict[str, set[str]] = {}
    for edge in graph.dependencies:
        for item in edge.evidence:
            for endpoint in item.endpoints:
                resolved.setdefault(endpoint.scope, set()).add(endpoint.name)
    told: dict[tuple[str, str, str], list[Dangling]] = {}
    for dangling in graph.dangling:
        complete = context.complete(dangling.evidence.at.path)
        if complete or len(resolved.get(dangling.scope, ())) >= _LEAST_KNOWN:
            key = (dangling.source.id, dangling.scope, dangling.host)
            told.setdefault(key, []).append(dangling)
    for (source, scope, host), (first, *others) in told.items():
        at = first.evidence.at
        yield Problem(
            f"`{first.source.name}` refers to `{host}`, which does not exist here",
            at,
            help="correct the name, deploy what is meant, or remove the setting",
            related=tuple(Related("it does here as well", item.evidence.at) for item in others),
            confidence=Confidence.CONFIGURED if context.complete(at.path) else Confidence.INFERRED,
            identity=("dangling", source, scope, host),
        )
