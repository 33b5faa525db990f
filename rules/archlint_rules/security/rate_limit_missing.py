"""A public entry that anybody may use as often as they like.

## Why is this bad?

One client, by mistake or on purpose, takes all of the capacity; passwords and vouchers can be tried by the million; and the bill of whatever stands behind
grows with it.

## How to fix

Bound the requests of one client at the entry (an annotation of the Ingress, a plugin or filter of the gateway, `EnvoyFilter`,
`HTTPLocalRateLimitPolicy`), and document the answer 429. Where it is done before (CDN, WAF), say so in the manifest: `edge: [rate-limit]`.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Exposure, Good, Guards, Problem, Related, ServiceGraph, Severity, rule
from archlint_rules.security.edges import entries

_MOST_SHOWN = 10
_PODS = """
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
  name: orders{marker}
spec: {{type: {kind}, selector: {{app: orders}}, ports: [{{port: 80}}]}}
"""
_INGRESS = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
  annotations: {annotations}
spec:
  rules:
    - http:
        paths:
          - path: /orders
            pathType: Prefix
            backend: {{service: {{name: orders, port: {{number: 80}}}}}}{marker}
"""
_API = """
openapi: 3.1.0
info: {title: orders, version: 1.0.0}
paths:
  /orders:
    get:
      operationId: list
      responses: {"200": {description: ok}, "429": {description: too often}}
"""


def _routed(annotations: str = "{team: a}", marker: str = "", more: str = "") -> dict[str, str]:
    return {
        "orders/deploy.yaml": _INGRESS.format(annotations=annotations, marker=marker)
        + _PODS.format(kind="ClusterIP", marker="")
        + more
    }


@rule(
    id="rate-limit-missing",
    category="security",
    severity=Severity.WARNING,
    profile="strict",
    subject=ServiceGraph,
    since="0.1.0",
    references=(
        "https://owasp.org/API-Security/editions/2023/en/0xa4-unrestricted-resource-consumption/",
        "https://www.rfc-editor.org/rfc/rfc6585#section-4",
        "https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/#rate-limiting",
    ),
    tags=("security",),
    examples=(
        Bad(_routed(marker="  # <- nothing bounds how often the public route `shop` is used")),
        Bad(
            {
                "orders/deploy.yaml": _PODS.format(
                    kind="LoadBalancer",
                    marker="  # <- nothing bounds how often the public service `orders` is used",
                )
            }
        ),
        Good(_routed('{nginx.ingress.kubernetes.io/limit-rps: "10"}')),
        Good(_routed("{konghq.com/plugins: orders-rate-limit}"), "a plugin, by its name"),
        Good(
            _routed("{traefik.ingress.kubernetes.io/router.middlewares: shop-main@kubernetescrd}"),
            "who knows",
        ),
        Good(_routed("{alb.ingress.kubernetes.io/wafv2-acl-arn: arn}"), "a firewall before it"),
        Good(_routed("{kubernetes.io/ingress.class: nginx-internal}"), "no public route"),
        Good({**_routed(), "orders/openapi.yaml": _API}, "the contract has 429"),
        Good(
            _routed(
                more="""
---
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: limits}
spec: {configPatches: [{applyTo: HTTP_FILTER, patch: {value: {name: envoy.filters.http.local_ratelimit}}}]}
"""
            ),
            "the mesh bounds them",
        ),
        Good(
            {
                **_routed(),
                "orders/archlint-service.yaml": """
                    apiVersion: archlint.dev/v1alpha1
                    kind: Service
                    entity: component:default/orders
                    edge: [rate-limit]
                """,
            },
            "done before what is seen here",
        ),
        Good(
            {"compose.yaml": "services: {orders: {image: shop/orders, ports: ['80:80']}}"},
            "a port on somebody's machine",
        ),
    ),
)
def rate_limit_missing(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report public entries for which no policy is known that bounds requests, and whose contracts know no 429."""
    del context
    guards = Guards(graph)
    for entry in entries(graph):
        if entry.is_unread or entry.declares("rate-limit"):
            continue
        free = entry.unless(lambda way: _is_bounded(way, guards))
        if free:
            first, *others = free
            yield Problem(
                f"nothing bounds how often {entry.what} is used",
                first.at,
                help="bound the requests of one client, and answer 429",
                related=tuple(
                    Related(f"it leads to `{way.service.name}` here", way.at) for way in others[:_MOST_SHOWN]
                ),
                identity=("rate-limit", *entry.key),
            )


def _is_bounded(way: Exposure, guards: Guards) -> bool:
    return (
        guards.of("rateLimit", way.route, way.service) is not None
        or (way.route is not None and bool(way.route.extra.get("edge")))
        or any("rate-limit" in api.traits for api in way.service.apis)
    )
