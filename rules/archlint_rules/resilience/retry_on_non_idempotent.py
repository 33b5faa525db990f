"""Requests that change something, sent again after they may have been served.

## Why is this bad?

An answer of 503 or a timeout does not say that nothing happened. A gateway that sends a `POST` again orders twice, pays twice, and hides it from the
caller. A proxy must not do so by itself (RFC 9110, 9.2.2).

## How to fix

Retry only methods that can be repeated (`GET`, `HEAD`, `PUT`, `DELETE`), or only before a request was sent. Where a `POST` has to be retried, let
the client do it with an idempotency key.
"""

from collections.abc import Iterator
from typing import Any

from archlint.api import (
    Backends,
    Bad,
    Context,
    Dependency,
    Good,
    Location,
    OperationFact,
    Pointer,
    Problem,
    Related,
    Service,
    ServiceGraph,
    Severity,
    rule,
)
from archlint.formats.spring import GATEWAYS, SpringConfig
from archlint_rules.resilience.retrying import UNSAFE, condition_of, may_change, place_of, repeated

_OF_EDGES = frozenset(("dapr", "linkerd", "grpc"))
_OTHERS = frozenset(("SpringGateway", "Kong"))
"""Kinds of routes that are checked by themselves, or whose tool sends nothing again that may have been served."""
_GATEWAY = """
spring:
  application: {{name: front}}
  cloud:
    gateway:
      {filters}
      routes:
      - id: stock
        uri: lb://stock
        predicates: [{predicates}]
        {more}
"""


_API = """
openapi: 3.1.0
info: {{title: orders, version: 1.0.0}}
paths:
  /orders:
    get: {{operationId: list, responses: {{"200": {{description: ok}}}}}}
    post:
      operationId: order
      {key}
      responses: {{"201": {{description: made}}}}
"""
_PODS = """
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: orders}
spec:
  template:
    metadata: {labels: {app: orders}}
    spec: {containers: [{name: orders, image: "shop/orders:1"}]}
---
apiVersion: v1
kind: Service
metadata: {name: orders}
spec: {selector: {app: orders}, ports: [{port: 80}]}
"""
_ISTIO = """
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: orders}}
spec:
  hosts: [orders]
  http:
    - match: [{match}]
      route: [{{destination: {{host: orders}}}}]
      retries: {retries}{marker}
"""
_INGRESS = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
  annotations:
    nginx.ingress.kubernetes.io/proxy-next-upstream: {conditions}{marker}
spec: {{defaultBackend: {{service: {{name: orders, port: {{number: 80}}}}}}}}
"""
_LINKERD = """
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  template:
    metadata: {{labels: {{app: web}}}}
    spec: {{containers: [{{name: web, image: "shop/web:1", env: [{{name: ORDERS_URL, value: "http://orders"}}]}}]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: orders}}
spec:
  template:
    metadata: {{labels: {{app: orders}}}}
    spec: {{containers: [{{name: orders, image: "shop/orders:1"}}]}}
---
apiVersion: v1
kind: Service
metadata:
  name: orders
  annotations:
    retry.linkerd.io/http: {conditions}
    retry.linkerd.io/limit: "2"{marker}
spec: {{selector: {{app: orders}}, ports: [{{port: 80}}]}}
"""
_DAPR = """
---
apiVersion: dapr.io/v1alpha1
kind: Resiliency
metadata: {{name: calls}}
spec:
  policies:
    retries:
      few: {{policy: constant, maxRetries: {retries}}}{marker}
  targets: {{apps: {{orders: {{retry: few}}}}}}
