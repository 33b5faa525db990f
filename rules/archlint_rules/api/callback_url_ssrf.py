"""A URL that the caller names and the service calls.

## Why is this bad?

The service can be sent anywhere its network reaches: metadata endpoints with credentials, admin pages, databases. What it is told to call is
called with its rights.

## How to fix

Accept `https` URLs only (`pattern: ^https://`), resolve the name and refuse private addresses before calling, and say so.
"""

import re
from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Location, Problem, Severity, regex, rule
from archlint.formats.openapi import OpenAPI, Schema
from archlint.formats.openapi.errors import is_oauth
from archlint.formats.openapi.requests import request_schemas
from archlint.formats.openapi.words import bare

_NAMES = frozenset((
    "callbackurl", "callbackuri", "callback", "webhookurl", "webhookuri", "webhook", "notificationurl", "notificationuri", "notifyurl", "notifyuri", "hookurl",
    "hookuri", "pingurl", "posturl", "deliveryurl", "deliveryuri", "statuscallback", "statuscallbackurl", "sink", "eventsurl", "postbackurl",
))  # fmt: skip
_GUARDED = regex(
    r"https|allow[- ]?list|white[- ]?list|private (?:address|network|ip)|validated|verified|registered",
    re.IGNORECASE,
)

_SPEC = """
openapi: 3.1.0
info: {{title: Orders, version: 1.0.0}}
paths:
  {path}:
    post:
      requestBody:
        content:
          application/json:
            schema:
              type: object
              properties:
                {name}: {schema}
      responses: {{"201": {{description: ok}}}}
"""


def _spec(schema: str, name: str = "callbackUrl", path: str = "/orders") -> str:
    return _SPEC.format(schema=schema, name=name, path=path)


@rule(
    id="callback-url-ssrf",
    category="api",
    severity=Severity.INFO,
    profile="strict",
    subject=OpenAPI,
    since="0.1.0",
    references=(
        "https://owasp.org/API-Security/editions/2023/en/0xa7-server-side-request-forgery/",
        "https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md",
    ),
    tags=("security",),
    examples=(
        Bad(_spec("{type: string, format: uri}  # <- `POST /orders` calls whatever `callbackUrl` says")),
        Bad(
            """
            swagger: "2.0"
            info: {title: Orders, version: 1.0.0}
            paths:
              /orders:
                post:
                  parameters:
                    - {name: webhook_url, in: query, type: string}  # <- `POST /orders` calls whatever `webhook_url` says
                  responses: {"201": {description: ok}}
            """,
            "Swagger 2.0",
        ),
        Good(_spec('{type: string, format: uri, pattern: "^https://"}')),
        Good(
            _spec("{type: string, format: uri, description: Hosts of the allow-list only}"),
            "guarded, and said so",
        ),
        Good(
            _spec("{type: string, format: uri}", "redirect_uri", "/oauth/authorize"),
            "the browser goes there, and the login checks it",
        ),
        Good(_spec("{type: object, properties: {id: {type: string}}}", "webhook"), "a thing of that name"),
    ),
)
def callback_url_ssrf(api: OpenAPI, context: Context) -> Iterator[Problem]:
    """Report URLs to call in requests that neither a pattern nor the description restricts."""
    del context
    seen = set()
    for operation in api.operations:
        for parameter in operation.parameters:
            found = parameter.schema
            if (
                found is not None
                and _open(parameter.name, found, parameter.description)
                and parameter not in seen
            ):
                seen.add(parameter)
                yield _problem(operation.name, parameter.name, parameter.location)
    for schema, operation in request_schemas(api):
        if is_oauth(operation):
            continue
        for name in schema.mapping("properties"):
            found = Schema.at_node(schema, "properties", name)
            if found is not None and _open(name, found, ""):
                yield _problem(operation.name, name, schema.at("properties", name, on_key=True))


def _open(name: str, schema: Schema, said: str) -> bool:
    key = bare(name)
    if key not in _NAMES or schema.types != {"string"} or schema.enum or schema.keyword("readOnly") is True:
        return False
    if key in {"callback", "webhook", "sink"} and schema.format not in {"uri", "url", "uri-reference"}:
        return False
    text = f"{said} {schema.keyword('description') or ''} {schema.keyword('pattern') or ''}"
    return schema.keyword("pattern") is None and not _GUARDED.search(text)


def _problem(operation: str, name: str, at: Location) -> Problem:
    return Problem(
        f"`{operation}` calls whatever `{name}` says",
        at,
        help="accept `https` only (`pattern: ^https://`), and say which hosts are refused",
    )
