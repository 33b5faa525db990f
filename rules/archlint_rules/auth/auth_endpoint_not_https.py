"""An address of the login that is not encrypted.

## Why is this bad?

Codes, tokens and keys that go over plain HTTP can be read and changed by everybody on the way: whoever answers first is the login.

## How to fix

Use `https`, and let the server redirect nothing: a client that was redirected once has sent its secret already.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

from archlint.api import Applicability, Bad, Context, Edit, Fix, Good, Location, Problem, Severity, rule
from archlint.formats.openapi import SecurityScheme

_KEYS = ("authorizationUrl", "tokenUrl", "refreshUrl", "deviceAuthorizationUrl")
_LOCAL = ("localhost", "127.0.0.1", "::1", "host.docker.internal")

_SPEC = """
openapi: 3.1.0
info: {{title: Orders, version: 1.0.0}}
paths: {{}}
components:
  securitySchemes:
    login:
      type: oauth2
      flows:
        clientCredentials:
          tokenUrl: {url}
          scopes: {{}}
"""


@rule(
    id="auth-endpoint-not-https",
    category="auth",
    severity=Severity.ERROR,
    subject=SecurityScheme,
    since="0.1.0",
    references=(
        "https://www.rfc-editor.org/rfc/rfc6749#section-3.2",
        "https://openid.net/specs/openid-connect-discovery-1_0.html",
    ),
    tags=("security",),
    examples=(
        Bad(_SPEC.format(url="http://login.example/token  # <- `tokenUrl` of `login` is plain HTTP")),
        Bad(
            """
            openapi: 3.1.0
            info: {title: Orders, version: 1.0.0}
            paths: {}
            components:
              securitySchemes:
                login:
                  type: openIdConnect
                  openIdConnectUrl: http://login.example/.well-known/openid-configuration  # <- `openIdConnectUrl` of `login` is plain HTTP
            """
        ),
        Good(_SPEC.format(url="https://login.example/token")),
        Good(_SPEC.format(url="http://localhost:8080/token"), "a developer's own machine"),
        Good(_SPEC.format(url="/oauth/token"), "relative to the server"),
    ),
)
def auth_endpoint_not_https(scheme: SecurityScheme, context: Context) -> Iterator[Problem]:
    """Report `http` URLs of flows and discovery whose host is neither this machine nor, as info, inside the cluster."""
    del context
    places: list[tuple[str, str, Location]] = []
    url = scheme.get("openIdConnectUrl")
    if isinstance(url, str):
        places.append(("openIdConnectUrl", url, scheme.at("openIdConnectUrl")))
    for name, (flow, _) in scheme.flows.items():
        for key in _KEYS:
            if isinstance(flow.get(key), str):
                keys = (key,) if scheme.root.is_swagger else ("flows", name, key)
                places.append((key, flow[key], scheme.at(*keys)))
    for key, text, at in places:
        host = _host(text) if text.startswith("http:") else None
        if host is None or host in _LOCAL or host.endswith(".localhost"):
            continue
        inside = host.endswith((".svc", ".svc.cluster.local", ".internal", ".local")) or "." not in host
        yield Problem(
            f"`{key}` of `{scheme.name}` is plain HTTP",
            at,
            help="use `https`",
            severity=Severity.INFO if inside else None,
            fix=Fix("use `https`", (Edit("set", at, "https" + text[4:]),), Applicability.UNSAFE),
        )


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return None
