"""A route to a Service, a subset or a port that does not exist.

## Why is this bad?

Every request that takes the route is answered with 503, often only for some paths or some users: a Service was renamed, a version removed, or a port
changed, and the route still names the old one.

## How to fix

Correct the name of the backend, or remove the route.
"""

import posixpath
from collections import defaultdict
from collections.abc import Iterator

from archlint.api import (
    Backend,
    Backends,
    Bad,
    Confidence,
    Context,
    EndpointFact,
    Good,
    Pods,
    Problem,
    Related,
    RouteFact,
    SelectFact,
    ServiceGraph,
    Severity,
    rule,
)
from archlint_rules.networking.subsets import empty_fault, subset_fault

_LEAST_KNOWN = 2
_SHARE = 4
_GRANT = "gateway.networking.k8s.io/ReferenceGrant"
_SERVICE = """
---
apiVersion: v1
kind: Service
metadata: {{name: {name}{space}}}
spec: {{selector: {{app: {name}}}, ports: [{{port: 80, name: web}}]}}
"""
_SERVICES = _SERVICE.format(name="orders", space="") + _SERVICE.format(name="stock", space="")
_INGRESS = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: shop}}
spec:
  rules:
    - http:
        paths:
          - {{path: /orders, pathType: Prefix, backend: {{service: {{name: orders, port: {{number: 80}}}}}}}}
          - {{path: /stock, pathType: Prefix, backend: {{service: {{name: stock, port: {{number: 80}}}}}}}}
          - path: /x
            pathType: Prefix
            backend: {{service: {{name: {name}, port: {port}}}}}{marker}
"""
_ISTIO = """
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: orders}}
spec:
  hosts: [orders]
  http:
    - route:
        - destination: {destination}{marker}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{name: orders}}
spec:
  host: orders.default.svc.cluster.local
  subsets: [{{name: v1, labels: {{version: v1}}}}]
"""
_SPLIT = """
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: split}}
spec:
  hosts: [orders]
  http:
    - route:
        - {{destination: {{host: orders, subset: v1}}}}
        - {{destination: {{host: orders, subset: v2}}, weight: {weight}}}{marker}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{name: orders}}
spec: {{host: orders, subsets: [{{name: v1, labels: {{version: v1}}}}, {{name: v2, labels: {{version: v2}}}}]}}
---
apiVersion: apps/v1
kind: {kind}
metadata: {{name: orders}}
spec: {{template: {{metadata: {{labels: {{app: orders, version: v1}}}}, spec: {{containers: [{{name: orders, image: a}}]}}}}}}
"""
_GATEWAY = """
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: shop}}
spec:
  parentRefs: [{{name: edge}}]
  rules:
    - backendRefs: [{{name: orders, port: 80}}, {{name: stock, port: 80}}]
    - backendRefs:
        - {backend}{marker}
