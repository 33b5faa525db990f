"""Clients are tied to one copy of a service.

## Why is this bad?

It hints at sessions that live in the memory of a copy: when that copy is replaced its users are logged out, load cannot move away from it, and a deployment
hurts. A service without state of its own needs no affinity.

## How to fix

Keep sessions in a store that all copies share (Redis, a database, a signed cookie), and drop the affinity. Connections that stay open, canary releases and
caches that are found by a header are good reasons for it, and are not reported.
"""

from collections import defaultdict
from collections.abc import Iterator

from archlint.api import (
    Bad,
    Context,
    Datastore,
    Good,
    Problem,
    SelectFact,
    Service,
    ServiceGraph,
    Severity,
    infrastructure_roles,
    key_words,
    rule,
)

_STORES = ("redis", "jdbc", "mongo", "hazelcast", "database", "memcached", "dynamodb", "cookie")
_SOCKETS = ("websocket", "socket", "signalr")
_PODS = """
---
apiVersion: apps/v1
kind: {kind}
metadata: {{name: shop}}
spec:
  replicas: 3
  template:
    metadata: {{labels: {{app: shop}}}}
    spec: {{containers: [{{name: shop, image: "shop/web:1"{env}}}]}}
"""
_SERVICE = """
apiVersion: v1
kind: Service
metadata: {{name: shop}}
spec:
  selector: {{app: shop}}
  {affinity}
  ports: [{{port: 80{port}}}]
"""
_MARKED = "sessionAffinity: ClientIP  # <- `shop` keeps clients on one copy (`sessionAffinity: ClientIP`)"


def _shop(
    affinity: str = "type: ClusterIP", kind: str = "Deployment", env: str = "", port: str = "", more: str = ""
) -> dict[str, str]:
    service = _SERVICE.format(affinity=affinity, port=port)
    return {"shop.yaml": service + _PODS.format(kind=kind, env=env) + more}


_DESTINATION = """
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{name: shop}}
spec:
  host: shop
  trafficPolicy:
    loadBalancer:
      consistentHash: {hash}
"""
_INGRESS = """
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
  annotations:
    nginx.ingress.kubernetes.io/affinity: cookie{marker}
spec: {{rules: [{{http: {{paths: [{{path: {path}, backend: {{service: {{name: shop, port: {{number: 80}}}}}}}}]}}}}]}}
"""
_ROUTE = """
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: shop}
spec:
  rules:
    - backendRefs: [{name: shop, port: 80}]
      sessionPersistence: {sessionName: S}  # <- `shop` keeps clients on one copy (`sessionPersistence`)
"""
_SPLIT = """
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: shop}
spec:
  hosts: [shop]
  http: [{timeout: 2s, route: [{destination: {host: shop, subset: a}, weight: 90}, {destination: {host: shop, subset: b}, weight: 10}]}]
"""
_KONG = {
    "compose.yaml": "services: {kong: {image: 'kong:3.6'}, shop: {build: ./shop, deploy: {replicas: 2}}}",
    "kong.yml": """
        _format_version: "3.0"
        upstreams:
          - name: shop.internal
            hash_on: cookie  # <- `shop` keeps clients on one copy (`hash_on: cookie`)
            hash_on_cookie: session
            targets: [{target: "shop:8080"}]
    """,
}


