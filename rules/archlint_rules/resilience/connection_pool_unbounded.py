"""A service that many need, and nothing that bounds what each of them takes.

## Why is this bad?

Istio's limits are 2³² - 1 by default, which is none. One caller that is slow to close, or in a loop, takes all connections, threads and memory of the callee, and the
others, who did nothing, get none.

## How to fix

Set `connectionPool` in a DestinationRule for the host, or a bulkhead in the callers, so that each may take only its share.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Annotated, Any

from msgspec import Meta

from archlint.api import (
    Bad,
    Confidence,
    Context,
    Dependency,
    Good,
    Options,
    Problem,
    Related,
    SelectFact,
    Service,
    ServiceGraph,
    Severity,
    infrastructure_roles,
    rule,
)


class PoolOptions(Options, frozen=True, kw_only=True):
    """What counts as shared and critical."""

    callers: Annotated[
        int, Meta(description="callers from which on a service of no tier is critical", ge=2)
    ] = 4


_ISTIO = "networking.istio.io/"
_EVERYWHERE = ""
_LEAST_CALLERS = 2
_LEAST_TIER = 2
_LIMIT_KEYS = {
    "tcp": ("maxConnections",),
    "http": ("http1MaxPendingRequests", "http2MaxRequests", "maxConcurrentStreams"),
}
_POD = """
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: shop}}
spec:
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec: {{containers: [{{name: {name}, image: "shop/{name}:1", env: [{env}]}}]}}
"""
_PAYMENTS = """
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: payments{marker}
  namespace: shop
