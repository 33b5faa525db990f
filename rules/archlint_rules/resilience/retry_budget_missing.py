"""Retries of several callers without a budget for all of them.

## Why is this bad?

A number of retries per call is small as long as few calls fail. When all of them do, every caller sends its share of extra calls, and a service that is
slow because of its load gets several times that load.

## How to fix

Allow retries as a share of the calls: `retryBudget` in the traffic policy of a DestinationRule, an `XBackendTrafficPolicy` for the Gateway API, `retryThrottling`
in gRPC, as far as the installed version knows it. With older ones limit the retries at one time (`connectionPool.http.maxRetries` of Istio).
"""

from collections import defaultdict
from collections.abc import Iterator

from archlint.api import (
    Bad,
    Context,
    Dependency,
    Good,
    Policy,
    Problem,
    Related,
    Service,
    ServiceGraph,
    Severity,
    rule,
)

_WAYS = {
    "istio": "add a `retryBudget` to the DestinationRule, where the installed version has it, or `maxRetries`",
    "gateway-api": "add an `XBackendTrafficPolicy`, where the implementation has it",
    "grpc": "add `retryThrottling`",
}
_FEW = 2
_SYSTEM = """
apiVersion: v1
kind: Service
metadata: {name: stock}
spec: {selector: {app: stock}, ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: stock}
spec: {template: {metadata: {labels: {app: stock}}, spec: {containers: [{name: a, image: "shop/stock:1"}]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: orders}
spec: {template: {metadata: {labels: {app: orders}}, spec: {containers: [{name: a, image: "shop/orders:1", env: [{name: STOCK_URL, value: "http://stock"}]}]}}}
"""
_OTHER = """
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec: {template: {metadata: {labels: {app: shop}}, spec: {containers: [{name: a, image: "shop/web:1", env: [{name: STOCK_URL, value: "http://stock"}]}]}}}
"""
_ROUTE = """
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: stock}}
spec:
  hosts: [stock]
  http:
    - route: [{{destination: {{host: stock}}}}]
      timeout: 2s
      {retries}
"""
_RETRIES = "retries: {attempts: 3, perTryTimeout: 500ms}"
_DESTINATION = """
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{name: stock}}
spec:
  host: stock
  trafficPolicy:
    {policy}
"""


def _mesh(*, retries: str = _RETRIES, callers: str = _OTHER, more: str = "") -> dict[str, str]:
    return {"shop.yaml": _SYSTEM + callers + _ROUTE.format(retries=retries) + more}


@rule(
    id="retry-budget-missing",
    category="resilience",
    severity=Severity.INFO,
    profile="strict",
    subject=ServiceGraph,
    since="0.1.0",
    references=(
        "https://sre.google/sre-book/handling-overload/",
        "https://gateway-api.sigs.k8s.io/geps/gep-3388/",
        "https://istio.io/latest/docs/reference/config/networking/destination-rule/",
        "https://grpc.io/docs/guides/retry/",
    ),
    examples=(
        Bad(
            _mesh(
                retries=_RETRIES + "  # <- retries of calls to `stock`, which 2 services make, have no budget"
            )
        ),
        Bad(
            {
                "compose.yaml": """
                    services:
                      orders: {build: ./orders, environment: {STOCK_ADDR: "stock:7070"}}
                      shop: {build: ./shop, environment: {STOCK_ADDR: "stock:7070"}}
                      stock: {build: ./stock}
                """,
                "orders/service_config.yaml": """
                    methodConfig:
                      - name: [{service: shop.v1.Stock}]
                        retryPolicy:
                          maxAttempts: 4  # <- retries of calls to `stock`, which 2 services make, have no budget
                          initialBackoff: 0.1s
                          maxBackoff: 1s
                          backoffMultiplier: 2
                          retryableStatusCodes: [UNAVAILABLE]
                """,
            }
        ),
        Good(_mesh(more=_DESTINATION.format(policy="retryBudget: {percent: 20}"))),
        Good(
            _mesh(more=_DESTINATION.format(policy="connectionPool: {http: {maxRetries: 3}}")),
            "a version without budgets",
        ),
        Good(_mesh(callers=""), "a single caller"),
        Good(_mesh(retries="name: plain"), "the defaults of the mesh retry little"),
        Good(_mesh(retries="retries: {attempts: 0}")),
    ),
)
def retry_budget_missing(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report retries that somebody wrote down, to services that several others call, where no layer has a budget."""
    del context
    limited = _limited(graph)
    found: dict[object, tuple[Policy, list[Dependency]]] = {}
    for edge in graph.calls():
        if any(policy.is_on("retryBudget") for policy in edge.policies):
            continue
        for policy in edge.policies:
            written = policy.values.get("retries")
            retries = policy.number("retries", defaults=False)
            if policy.tool in _WAYS and written is not None and written.at is not None and retries:
                found.setdefault((written.at.node, edge.target.id), (policy, []))[1].append(edge)
    for policy, edges in found.values():
        target = edges[0].target
        callers = {edge.source.id: edge for edge in graph.incoming(target) if edge.kind == "calls"}
        if len(callers) < _FEW or (policy.tool == "istio" and target.id in limited):
            continue
        yield Problem(
            f"retries of calls to `{target.name}`, which {len(callers)} services make, have no budget",
            policy.values["retries"].at,
            help=_WAYS[policy.tool],
            related=tuple(
                Related(f"`{edge.source.name}` calls it", edge.location) for edge in callers.values()
            ),
            identity=("retry-budget", policy.tool, target.id),
        )


def _limited(graph: ServiceGraph) -> set[str]:
    """Return the services of which Istio limits the retries at one time."""
    named: dict[tuple[str, str], list[Service]] = defaultdict(list)
    for service in graph.services:
        for endpoint in service.endpoints:
            for name in {endpoint.name, *endpoint.hostnames}:
                named[endpoint.scope, name.lower()].append(service)
    found: set[str] = set()
    for fact in graph.selects:
        if fact.kind == "networking.istio.io/DestinationRule":
            value = fact.spec
            for key in ("trafficPolicy", "connectionPool", "http"):
                inner = value.get(key)
                value = inner if isinstance(inner, dict) else {}
            if "maxRetries" in value:
                found.update(service.id for service in named.get((fact.scope, fact.host.lower()), ()))
    return found