"""
_KEY = "parameters: [{name: Idempotency-Key, in: header, schema: {type: string}}]"


def _with_api(text: str, key: str = "tags: [a]") -> dict[str, str]:
    return {"orders/deploy.yaml": text, "orders/openapi.yaml": _API.format(key=key)}


def _istio(retries: str, marker: str = "", match: str = "{uri: {prefix: /orders}}") -> str:
    return _ISTIO.format(retries=retries, marker=marker, match=match) + _PODS


def _gateway(filters: str = "", more: str = "", predicates: str = "Path=/stock/**") -> str:
    return _GATEWAY.format(filters=filters, more=more, predicates=f'"{predicates}"')


@rule(
    id="retry-on-non-idempotent",
    category="resilience",
    severity=Severity.ERROR,
    subject=(SpringConfig, ServiceGraph),
    since="0.1.0",
    references=(
        "https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2",
        "https://docs.spring.io/spring-cloud-gateway/reference/spring-cloud-gateway/gatewayfilter-factories/retry-factory.html",
        "https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRetry",
        "https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter#x-envoy-retry-on",
        "https://linkerd.io/2/reference/retries/",
        "https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_next_upstream",
        "https://google.aip.dev/194",
    ),
    examples=(
        Bad(
            _gateway(
                "default-filters:\n"
                "      - {name: Retry, args: {retries: 1, statuses: SERVICE_UNAVAILABLE, methods: POST}}  # <- every route of `front` retries `POST`"
            )
        ),
        Bad(
            _gateway(
                more="filters: [{name: Retry, args: {retries: 3, methods: [GET, POST]}}]  # <- the route `stock` of `front` retries `POST`"
            )
        ),
        Bad(
            _gateway(
                more='filters: ["Retry=3,BAD_GATEWAY,PATCH"]  # <- the route `stock` of `front` retries `PATCH`'
            )
        ),
        Good(_gateway(more="filters: [{name: Retry, args: {retries: 3}}]"), "only `GET`, by default"),
        Good(_gateway(more="filters: [{name: Retry, args: {methods: 'GET,PUT'}}]")),
        Good(_gateway(more="filters: [{name: Retry, args: {retries: 0, methods: POST}}]"), "no retry"),
        Good(
            _gateway(predicates="Method=GET", more="filters: [{name: Retry, args: {methods: 'GET,POST'}}]"),
            "no `POST` comes here",
        ),
        Bad(
            _with_api(
                _istio(
                    "{attempts: 3, retryOn: 5xx}", "  # <- the route `orders` retries `POST /orders` on `5xx`"
                )
            )
        ),
        Bad(
            _istio(
                "{attempts: 3, retryOn: 'connect-failure,gateway-error'}",
                "  # <- the route `orders` retries `POST` on `gateway-error`",
                "{method: {exact: POST}}",
            ),
            "the route itself says so",
        ),
        Bad(
            _with_api(
                _INGRESS.format(
                    conditions="error timeout non_idempotent",
                    marker="  # <- the route `shop` retries `POST /orders` on `error`",
                )
                + _PODS
            )
        ),
        Bad(
            _with_api(
                _LINKERD.format(
                    conditions="5xx",
                    marker="  # <- calls of `orders` are retried with `POST /orders` on `5xx`",
                )
            )
        ),
        Bad(
            _with_api(
                _LINKERD.format(conditions='"429"', marker="")
                + _DAPR.format(
                    retries="3",
                    marker="  # <- calls of `orders` are retried with `POST /orders` on `any failure`",
                )
            )
        ),
        Good(
            _with_api(_LINKERD.format(conditions='"429"', marker="") + _DAPR.format(retries="0", marker=""))
        ),
        Good(_with_api(_istio("{attempts: 3, retryOn: 5xx}"), _KEY), "with a key, a `POST` can be repeated"),
        Good(
            _with_api(_istio("{attempts: 3, retryOn: 'connect-failure,refused-stream'}")), "nothing was sent"
        ),
        Good(_with_api(_istio("{attempts: 3}")), "Istio's own conditions are safe"),
        Good(_with_api(_istio("{attempts: 0, retryOn: 5xx}")), "no retry"),
        Good(_with_api(_istio("{attempts: 3, retryOn: 5xx}", match="{method: {exact: GET}}")), "only `GET`"),
        Good(
            _with_api(_istio("{attempts: 3, retryOn: 5xx}", match="{uri: {prefix: /stock}}")),
            "the route is for other paths",
        ),
        Good(
            """
            apiVersion: linkerd.io/v1alpha2
            kind: ServiceProfile
            metadata: {name: orders.shop.svc.cluster.local}
            spec:
              routes:
                - condition: {method: POST, pathRegex: '/shop\\.Orders/GetOrder'}
                  name: POST /shop.Orders/GetOrder
                  isRetryable: true
            """,
            "calls of gRPC are all `POST`, and this one reads",
        ),
        Good(_istio("{attempts: 3, retryOn: 5xx}"), "nobody knows what the service does"),
        Good(
            _with_api(_INGRESS.format(conditions="error timeout http_502", marker="") + _PODS),
            "nginx sends no `POST` again once it was sent",
        ),
        Good(
            _with_api(_LINKERD.format(conditions='"429"', marker="")), "turned away before anything happened"
        ),
    ),
)
def retry_on_non_idempotent(subject: SpringConfig | ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report retries of `POST` or `PATCH`: filters of Spring Cloud Gateway, explicit policies of routes, and of calls between services.

    What a route retries is told by its own methods, or else by what the services behind it do as their contracts say.
    """
    del context
    if isinstance(subject, ServiceGraph):
        yield from _of_routes(subject)
        yield from _of_calls(subject)
    else:
        yield from _of_spring(subject)