@rule(
    id="sticky-sessions",
    category="auth",
    severity=Severity.INFO,
    profile="strict",
    subject=ServiceGraph,
    since="0.1.0",
    references=(
        "https://12factor.net/processes",
        "https://kubernetes.io/docs/reference/networking/virtual-ips/#session-affinity",
        "https://gateway-api.sigs.k8s.io/geps/gep-1619/",
        "https://developer.konghq.com/gateway/entities/upstream/",
    ),
    examples=(
        Bad(_shop(_MARKED)),
        Bad(
            _shop(
                more=_INGRESS.format(
                    path="/", marker="  # <- `shop` keeps clients on one copy (`affinity: cookie`)"
                )
            )
        ),
        Bad(
            _shop(
                more=_DESTINATION.format(
                    hash="{httpCookie: {name: S, ttl: 0s}}  # <- `shop` keeps clients on one copy (`consistentHash.httpCookie`)"
                )
            )
        ),
        Bad(_shop(more=_ROUTE)),
        Bad(_KONG),
        Good(_shop("sessionAffinity: None")),
        Good(_shop(more=_DESTINATION.format(hash="{httpHeaderName: x-tenant}")), "a cache is near"),
        Good(_shop(more=_DESTINATION.format(hash="{httpCookie: {name: S}}") + _SPLIT), "a canary release"),
        Good(_shop(more=_INGRESS.format(path="/ws", marker="")), "connections stay open"),
        Good(
            _shop("sessionAffinity: ClientIP", port=", appProtocol: kubernetes.io/ws"),
            "connections stay open",
        ),
        Good(_shop("sessionAffinity: ClientIP", kind="StatefulSet"), "each copy has state of its own"),
        Good(
            _shop(
                "sessionAffinity: ClientIP", env=", env: [{name: SPRING_SESSION_STORE_TYPE, value: redis}]"
            ),
            "sessions are shared",
        ),
        Good(
            {
                "compose.yaml": "services: {redis: {image: redis}, kong: {image: kong}, shop: {build: ., environment: {CACHE_URL: 'redis://redis'}}}",
                "kong.yml": _KONG["kong.yml"].partition("  # <-")[0]
                + "\n            targets: [{target: 'shop:8080'}]",
            },
            "a store is shared",
        ),
    ),
)
def sticky_sessions(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report affinity to services of our own without state, of which no store for sessions is known."""
    del context
    affinities = [fact for fact in graph.selects if fact.kind == "affinity" and not fact.spec.get("sockets")]
    if not affinities:
        return
    named: dict[tuple[str, str], list[Service]] = defaultdict(list)
    for service in graph.services:
        for endpoint in service.endpoints:
            for name in {endpoint.name, *endpoint.hostnames}:
                for key in ((endpoint.scope, name), ("", name)):
                    if service not in named[key]:
                        named[key].append(service)
    split = _split(graph)
    shared = _with_sessions(graph)
    for fact in affinities:
        services = named.get((fact.scope, fact.host), [])
        if len(services) == 1 and (fact.scope, fact.host) not in split and services[0].id not in shared:
            yield from _judged(services[0], fact)


def _judged(service: Service, fact: SelectFact) -> Iterator[Problem]:
    if not service.first_party or service.role in {"gateway", *infrastructure_roles()}:
        return
    if any(workload.kind in {"StatefulSet", "DaemonSet"} for workload in service.workloads):
        return
    texts = [
        service.name,
        *(text for end in service.endpoints for port in end.ports for text in (port.name, port.app_protocol)),
    ]
    if any(word in text.lower() for word in _SOCKETS for text in texts) or any(
        text.lower() in {"ws", "wss"} or text.endswith(("/ws", "/wss")) for text in texts
    ):
        return
    yield Problem(
        f"`{service.name}` keeps clients on one copy (`{fact.spec.get('setting', '')}`)",
        fact.at,
        help="keep sessions in a store that all copies share, and drop the affinity",
        identity=("sticky-sessions", fact.scope, fact.host),
    )


def _split(graph: ServiceGraph) -> set[tuple[str, str]]:
    """Return scope and name of what routes divide between several backends."""
    return {
        (backend.scope or route.scope, backend.host)
        for route in graph.routes
        if len(route.backends) > 1
        for backend in route.backends
    }


def _with_sessions(graph: ServiceGraph) -> set[str]:
    """Return the services that share a cache, or are told where to keep sessions."""
    found = {
        edge.source.id
        for edge in graph.dependencies
        if isinstance(edge.target, Datastore) and edge.target.kind == "cache"
    }
    found.update(
        setting.service.id
        for setting in graph.settings
        if "SESSION" in key_words(setting.key) and any(store in setting.value.lower() for store in _STORES)
    )
    return found