"""


def _ingress(
    name: str = "orders", port: str = "{number: 80}", marker: str = "", services: str = _SERVICES
) -> dict[str, str]:
    return {"shop.yaml": _INGRESS.format(name=name, port=port, marker=marker) + services}


def _istio(destination: str, marker: str = "", more: str = "") -> dict[str, str]:
    return {"mesh.yaml": _ISTIO.format(destination=destination, marker=marker) + _SERVICES + more}


def _split(marker: str = "", *, weight: str = "10", kind: str = "Deployment") -> dict[str, str]:
    return {"mesh.yaml": _SPLIT.format(marker=marker, weight=weight, kind=kind) + _SERVICES}


def _gateway(backend: str, marker: str = "", more: str = "") -> dict[str, str]:
    return {"edge.yaml": _GATEWAY.format(backend=backend, marker=marker) + _SERVICES + more}


@rule(
    id="route-backend-missing",
    category="networking",
    severity=Severity.ERROR,
    subject=ServiceGraph,
    since="0.1.0",
    references=(
        "https://kubernetes.io/docs/concepts/services-networking/ingress/",
        "https://gateway-api.sigs.k8s.io/api-types/httproute/",
        "https://gateway-api.sigs.k8s.io/api-types/referencegrant/",
        "https://istio.io/latest/docs/reference/config/analysis/ist0101/",
        "https://istio.io/latest/docs/reference/config/networking/virtual-service/#Destination",
    ),
    examples=(
        Bad(_ingress("ordres", marker="  # <- `shop` leads to `ordres`, which does not exist here")),
        Bad(
            _ingress(
                port="{number: 81}", marker="  # <- `shop` leads to port `81` of `orders`, which has `80`"
            )
        ),
        Bad(
            _ingress(
                port="{name: http}", marker="  # <- `shop` leads to port `http` of `orders`, which has `web`"
            )
        ),
        Bad(
            _istio(
                "{host: orders, subset: v2}",
                "  # <- `orders` leads to the subset `v2` of `orders`, which has `v1`",
            )
        ),
        Bad(
            _gateway("{name: ordres, port: 80}", "  # <- `shop` leads to `ordres`, which does not exist here")
        ),
        Bad(
            {
                "front/src/main/resources/application.yaml": """
                    spring:
                      application: {name: front}
                      cloud:
                        gateway:
                          routes:
                            - {id: orders, uri: "lb://orders", predicates: [Path=/orders/**]}
                            - {id: stock, uri: "lb://stock", predicates: [Path=/stock/**]}
                            - id: pay
                              uri: lb://payment  # <- `pay` leads to `payment`, which does not exist here
                              predicates: [Path=/pay/**]
                """,
                "compose.yaml": """
                    services:
                      front: {image: shop/front}
                      orders: {image: shop/orders}
                      stock: {image: shop/stock}
                      billing: {image: shop/billing}
                """,
            },
            "names of a registry",
        ),
        Good(
            {
                "front/src/main/resources/application.yaml": """
                    spring:
                      application: {name: front}
                      cloud:
                        gateway:
                          routes:
                            - {id: orders, uri: "lb://orders", predicates: [Path=/orders/**]}
                            - {id: stock, uri: "lb://stock", predicates: [Path=/stock/**]}
                            - {id: registry, uri: "http://localhost:8761", predicates: [Path=/eureka/**]}
                """,
                "compose.yaml": "services: {front: {image: a}, orders: {image: b}, stock: {image: c}}",
            },
            "what a developer runs on the same machine",
        ),
        Good(_ingress()),
        Good(
            {
                "samples/shop.yaml": _ingress()["shop.yaml"],
                "samples/one.yaml": _ISTIO.format(destination="{host: one}", marker=""),
                "samples/two.yaml": _ISTIO.format(destination="{host: two}", marker=""),
            },
            "a folder of samples that have nothing to do with each other",
        ),
        Good(_ingress(port="{name: web}"), "a named port"),
        Good(
            {
                "base/services.yaml": _SERVICES,
                "overlays/metered/shop.yaml": _ingress(services="")["shop.yaml"],
                "overlays/metered/orders.yaml": """
                    apiVersion: v1
                    kind: Service
                    metadata: {name: orders}
                    spec: {ports: [{port: 9090, name: metrics}]}
                """,
            },
            "a patch adds a port to those of the base",
        ),
        Good(_ingress("ordres", services=""), "the Services come from elsewhere"),
        Good(_ingress('"{{ .Values.name }}"'), "filled in when it is rendered"),
        Good(_ingress("shop-kafka", services=_SERVICES + _SERVICE.format(name="shop-kafka", space=""))),
        Good(
            {
                "shop.yaml": _INGRESS.format(name="legacy", port="{number: 81}", marker="")
                + _SERVICES
                + """
---
apiVersion: v1
kind: Service
metadata: {name: legacy}
spec: {type: ExternalName, externalName: legacy.example.com}
"""
            },
            "an external name has no ports",
        ),
        Good(
            _ingress(
                "hello",
                services=_SERVICES
                + """
---
apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: hello}
spec: {template: {spec: {containers: [{image: "shop/hello:1"}]}}}
""",
            ),
            "Knative makes the Service",
        ),
        Good(_ingress("redirect", "{name: use-annotation}"), "an action of the load balancer"),
        Bad(_split("  # <- `split` leads to the subset `v2` of `orders`, which has no pods here")),
        Good(_split(weight="0"), "nothing is sent there yet"),
        Good(_split(kind="Rollout"), "a rollout labels pods while it runs"),
        Good(_istio("{host: orders, subset: v1}")),
        Good(_istio("{host: api.example.com}"), "a host outside of the cluster"),
        Good(
            _istio(
                "{host: billing}",
                more="""
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: billing}
spec: {hosts: [billing], location: MESH_EXTERNAL, ports: [{number: 80, name: http, protocol: HTTP}], resolution: DNS}
""",
            ),
            "a service entry",
        ),
        Good(_istio("{host: stock, subset: v9}"), "nothing here says which subsets there are"),
        Good(
            _gateway(
                "{name: pay, namespace: other, port: 80}",
                more=_SERVICE.format(name="pay", space=", namespace: other"),
            ),
            "the grant may be made where the other namespace is deployed from",
        ),
        Good(_gateway("{name: bucket, kind: Backend, group: example.com}"), "no Service"),
    ),
)
def route_backend_missing(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report backends whose Service, port or subset is missing where what is deployed beside is seen.

    A Service is missing where everything is declared to be here, or where the others that routes of the same file name are found, or
    nearly all that those of the same folder do.
    """
    backends, pods = Backends(graph), Pods(graph)
    looked_up = [
        (route, backend, backends.of(route, backend)) for route in graph.routes for backend in route.backends
    ]
    known: dict[tuple[str, str], set[str]] = defaultdict(set)
    unknown: dict[tuple[str, str], set[str]] = defaultdict(set)
    for route, backend, found in looked_up:
        for place in (route.at.path, posixpath.dirname(route.at.path) + "/"):
            side = known if found.where == "here" else unknown
            side[place, backend.scope or route.scope].add(backend.host)
    grants: dict[str, list[SelectFact]] = defaultdict(list)
    for fact in graph.selects:
        if fact.kind == _GRANT:
            grants[fact.scope].append(fact)
    told: dict[tuple[str, ...], list[tuple[str, Backend, Confidence]]] = {}
    for route, backend, found in looked_up:
        complete = context.complete(route.at.path)
        scope = backend.scope or route.scope
        message, sure = "", True
        if found.where == "missing":
            folder = posixpath.dirname(route.at.path) + "/", scope
            seen = len(known[route.at.path, scope]) >= _LEAST_KNOWN or (
                len(known[folder]) >= _SHARE * len(unknown[folder])
            )
            if (complete or seen) and backend.port != "use-annotation":
                message, sure = (
                    f"`{route.name}` leads to `{backend.host}`, which does not exist here",
                    complete,
                )
        elif found.where == "here":
            message = _port(route, backend, found.endpoints)
            sure = complete or any(end.at.path == route.at.path for end in found.endpoints)
            if not message and backend.subset:
                subsets = backends.subsets(route, backend)
                message = subset_fault(route, backend, subsets) or empty_fault(
                    route,
                    backend,
                    subsets or {},
                    [pod for end in found.endpoints for pod in pods.behind(end)],
                )
                sure = complete
            if not message and complete and _lacks_grant(route, backend, grants[scope]):
                message = f"`{route.name}` leads to `{backend.host}` of another namespace, without a `ReferenceGrant`"
        if message:
            confidence = Confidence.DECLARED if sure else Confidence.INFERRED
            told.setdefault((route.kind, scope, route.name, message), []).append(
                (message, backend, confidence)
            )
    for key, places in told.items():
        message, backend, confidence = places[0]
        yield Problem(
            message,
            backend.at,
            help="correct the name of the backend, or remove the route",
            related=tuple(Related("it does here as well", other.at) for _, other, _ in places[1:]),
            confidence=confidence,
            identity=("route-backend", *key),
        )


def _port(route: RouteFact, backend: Backend, endpoints: tuple[EndpointFact, ...]) -> str:
    """Return what is the matter with the port of *backend*: none of its Services has it."""
    if not backend.port or any(sign in backend.port for sign in "{$") or backend.port == "use-annotation":
        return ""
    if not endpoints or any(not end.ports or end.external_name or end.kind == "compose" for end in endpoints):
        return ""
    names = {name for end in endpoints for port in end.ports for name in (str(port.number), port.name)}
    if backend.port in names or "None" in names:
        return ""
    wanted = backend.port.isdecimal()
    shown = sorted(
        {str(port.number) if wanted else port.name for end in endpoints for port in end.ports} - {""}
    )
    has = " and ".join(f"`{name}`" for name in shown[:3]) or "none of a name"
    return f"`{route.name}` leads to port `{backend.port}` of `{backend.host}`, which has {has}"


def _lacks_grant(route: RouteFact, backend: Backend, grants: list[SelectFact]) -> bool:
    """Tell whether a route of the Gateway API leads to another namespace that lets nobody in from its own."""
    if route.extractor != "gateway-api" or not backend.scope or backend.scope == route.scope:
        return False
    for grant in grants:
        entries = grant.spec.get("from")
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict) and f"k8s:{entry.get('namespace')}" == route.scope:
                return False
    return True
