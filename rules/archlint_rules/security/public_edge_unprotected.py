"""An entry from the internet with nothing before it.

## Why is this bad?

A flood of requests, or a known attack on the framework, reaches the services themselves: they go down, or they pay for it.

## How to fix

Put a web application firewall, protection against floods or a CDN before the entry. Where one stands there that is configured elsewhere, say so in the
manifest: `edge: [ddos]`.
"""

import re
from collections.abc import Iterator

from archlint.api import Bad, Context, Exposure, Good, Problem, ServiceGraph, Severity, regex, rule
from archlint_rules.security.edges import entries

_WORDS = ("ddos", "waf", "cdn")
_PROTECTED = regex(r"waf|shield|armor|backend-config|security-policy|cloudflare|cdn", re.IGNORECASE)
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
metadata: {{name: orders, annotations: {more}}}
spec: {{selector: {{app: orders}}, ports: [{{port: 80}}]}}
"""


def _routed(annotations: str = "{team: a}", marker: str = "", more: str = "{team: a}") -> dict[str, str]:
    return {"shop.yaml": _INGRESS.format(annotations=annotations, marker=marker, more=more)}


@rule(
    id="public-edge-unprotected",
    category="security",
    severity=Severity.INFO,
    profile="all",
    subject=ServiceGraph,
    since="0.1.0",
    references=(
        "https://owasp.org/API-Security/editions/2023/en/0xa4-unrestricted-resource-consumption/",
        "https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/#addons",
    ),
    tags=("security",),
    examples=(
        Bad(_routed(marker="  # <- nothing is seen before the public route `shop`")),
        Good(
            _routed(
                "{alb.ingress.kubernetes.io/scheme: internet-facing, alb.ingress.kubernetes.io/wafv2-acl-arn: arn}"
            )
        ),
        Good(_routed('{nginx.ingress.kubernetes.io/enable-modsecurity: "true"}')),
        Good(
            _routed(more='{cloud.google.com/backend-config: \'{"default": "armored"}\'}'),
            "told by the Service",
        ),
        Good(_routed("{kubernetes.io/ingress.class: internal}"), "no public route"),
        Good(
            {
                **_routed(),
                "manifest.yaml": """
                    apiVersion: archlint.dev/v1alpha1
                    kind: Service
                    entity: component:default/orders
                    edge: [ddos]
                """,
            },
            "configured elsewhere",
        ),
    ),
)
def public_edge_unprotected(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report entries without a sign of a firewall, a shield or a CDN, each once."""
    del context
    for entry in entries(graph):
        if entry.is_unread or any(entry.declares(word) for word in _WORDS):
            continue
        if entry.unless(_is_protected):
            yield Problem(
                f"nothing is seen before {entry.what}",
                entry.ways[0].at,
                help="put a firewall, a shield or a CDN before it, or say in the manifest that one is there",
                identity=("edge", *entry.key),
            )


def _is_protected(way: Exposure) -> bool:
    if way.route is not None and (
        way.route.extra.get("edge") or _PROTECTED.search(str(way.route.extra.get("class", "")))
    ):
        return True
    return any(_PROTECTED.search(key) for end in way.service.endpoints for key in end.annotations)
