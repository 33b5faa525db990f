"""Changes that anybody with an API key can make.

## Why is this bad?

An API key tells which program calls, not who uses it. It does not expire, is copied into scripts and apps, and whoever finds it can do all that
the program may.

## How to fix

Let users authorise the program (OAuth 2, OpenID Connect) for what changes data, or bind the key: mutual TLS, or addresses it may come from; and
say so in the scheme's description.
"""

import re
from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Related, Severity, regex, rule
from archlint.formats.openapi import SAFE, OpenAPI, Operation, SecurityScheme

_BOUND = regex(
    r"allow[- ]?list|white[- ]?list|server[- ]to[- ]server|mutual tls|mtls|ip address|bearer|token|jwt|hmac|sign",
    re.IGNORECASE,
)
_SHOWN = 5

_SPEC = """
openapi: 3.1.0
info: {{title: Orders, version: 1.0.0{info}}}
security: [{security}]
paths:
  /orders:
    {method}: {{responses: {{"200": {{description: ok}}}}}}
components:
  securitySchemes:
    key:{marker}
      type: apiKey
      in: {place}
      name: {name}
      description: {description}
    login: {{type: http, scheme: bearer}}
"""


def _spec(
    *,
    method: str = "post",
    place: str = "header",
    name: str = "X-Api-Key",
    description: str = "A key",
    security: str = "{key: []}",
    info: str = "",
    marker: str = "",
) -> str:
    return _SPEC.format(
        method=method,
        place=place,
        name=name,
        description=description,
        security=security,
        info=info,
        marker=marker,
    )


@rule(
    id="api-key-only-auth",
    category="auth",
    severity=Severity.INFO,
    profile="strict",
    subject=OpenAPI,
    since="0.1.0",
    references=("https://owasp.org/API-Security/editions/2023/en/0xa2-broken-authentication/",),
    tags=("security",),
    examples=(
        Bad(_spec(marker="  # <- 1 operation that changes data asks for no more than the key `key`")),
        Bad(
            """
            swagger: "2.0"
            info: {title: Orders, version: 1.0.0}
            security: [{key: []}]
            paths:
              /orders:
                delete: {responses: {"204": {description: ok}}}
            securityDefinitions:
              key: {type: apiKey, in: query, name: key}  # <- 1 operation that changes data asks for no more than the key `key`
            """,
            "Swagger 2.0",
        ),
        Good(_spec(method="get"), "reading"),
        Good(_spec(security="{key: [], login: []}"), "with a login"),
        Good(_spec(name="Authorization"), "Swagger 2.0 has no other way to say bearer token"),
        Good(_spec(place="cookie", name="session"), "a session"),
        Good(
            _spec(description="Only from addresses of the allow-list"), "server to server, bound to addresses"
        ),
        Good(_spec(info=", x-audience: internal"), "an internal API"),
    ),
)
def api_key_only_auth(api: OpenAPI, context: Context) -> Iterator[Problem]:
    """Report once per description the unsafe operations that API keys alone open."""
    del context
    keys = {
        name: scheme
        for name, scheme in api.schemes.items()
        if scheme.type == "apiKey"
        and str(scheme.get("in")) in {"header", "query"}
        and str(scheme.get("name", default="")).lower() != "authorization"
        and not _BOUND.search(f"{scheme.description} {scheme.get('name')}")
    }
    if not keys or api.is_internal:
        return
    opened = [operation for operation in api.operations if _opened(operation, keys)]
    if opened:
        name = next(iter(opened[0].security[0]))
        count = (
            f"{len(opened)} operations that change data ask"
            if len(opened) > 1
            else "1 operation that changes data asks"
        )
        yield Problem(
            f"{count} for no more than the key `{name}`",
            keys[name].document.at(keys[name].pointer, on_key=True),
            help="let users log in for what changes data, or bind the key and say so",
            related=tuple(Related(f"`{operation.name}`", operation.key) for operation in opened[:_SHOWN]),
        )


def _opened(operation: Operation, keys: dict[str, SecurityScheme]) -> bool:
    return (
        operation.method not in SAFE
        and bool(operation.security)
        and all(requirement and requirement.keys() <= keys.keys() for requirement in operation.security)
    )
