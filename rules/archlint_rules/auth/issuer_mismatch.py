"""The contract sends users to one issuer of tokens, and the mesh trusts another.

## Why is this bad?

Clients that follow the contract get a token that is refused; or the check was pointed at another issuer and lets in whom the API does not know.

## How to fix

Use one issuer in both. Where one provider has several names (a custom domain), tell with the option `aliases`.
"""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta

from archlint.api import Bad, Context, Good, Options, Problem, Related, ServiceGraph, Severity, rule
from archlint_rules.auth.issuers import checked, provider_of, written

_SPEC = """
openapi: 3.1.0
info: {{title: orders, version: 1.0.0}}
paths: {{/orders: {{get: {{security: [{{login: []}}], responses: {{"200": {{description: ok}}}}}}}}}}
components:
  securitySchemes:
    login:
      type: openIdConnect
      openIdConnectUrl: {url}/.well-known/openid-configuration{marker}
"""
_MESH = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: orders, namespace: shop}}
spec:
  template:
    metadata: {{labels: {{app: orders}}}}
    spec: {{containers: [{{name: orders, image: "shop/orders:1"}}]}}
---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {{name: tokens, namespace: shop}}
spec:
  selector: {{matchLabels: {{app: {app}}}}}
  jwtRules: [{{issuer: "{issuer}"}}]
"""

_COMPOSE = """
services:
  kong: {image: kong, ports: ["80:8000"]}
  orders: {build: orders}
"""
_KONG = """
_format_version: "3.0"
services:
  - name: orders
    url: http://orders:8080
    routes: [{name: orders, paths: [/orders]}]
    plugins: [{name: openid-connect, config: {issuer: "https://login.shop.io/realms/shop"}}]
"""


def _both(
    url: str, issuer: str = "https://login.shop.io", *, app: str = "orders", marker: str = ""
) -> dict[str, str]:
    return {
        "orders/openapi.yaml": _SPEC.format(url=url, marker=f"  # <- {marker}" if marker else ""),
        "orders/mesh.yaml": _MESH.format(issuer=issuer, app=app),
    }


_PROXY = 'envoy: {image: envoyproxy/envoy, volumes: ["./envoy.yaml:/etc/envoy/envoy.yaml"],'
_ENVOY = """
static_resources:
  listeners:
    - address: {socket_address: {address: 0.0.0.0, port_value: 8000}}
      filter_chains:
        - filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: in
                route_config:
                  virtual_hosts:
                    - {name: all, domains: ["*"], routes: [{name: orders, match: {prefix: /orders}, route: {cluster: orders}}]}
                http_filters:
                  - name: envoy.filters.http.jwt_authn
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication
                      providers: {shop: {issuer: "https://login.shop.io"}}
                  - name: envoy.filters.http.router
  clusters:
    - name: orders
      load_assignment:
        endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: orders, port_value: 8080}}}}]}]
"""


def _envoy(url: str, marker: str = "") -> dict[str, str]:
    return {
        "orders/openapi.yaml": _SPEC.format(url=url, marker=marker),
        "compose.yaml": _COMPOSE.replace("kong: {image: kong,", _PROXY),
        "envoy.yaml": _ENVOY,
    }


def _kong(url: str, marker: str = "") -> dict[str, str]:
    return {
        "orders/openapi.yaml": _SPEC.format(url=url, marker=marker),
        "compose.yaml": _COMPOSE,
        "kong.yaml": _KONG,
    }


class IssuerOptions(Options, frozen=True, kw_only=True):
    """Hosts that are one provider."""

    aliases: Annotated[
        tuple[str, ...],
        Meta(description="Hosts that are another's, as `HOST=HOST`: a custom domain and the provider's own."),
    ] = ()


@rule(
    id="issuer-mismatch",
    category="auth",
    severity=Severity.WARNING,
    profile="strict",
    subject=ServiceGraph,
    since="0.1.0",
    references=(
        "https://www.rfc-editor.org/rfc/rfc8725#section-3.8",
        "https://www.rfc-editor.org/rfc/rfc9068#section-4",
        "https://istio.io/latest/docs/reference/config/security/request_authentication/",
        "https://developer.konghq.com/plugins/openid-connect/",
    ),
    tags=("security",),
    options=IssuerOptions,
    examples=(
        Bad(
            _both(
                "https://id.other.io",
                marker="`orders` sends users to `id.other.io`, and `tokens` trusts `login.shop.io`",
            )
        ),
        Bad(
            _kong("https://id.other.io", "  # <- `orders` sends users to `id.other.io`, and `orders` trusts")
        ),
        Bad(
            _envoy("https://id.other.io", "  # <- `orders` sends users to `id.other.io`, and `orders` trusts")
        ),
        Good(_envoy("https://login.shop.io")),
        Good(_kong("https://login.shop.io")),
        Good(_both("https://login.shop.io")),
        Good(
            _both("https://id.other.io"), "one provider", options={"aliases": ["id.other.io=login.shop.io"]}
        ),
        Good(
            _both("https://accounts.google.com", "https://oauth2.googleapis.com"),
            "known hosts of one provider",
        ),
        Good(_both("https://id.other.io", app="billing"), "checks another service's tokens"),
        Good(_both("https://id.other.io", "{{ .Values.issuer }}"), "filled in later"),
    ),
)
def issuer_mismatch(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report contracts of which no issuer is one that the checks before the service trust."""
    aliases = dict(text.split("=", 1) for text in context.options.aliases if "=" in text)
    guards = checked(graph)
    for service in graph.services:
        checks = guards.get(service.id, [])
        trusted = {provider_of(host, aliases) for check in checks for host in check.hosts}
        said = [(host, at) for kind, host, at in written(service) if kind in {"user", "machine"} and host]
        if not trusted or not said or any(provider_of(host, aliases) in trusted for host, _ in said):
            continue
        (host, at), check = said[0], checks[0]
        yield Problem(
            f"`{service.name}` sends users to `{host}`, and `{check.name}` trusts `{min(check.hosts)}`",
            at,
            help="use one issuer in both, or tell in `aliases` that they are one",
            related=(Related("tokens are checked here", check.at),),
            identity=("issuer", service.id),
        )
