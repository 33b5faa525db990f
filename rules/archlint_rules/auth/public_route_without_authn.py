"""The outside reaches a service, and nothing on the way is known to ask who calls.

## Why is this bad?

Whoever finds the address may use the service. Often somebody thought that the gateway asks, and the gateway was told of another path.

## How to fix

Let the gateway or the mesh ask (`RequestAuthentication` with a policy, an authenticating annotation or plugin), or say that the service does: by `security` in its
OpenAPI description, or `authBy: app` at the contract in its manifest.
"""

import re
from collections import defaultdict
from collections.abc import Iterator

from archlint.api import (
    Bad,
    Confidence,
    Context,
    Exposure,
    Good,
    Location,
    Problem,
    Related,
    Service,
    ServiceGraph,
    Severity,
    exposures,
    regex,
    rule,
)

_OPEN = regex(
    r"(?:^|[-_.])(?:front-?end|ui|web-?(?:app|ui|site|client|spa|mvc|front)?|www|spa|site|portal|store-?front|home|landing|\w*page|docs?|static|assets|cdn|images?|"
    r"dashboard|console|auth\w*|login|identity|oauth2?|oidc|sso|idp|keycloak|dex|account-?server|gateway|proxy|nginx|echo|demo|hello\w*|"
    r"status|health\w*|well-known)(?:[-_.]|\Z)",
    re.IGNORECASE,
)
_LOGIN = regex(
    r"(?:^|[-_.])(?:auth\w*|login|identity|oauth2?|oidc|sso|idp|keycloak|dex)(?:[-_.]|\Z)", re.IGNORECASE
)
_SETTING = regex(
    r"JWT|JWKS|OIDC|OAUTH|KEYCLOAK|AUTH0|OKTA|COGNITO|SECURITY_|AUTH(?:_|ENTICATION|ORIZATION|\Z)|IDENTITY|ISSUER|API_?KEY|TOKEN",
    re.IGNORECASE,
)
_DECLARATIVE = frozenset(("Ingress", "HTTPRoute", "GRPCRoute", "VirtualService", "kong", "Kong"))
_POD = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec: {{containers: [{{name: main, image: "shop/{name}:1", env: [{env}]}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec: {{selector: {{app: {name}}}, ports: [{{port: 80}}]}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: shop, annotations: {{{annotation}}}}}
spec:
  rules:
    - host: api.shop.io
      http:
        paths:
          - path: /orders
            pathType: Prefix
            backend: {{service: {{name: {name}, port: {{number: 80}}}}}}{marker}
"""
_SPEC = """
openapi: 3.1.0
info: {{title: orders, version: 1.0.0}}
paths: {{/orders: {{get: {{security: [{security}], responses: {{"200": {{description: ok}}}}}}}}}}
components: {{securitySchemes: {{login: {{type: openIdConnect, openIdConnectUrl: "https://login.shop.io/.well-known/openid-configuration"}}}}}}
"""
_MANIFEST = """
apiVersion: archlint.dev/v1alpha1
kind: Service
entity: component:default/orders
owner: team-a
apis: [{{contract: openapi.yaml, visibility: public, authBy: {by}}}]
"""
_TOKENS = """
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: orders}
spec: {selector: {matchLabels: {app: orders}}, jwtRules: [{issuer: "https://login.shop.io"}]}
"""
_FOUND = "  # <- the outside reaches `orders`, and nothing is known to ask who calls"


def _shop(
    *, name: str = "orders", env: str = "", annotation: str = "", marker: str = "", **files: str
) -> dict[str, str]:
    return {
        "orders/deploy.yaml": _POD.format(name=name, env=env, annotation=annotation, marker=marker),
        **{f"orders/{key.replace('__', '.')}": text for key, text in files.items()},
    }


@rule(
    id="public-route-without-authn",
    category="auth",
    severity=Severity.WARNING,
    profile="strict",
    subject=ServiceGraph,
    since="0.1.0",
    references=(
        "https://owasp.org/API-Security/editions/2023/en/0xa2-broken-authentication/",
        "https://doi.org/10.1016/j.jss.2022.111393",
    ),
    tags=("security",),
    examples=(
        Bad(_shop(marker=_FOUND)),
        Bad(
            _shop(
                marker="  # <- `orders` leaves it to the gateway to ask who calls, and nothing there does",
                openapi__yaml=_SPEC.format(security="{login: []}"),
                service__yaml=_MANIFEST.format(by="gateway"),
            ),
            "the manifest leaves it to the gateway",
        ),
        Good(_shop(annotation='nginx.ingress.kubernetes.io/auth-url: "https://login.shop.io/check"')),
        Good(_shop(mesh__yaml=_TOKENS), "the mesh asks"),
        Good(_shop(openapi__yaml=_SPEC.format(security="{login: []}")), "the contract asks"),
        Good(
            _shop(openapi__yaml=_SPEC.format(security=""), service__yaml=_MANIFEST.format(by="app")),
            "the application asks",
        ),
        Good(_shop(openapi__yaml=_SPEC.format(security="")), "the contract says that it is for everybody"),
        Good(
            _shop(env="{name: JWT_ISSUER, value: 'https://login.shop.io'}"),
            "the application is told whom to trust",
        ),
        Good(_shop(name="frontend"), "a page for everybody"),
        Good(_shop(name="identity-service"), "where users log in"),
    ),
)
def public_route_without_authn(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report services of ours that routes from outside lead to without authentication on the way, in the contract or in the settings.

    Gateways that are programs of the system may ask in their code, and so may the service itself: no more than inferred.
    """
    del context
    told = {setting.service.id for setting in graph.settings if _SETTING.search(setting.key)}
    by = _declared(graph)
    ways: dict[str, list[Exposure]] = defaultdict(list)
    for exposure in exposures(graph):
        ways[exposure.service.id].append(exposure)
    for service in graph.services:
        found = [way for way in ways.get(service.id, ()) if _is_open(way)]
        if not found or any(way.authentication is not None for way in ways[service.id]):
            continue
        leaves = next((at for name in (service.name, *service.aliases) if (at := by.get(name))), None)
        if leaves is None and (
            not service.first_party or service.role or service.id in told or _asks_itself(service, graph)
        ):
            continue
        if leaves is not None and leaves[0] not in {"gateway", "mesh"}:
            continue
        yield _problem(service, found, leaves[1] if leaves else None)


def _problem(service: Service, found: list[Exposure], leaves: Location | None) -> Problem:
    said = f"`{service.name}` leaves it to the gateway to ask who calls, and nothing there does"
    return Problem(
        said if leaves else f"the outside reaches `{service.name}`, and nothing is known to ask who calls",
        found[0].at,
        help="let the gateway or the mesh ask, or say in the contract that the service does",
        related=(
            *((Related("it says so here", leaves),) if leaves else ()),
            *(Related("and by this way", way.at) for way in found[1:4]),
        ),
        confidence=Confidence.DECLARED if leaves else Confidence.INFERRED,
        identity=("public", service.id),
    )


def _is_open(way: Exposure) -> bool:
    """Tell whether *way* is a route of a declarative gateway for more than a page, an answer of its own or a place to log in."""
    if way.route is None or way.is_direct:
        return False
    gateway = way.via
    if gateway is not None and gateway.first_party and way.route.kind not in _DECLARATIVE:
        return False
    return not _OPEN.search(way.path.strip("/").replace("/", "."))


def _asks_itself(service: Service, graph: ServiceGraph) -> bool:
    """Tell whether *service* is known to ask who calls, or to be for everybody."""
    if service.apis or any(_OPEN.search(name) for name in (service.name, *_names(service))):
        return True
    settings = [
        setting.key
        for workload in service.workloads
        for container in workload.containers
        for setting in container.settings
    ]
    if any(_SETTING.search(key) for key in settings):
        return True
    return any(_LOGIN.search(edge.target.name) for edge in graph.outgoing(service) if edge.kind == "calls")


def _names(service: Service) -> list[str]:
    return [workload.name for workload in service.workloads]


def _declared(graph: ServiceGraph) -> dict[str, tuple[str, Location]]:
    """Return what manifests say of who asks, by the name of the service."""
    found: dict[str, tuple[str, Location]] = {}
    for link in graph.links:
        by = link.extra.get("authBy")
        if link.kind == "contract" and isinstance(by, str):
            found.setdefault(link.source, (by, link.at))
    return found
