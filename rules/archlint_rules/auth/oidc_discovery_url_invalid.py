"""A discovery URL at which there is no discovery document.

## Why is this bad?

Clients fetch the URL as it stands and expect the provider's metadata. The issuer's URL alone gives them a login page or nothing.

## How to fix

Write the whole URL, ending in `/.well-known/openid-configuration`.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

from archlint.api import Applicability, Bad, Context, Edit, Fix, Good, Location, Problem, Severity, rule
from archlint.formats.asyncapi import AsyncApi
from archlint.formats.openapi import SecurityScheme

_WELL_KNOWN = "/.well-known/openid-configuration"
_OTHER = "/.well-known/oauth-authorization-server"

_SPEC = """
openapi: 3.1.0
info: {{title: Orders, version: 1.0.0}}
paths: {{}}
components:
  securitySchemes:
    login:
      type: openIdConnect
      openIdConnectUrl: {url}
"""


@rule(
    id="oidc-discovery-url-invalid",
    category="auth",
    severity=Severity.WARNING,
    profile="strict",
    subject=(SecurityScheme, AsyncApi),
    since="0.1.0",
    references=(
        "https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig",
        "https://www.rfc-editor.org/rfc/rfc8414#section-3",
    ),
    examples=(
        Bad(
            _SPEC.format(
                url="https://login.example/realms/shop  # <- `openIdConnectUrl` of `login` leads to no discovery document"
            )
        ),
        Bad(
            """
            asyncapi: 3.0.0
            info: {title: Orders, version: 1.0.0}
            components:
              securitySchemes:
                login:
                  type: openIdConnect
                  openIdConnectUrl: https://login.example  # <- `openIdConnectUrl` of `login` leads to no discovery document
                  scopes: []
            """,
            "AsyncAPI",
        ),
        Good(_SPEC.format(url="https://login.example/realms/shop/.well-known/openid-configuration")),
        Good(
            _SPEC.format(url="https://login.example/.well-known/oauth-authorization-server/shop"),
            "metadata of OAuth 2 (RFC 8414)",
        ),
        Good(_SPEC.format(url='"{{ .Values.issuer }}"'), "not rendered yet"),
    ),
)
def oidc_discovery_url_invalid(subject: SecurityScheme | AsyncApi, context: Context) -> Iterator[Problem]:
    """Report OpenID Connect schemes whose URL has another path than discovery documents have."""
    del context
    if isinstance(subject, SecurityScheme):
        yield from _check(subject.name, subject.get("openIdConnectUrl"), subject.at("openIdConnectUrl"))
        return
    for name, (document, pointer, data) in subject.members("components", "securitySchemes"):
        yield from _check(name, data.get("openIdConnectUrl"), document.at((*pointer, "openIdConnectUrl")))


def _check(name: str, url: object, at: Location) -> Iterator[Problem]:
    if not isinstance(url, str) or any(sign in url for sign in ("{{", "${", "<")):
        return
    try:
        path = urlsplit(url).path
    except ValueError:
        return
    if path.rstrip("/").endswith(_WELL_KNOWN) or _OTHER in path:
        return
    whole = url.rstrip("/") + _WELL_KNOWN
    yield Problem(
        f"`openIdConnectUrl` of `{name}` leads to no discovery document",
        at,
        help=f"write the whole URL, such as `{whole}`",
        fix=Fix(f"add `{_WELL_KNOWN}`", (Edit("set", at, whole),), Applicability.UNSAFE),
    )
