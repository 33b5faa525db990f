"""Pages that reach browsers without headers that protect their users.

## Why is this bad?

Without a content security policy, injected script runs; without protection against frames, clicks can be stolen; without HSTS, the first request goes in
the clear. The route is the one place that no page can forget.

## How to fix

Add `Content-Security-Policy`, `Strict-Transport-Security` and `frame-ancestors` (or `X-Frame-Options`) at the gateway, or make sure that the application
does.
"""

import re
from collections.abc import Iterator

from archlint.api import Bad, Context, Exposure, Good, Problem, ServiceGraph, Severity, regex, rule
from archlint_rules.security.edges import entries

_HEADERS = regex(
    r"content-security-policy|strict-transport-security|x-frame-options|hsts|secure-?headers", re.IGNORECASE
)
_ROLES = frozenset(("web", "website", "frontend", "bff"))
_PAGES = regex(
    r"(?:^|[-_.])(?:front-?end|web|webapp|webui|www|ui|website|portal|spa|storefront)(?:$|[-_.])",
    re.IGNORECASE,
)
_ROUTE = """
apiVersion: {version}
kind: {kind}
metadata: {{name: shop, annotations: {annotations}}}
spec:
  {spec}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec: {{containers: [{{name: {name}, image: "shop/{name}:1"}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec: {{selector: {{app: {name}}}, ports: [{{port: 80}}]}}
"""


def _ingress(
    name: str = "frontend", annotations: str = "{team: a}", marker: str = "", more: str = ""
) -> dict[str, str]:
    spec = f"defaultBackend:\n    service: {{name: {name}, port: {{number: 80}}}}{marker}{more}"
    return {
        "shop.yaml": _ROUTE.format(
            version="networking.k8s.io/v1", kind="Ingress", annotations=annotations, spec=spec, name=name
        )
    }


def _istio(headers: str) -> dict[str, str]:
    spec = (
        "hosts: [shop.example.com]\n  gateways: [edge]\n  http:\n"
        f"    - route: [{{destination: {{host: frontend}}}}]\n      headers: {headers}"
    )
    return {
        "shop.yaml": _ROUTE.format(
            version="networking.istio.io/v1",
            kind="VirtualService",
            annotations="{team: a}",
            spec=spec,
            name="frontend",
        )
    }


@rule(
    id="security-headers-missing",
    category="security",
    severity=Severity.INFO,
    profile="strict",
    subject=ServiceGraph,
    since="0.1.0",
    references=("https://owasp.org/www-project-secure-headers/", "https://www.rfc-editor.org/rfc/rfc6797"),
    tags=("security",),
    examples=(
        Bad(
            _ingress(
                marker="  # <- the public route `shop` adds no security headers to the pages of `frontend`"
            )
        ),
        Good(_ingress("orders"), "no pages"),
        Good(
            _ingress(
                annotations="{nginx.ingress.kubernetes.io/configuration-snippet: 'more_set_headers \"Content-Security-Policy: self\";'}"
            )
        ),
        Good(
            _ingress(
                annotations="{nginx.ingress.kubernetes.io/proxy-body-size: 8m}",
                more="\n  tls: [{hosts: [shop.example.com], secretName: shop}]",
            ),
            "ingress-nginx adds HSTS where there is TLS",
        ),
        Good(
            _ingress(
                annotations="{traefik.ingress.kubernetes.io/router.middlewares: shop-main@kubernetescrd}"
            ),
            "who knows",
        ),
        Good(_istio("{response: {set: {strict-transport-security: max-age=31536000}}}")),
    ),
)
def security_headers_missing(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report public routes to services that serve pages, where no filter adds any of the headers; what applications add is not seen."""
    del context
    for entry in entries(graph):
        if entry.is_unread:
            continue
        for way in entry.unless(lambda way: not _serves_pages(way) or _adds_headers(way))[:1]:
            yield Problem(
                f"{entry.what} adds no security headers to the pages of `{way.service.name}`",
                way.at,
                help="add `Content-Security-Policy`, `Strict-Transport-Security` and a protection against frames",
                identity=("headers", *entry.key),
            )


def _serves_pages(way: Exposure) -> bool:
    service = way.service
    return way.route is not None and (
        service.role in _ROLES
        or (not service.role and _PAGES.search(service.name.partition(" (")[0]) is not None)
    )


def _adds_headers(way: Exposure) -> bool:
    route = way.route
    if route is None:
        return True
    told = " ".join(str(route.extra.get(key, "")) for key in ("headers", "filters", "plugins"))
    by_default = (
        route.policy is not None and route.policy.tool == "ingress-nginx" and bool(route.extra.get("tls"))
    )
    return by_default or _HEADERS.search(told) is not None
