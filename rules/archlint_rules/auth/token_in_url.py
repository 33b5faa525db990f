"""A credential in the URL.

## Why is this bad?

URLs are written down everywhere: server and proxy logs, browser histories, analytics, `Referer` headers. Whoever reads one of them has
the key.

## How to fix

Send it in the `Authorization` header. Where a link must work by itself (a download), make a token for that one thing and a short time, and
ignore the rule there with that reason.
"""

import re
from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, regex, rule
from archlint.formats.openapi import OpenAPI
from archlint.formats.openapi.words import bare

_NAMES = frozenset(
    (
        "accesstoken",
        "token",
        "apikey",
        "password",
        "secret",
        "authtoken",
        "apitoken",
        "clientsecret",
        "jwt",
        "bearertoken",
        "idtoken",
        "refreshtoken",
        "sessiontoken",
        "authkey",
    )
)
_ONE_TIME = regex(
    r"one[- ]time|single[- ]use|short[- ]lived|reset|verif|confirm|invit|unsubscribe|activation|magic|email|upload|page|sync|cursor|continu|iterat|package token",
    re.IGNORECASE,
)


@rule(
    id="token-in-url",
    category="auth",
    severity=Severity.ERROR,
    subject=OpenAPI,
    since="0.1.0",
    references=(
        "https://www.rfc-editor.org/rfc/rfc9700#section-4.3.2",
        "https://www.rfc-editor.org/rfc/rfc6750#section-5.3",
    ),
    tags=("security",),
    examples=(
        Bad(
            """
            openapi: 3.1.0
            info: {title: Orders, version: 1.0.0}
            paths: {}
            components:
              securitySchemes:
                key:
                  type: apiKey
                  name: api_key
                  in: query  # <- `key` is sent in the URL, as `api_key`
            """
        ),
        Bad(
            """
            openapi: 3.1.0
            info: {title: Files, version: 1.0.0}
            paths:
              /files/{id}/content:
                get:
                  parameters:
                    - name: access_token  # <- `GET /files/{id}/content` takes `access_token` in the URL
                      in: query
                      schema: {type: string}
                  responses: {"200": {description: ok}}
            """
        ),
        Good(
            """
            openapi: 3.1.0
            info: {title: Orders, version: 1.0.0}
            paths:
              /password/reset:
                post:
                  parameters: [{name: token, in: query, schema: {type: string}, description: The one-time token from the mail}]
                  responses: {"200": {description: ok}}
            components:
              securitySchemes:
                key: {type: apiKey, name: X-Api-Key, in: header}
            """,
            "a token for one thing",
        ),
        Good(
            """
            openapi: 3.1.0
            info: {title: Orders, version: 1.0.0}
            paths:
              /orders:
                get:
                  parameters: [{name: pageToken, in: query, schema: {type: string}}]
                  responses: {"200": {description: ok}}
            """,
            "a page token is no credential",
        ),
        Good(
            """
            openapi: 3.1.0
            info: {title: Logs, version: 1.0.0}
            paths:
              /logs:
                get:
                  parameters: [{name: token, in: query, schema: {type: string}, description: Continues the last answer}]
                  responses: {"200": {description: ok}}
            """,
            "a token to continue with",
        ),
    ),
)
def token_in_url(api: OpenAPI, context: Context) -> Iterator[Problem]:
    """Report API keys in the query, and query parameters named like credentials."""
    del context
    keys = set()
    for scheme in api.schemes.values():
        if scheme.type == "apiKey" and scheme.get("in") == "query":
            keys.add(str(scheme.get("name")))
            yield Problem(
                f"`{scheme.name}` is sent in the URL, as `{scheme.get('name')}`",
                scheme.at("in"),
                help="send it in a header",
            )
    seen = set()
    for operation in api.operations:
        for parameter in operation.parameters:
            if (
                parameter.place != "query"
                or bare(parameter.name) not in _NAMES
                or parameter.name in keys
                or parameter in seen
            ):
                continue
            seen.add(parameter)
            if _ONE_TIME.search(f"{operation.path} {operation.id} {parameter.description}"):
                continue
            yield Problem(
                f"`{operation.name}` takes `{parameter.name}` in the URL",
                parameter.location,
                help="send it in the `Authorization` header",
            )