spec:
  template:
    metadata: {{labels: {{app: payments}}}}
    spec: {{containers: [{{name: payments, image: "shop/payments:1"}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: payments, namespace: shop}}
spec: {{selector: {{app: payments}}, ports: [{{port: 80}}]}}
---
apiVersion: archlint.dev/v1alpha1
kind: Service
entity: component:default/payments
tier: {tier}
"""
_RULE = """
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{name: payments, namespace: shop}}
spec: {{host: {host}, trafficPolicy: {policy}}}
"""
_ENV = '{name: PAYMENTS_URL, value: "http://payments:80"}'


def _shop(
    marker: str = "", *, tier: int = 1, host: str = "payments", policy: str = "{}", callers: int = 2
) -> dict[str, str]:
    pods = "".join(_POD.format(name=name, env=_ENV) for name in ("orders", "billing", "refunds")[:callers])
    payments = _PAYMENTS.format(marker=marker, tier=tier)
    return {"shop.yaml": pods + payments + _RULE.format(host=host, policy=policy)}


@rule(
    id="connection-pool-unbounded",
    category="resilience",
    severity=Severity.INFO,
    subject=ServiceGraph,
    since="0.1.0",
    profile="strict",
    options=PoolOptions,
    references=(
        "https://istio.io/latest/docs/reference/config/networking/destination-rule/#ConnectionPoolSettings",
        "https://learn.microsoft.com/en-us/azure/architecture/patterns/bulkhead",
    ),
    examples=(
        Bad(_shop("  # <- 2 services call `payments`, and nothing bounds their connections")),
        Bad(
            _shop(
                "  # <- 2 services call `payments`", policy="{connectionPool: {tcp: {connectTimeout: 1s}}}"
            ),
            "a timeout is no limit",
        ),
        Good(_shop(policy="{connectionPool: {tcp: {maxConnections: 100}}}")),
        Good(_shop(policy="{connectionPool: {http: {http2MaxRequests: 100}}}")),
        Good(
            _shop(
                host='"*.shop.svc.cluster.local"',
                policy="{connectionPool: {http: {http1MaxPendingRequests: 9}}}",
            )
        ),
        Good(_shop(callers=1), "only one calls it"),
        Good(_shop(tier=3), "not critical"),
        Good(
            {"shop.yaml": _shop()["shop.yaml"].partition("---\napiVersion: networking.istio.io")[0]},
            "nothing is known of a mesh",
        ),
    ),
)
def connection_pool_unbounded(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report critical services that several call through Istio or resilience4j without a limit of connections or a bulkhead."""
    options: PoolOptions = context.options
    meshed = {
        fact.scope
        for fact in graph.selects
        if fact.kind in {f"{_ISTIO}DestinationRule", f"{_ISTIO}VirtualService"}
    }
    limited = _limited(graph)
    callers: dict[str, list[Dependency]] = defaultdict(list)
    for edge in graph.calls():
        if isinstance(edge.target, Service) and edge.source.first_party and edge.source is not edge.target:
            callers[edge.target.id].append(edge)
    for edges in callers.values():
        target = edges[0].target
        if not isinstance(target, Service) or not _is_critical(target, len(edges), options.callers):
            continue
        if _has_limit(target, limited):
            continue
        scopes = {endpoint.scope for endpoint in target.endpoints}
        open_ = [edge for edge in edges if _is_seen(edge, meshed & scopes) and not _is_bounded(edge)]
        if len(open_) >= _LEAST_CALLERS:
            yield Problem(
                f"{len(open_)} services call `{target.name}`, and nothing bounds their connections",
                target.location,
                help="set `connectionPool` in a DestinationRule, or bulkheads in the callers",
                related=tuple(Related(f"`{edge.source.name}` calls it", edge.location) for edge in open_),
                confidence=Confidence.of(min(edge.confidence for edge in open_)),
                identity=("pool-unbounded", target.id),
            )


def _is_critical(service: Service, callers: int, least: int) -> bool:
    if not service.first_party or service.role in infrastructure_roles():
        return False
    return callers >= _LEAST_CALLERS and (
        service.tier <= _LEAST_TIER if service.tier is not None else callers >= least
    )


def _is_seen(edge: Dependency, meshed: set[str]) -> bool:
    """Tell whether a limit of *edge* would be seen: its callee is in the mesh, or its caller's library is configured here."""
    is_meshed = bool(meshed) and any(scope in meshed for item in edge.evidence for scope in item.scopes)
    return is_meshed or any(policy.tool in {"istio", "resilience4j"} for policy in edge.policies)


def _is_bounded(edge: Dependency) -> bool:
    return any("maxConnections" in policy.values for policy in edge.policies)


def _limited(graph: ServiceGraph) -> set[tuple[str, str]]:
    """Return the hosts that a DestinationRule limits, those that are no short names without the scope of the rule."""
    return {
        (_EVERYWHERE if "." in fact.host else fact.scope, fact.host.lower())
        for fact in graph.selects
        if fact.kind == f"{_ISTIO}DestinationRule" and fact.host and _limits(fact)
    }


def _limits(fact: SelectFact) -> bool:
    policies = [fact.spec.get("trafficPolicy")]
    subsets = fact.spec.get("subsets")
    policies += [
        subset.get("trafficPolicy")
        for subset in (subsets if isinstance(subsets, list) else ())
        if isinstance(subset, dict)
    ]
    for policy in policies:
        levels: list[Any] = [policy]
        ports = policy.get("portLevelSettings") if isinstance(policy, dict) else None
        levels += ports if isinstance(ports, list) else []
        for level in levels:
            pool = level.get("connectionPool") if isinstance(level, dict) else None
            for part, keys in _LIMIT_KEYS.items():
                given = pool.get(part) if isinstance(pool, dict) else None
                if isinstance(given, dict) and any(key in given for key in keys):
                    return True
    return False


def _has_limit(service: Service, limited: set[tuple[str, str]]) -> bool:
    """Tell whether a rule limits one of the hosts of *service*: by its full name or a wildcard from anywhere, by its short one from its scope."""
    for endpoint in service.endpoints:
        for host in endpoint.hostnames:
            name = host.lower()
            parts = name.split(".")
            wanted = {(endpoint.scope, name), (_EVERYWHERE, name)}
            wanted |= {(_EVERYWHERE, ".".join(("*", *parts[index:]))) for index in range(1, len(parts))}
            if wanted & limited:
                return True
    return False