def _of_routes(graph: ServiceGraph) -> Iterator[Problem]:
    backends = Backends(graph)
    for route in graph.routes:
        condition = condition_of(route.policy) if route.policy and route.kind not in _OTHERS else ""
        if not condition or route.policy is None or (route.methods and not set(route.methods) & set(UNSAFE)):
            continue
        services = backends.services(route)
        operations = [item for service in services for item in repeated(service, route)]
        related: tuple[Related, ...] = ()
        if operations:
            what, related = f"`{operations[0].name}`", (Related("the operation", operations[0].at),)
        elif route.methods and may_change(route) and not any(service.apis for service in services):
            what = " and ".join(f"`{method}`" for method in UNSAFE if method in route.methods)
        else:
            continue
        yield Problem(
            f"the route `{route.name}` retries {what} on `{condition}`",
            place_of(route.policy) or route.at,
            help="retry only methods that can be repeated, or only what was never sent",
            related=related,
            identity=("retry", route.kind, route.scope, route.name, route.path),
        )


def _of_calls(graph: ServiceGraph) -> Iterator[Problem]:
    """Report the policies of layers that are no route's, each once."""
    told: set[object] = set()
    for edge in graph.dependencies:
        for policy in edge.policies:
            at = place_of(policy)
            if (
                policy.tool not in _OF_EDGES
                or at is None
                or at.node in told
                or not isinstance(edge.target, Service)
            ):
                continue
            condition = condition_of(policy)
            operations = repeated(edge.target) if condition else []
            if operations:
                told.add(at.node)
                yield _problem_of(edge, edge.target, operations[0], at, condition)


def _problem_of(
    edge: Dependency, target: Service, operation: OperationFact, at: Location, condition: str
) -> Problem:
    return Problem(
        f"calls of `{target.name}` are retried with `{operation.name}` on `{condition}`",
        at,
        help="retry only operations that can be repeated",
        related=(Related("the operation", operation.at), Related("a caller", edge.location)),
        identity=("retry-call", target.name, operation.name),
    )


def _of_spring(config: SpringConfig) -> Iterator[Problem]:
    owner = f"`{config.application}`" if config.application else "the gateway"
    for place in GATEWAYS:
        for pointer, methods in _retries(config, (*place, "default-filters")):
            yield _problem(config, f"every route of {owner} retries", pointer, methods)
        for index, route in enumerate(config.items(*place, "routes")):
            if not isinstance(route, dict) or not _may_change(route.get("predicates")):
                continue
            what = f"the route `{route.get('id') or index}` of {owner} retries"
            for pointer, methods in _retries(config, (*place, "routes", index, "filters")):
                yield _problem(config, what, pointer, methods)


def _problem(config: SpringConfig, what: str, pointer: Pointer, methods: list[str]) -> Problem:
    named = " and ".join(f"`{method}`" for method in methods)
    return Problem(f"{what} {named}", config.at(*pointer), help="retry only methods that can be repeated")


def _retries(config: SpringConfig, place: Pointer) -> Iterator[tuple[Pointer, list[str]]]:
    """Yield the retry filters at *place* with those of their methods that cannot be repeated."""
    for index, entry in enumerate(config.items(*place)):
        pointer: Pointer = (*place, index)
        retries: Any = ""
        methods: Any = None
        if isinstance(entry, str) and entry.startswith("Retry="):
            parts = [part.strip() for part in entry.removeprefix("Retry=").split(",")]
            retries, methods = parts[0], parts[2] if len(parts) > 2 else None  # noqa: PLR2004 - retries, statuses, methods
        elif isinstance(entry, dict) and entry.get("name") == "Retry" and isinstance(entry.get("args"), dict):
            retries, methods = entry["args"].get("retries", ""), entry["args"].get("methods")
            pointer = (*pointer, "args", "methods")
        names = methods if isinstance(methods, list) else str(methods or "").split(",")
        found = [name for name in UNSAFE if name in {str(item).strip().upper() for item in names}]
        if found and str(retries) != "0":
            yield pointer, found


def _may_change(predicates: Any) -> bool:
    """Tell whether requests that change something pass the *predicates*: no `Method` leaves them out."""
    for entry in predicates if isinstance(predicates, list) else ():
        if isinstance(entry, str) and entry.startswith("Method="):
            return any(method in entry.upper() for method in UNSAFE)
        if isinstance(entry, dict) and entry.get("name") == "Method":
            return any(method in str(entry.get("args")).upper() for method in UNSAFE)
    return True
