"""A service is configured with the address of something that does not exist.

## Why is this bad?

The first call fails, often long after the deployment was called a success: a typo, a service that was renamed or removed, or one
that was never deployed here.

## How to fix

Correct the name, deploy what is meant, or remove the setting. Where the other side is deployed by something archlint cannot read
(a Helm chart of a third party), ignore it here with the reason.
"""

import re
from collections.abc import Iterator
from difflib import get_close_matches

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
_SIMILAR = 0.85
_MOST_COMPARED = 2_000
_SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: visits, namespace: clinic}
spec: {selector: {app: visits}, ports: [{port: 8080}]}
---
"""
_SETTINGS = """
apiVersion: v1
kind: ConfigMap
metadata: {{name: settings, namespace: clinic}}
data:
  application.properties: |
    debug=false
    visits.url=http://{host}.clinic.svc.cluster.local:8080{marker}
"""


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
        Bad(
            {
                "k8s.yaml": _SERVICE
                + _SETTINGS.format(
                    host="vists", marker="  # <- `settings` refers to `vists`, which does not exist here"
                )
            },
            "a ConfigMap that the application asks the API server for",
        ),
        Good({"k8s.yaml": _SERVICE + _SETTINGS.format(host="visits", marker="")}),
        Good(
            {"k8s.yaml": _SERVICE + _SETTINGS.format(host="mysql", marker="")},
            "may be installed by somebody else",
        ),
        Good({"k8s.yaml": _SERVICE + _SETTINGS.format(host="visits-v2", marker="")}, "a name of its own"),
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
        Good(
            {
                "compose.yaml": """
                    services:
                      orders:
                        image: shop/orders
                        environment: {STOCK_URL: "http://stock", LEGACY_URL: "http://legacy", CACHE_URL: "redis://cache"}
                        extra_hosts: ["legacy:10.0.0.1"]
                        external_links: ["shop_redis_1:cache"]
                      stock:
                        image: shop/stock
                        environment: {ORDERS_URL: "http://orders", BILLING_URL: "http://billing"}
                        networks: [default, shop]
                    networks: {shop: {external: true}}
                """
            },
            "hosts of a list of its own, and of a network of others",
        ),
        Good(
            {
                "orders.yaml": """
                    apiVersion: apps/v1
                    kind: Deployment
                    metadata: {name: orders}
                    spec:
                      template:
                        metadata: {labels: {app: orders}}
                        spec:
                          containers:
                            - name: orders
                              image: shop/orders
                              env:
                                - {name: STOCK_URL, value: "http://stock"}
                                - {name: PRICE_URL, value: "http://price"}
                                - {name: LOGS_URL, value: "http://logs.monitoring.svc:3100"}
                    ---
                    apiVersion: v1
                    kind: Service
                    metadata: {name: stock}
                    spec: {selector: {app: stock}, ports: [{port: 80}]}
                    ---
                    apiVersion: v1
                    kind: Service
                    metadata: {name: price}
                    spec: {selector: {app: price}, ports: [{port: 80}]}
                """
            },
            "a namespace of which nothing is here",
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
    yield from _unread(graph, context)
    told: dict[tuple[str, str, str], list[Dangling]] = {}
    spaces = {end.scope for end in graph.endpoints} | {workload.scope for workload in graph.workloads}
    for dangling in graph.dangling:
        complete = context.complete(dangling.evidence.at.path)
        others_namespace = not complete and _is_in_other_namespace(dangling.host, spaces)
        if others_namespace or _is_elsewhere(dangling, complete=complete):
            continue
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


def _is_elsewhere(dangling: Dangling, *, complete: bool) -> bool:
    """Tell whether the source has an address of its own for the host, or is on a network that others may be on."""
    hosts = {
        name
        for workload in dangling.source.workloads
        if workload.scope == dangling.scope
        for name in workload.extra.get("hosts", ())
    }
    return dangling.host in hosts or ("*" in hosts and not complete)


def _is_in_other_namespace(host: str, spaces: set[str]) -> bool:
    """Tell whether *host* is in a namespace of which nothing is here: others deploy that."""
    name, svc, _ = host.lower().removesuffix(".cluster.local").rpartition(".svc")
    return bool(svc) and "." in name and f"k8s:{name.rpartition('.')[2]}" not in spaces


def _unread(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report full names in ConfigMaps that only the API server gives out, where they are near misses or the scope is complete."""
    names: dict[str, list[str]] = {}
    for endpoint in graph.endpoints if graph.unread else ():
        names.setdefault(endpoint.scope, []).append(endpoint.name)
    for item in graph.unread:
        known = names.get(item.scope, [])
        complete = context.complete(item.at.path)
        near = _misspelt(item.host, known)
        if near or (complete and known):
            yield Problem(
                f"`{item.config}` refers to `{item.host}`, which does not exist here",
                item.at,
                help=f"correct the name to `{near[0]}`"
                if near
                else "correct the name, or deploy what is meant",
                confidence=Confidence.CONFIGURED if complete else Confidence.INFERRED,
                identity=("dangling", "config", item.config, item.scope, item.host, item.key),
            )


def _misspelt(host: str, known: list[str]) -> list[str]:
    """Return the one of *known* that *host* is a misspelling of; a number or an ending of its own makes another name."""
    if len(known) > _MOST_COMPARED:
        return []
    plain = re.sub(r"\d+", "", host)
    return [
        name
        for name in get_close_matches(host, known, 1, _SIMILAR)
        if re.sub(r"\d+", "", name) != plain and not (name.startswith(host) or host.startswith(name))
    ]
