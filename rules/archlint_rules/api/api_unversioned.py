"""An API that shows no way to tell its versions apart.

## Why is this bad?

Sooner or later a change breaks clients. Without a version somewhere in the request, the old and the new behaviour cannot be
offered side by side, and every client has to move on the same day.

## How to fix

Choose one way and say it: a major version in the server URL or the paths, a version header or query parameter, or a versioned media type.
"""

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta

from archlint.api import Bad, Context, Good, Options, Problem, Severity, rule
from archlint.formats.openapi import OpenAPI
from archlint.formats.openapi.versions import versions_of


class VersionOptions(Options, frozen=True, kw_only=True):
    """What counts as versioned."""

    strategy: Annotated[
        Literal["any", "path", "header", "media-type", "query"],
        Meta(description="the only way that is accepted"),
    ] = "any"


_SPEC = """
openapi: 3.1.0
info: {{title: Orders, version: 1.0.0}}{info}
servers:
  - url: {server}
paths:
  {path}:
    get:
      {extra}
      responses:
        "200": {{description: The orders}}
"""


def _spec(
    server: str = "https://api.example.com",
    path: str = "/orders",
    extra: str = "operationId: listOrders",
    info: str = "",
) -> str:
    return _SPEC.format(server=server, path=path, extra=extra, info=info)


@rule(
    id="api-unversioned",
    category="api",
    severity=Severity.WARNING,
    subject=OpenAPI,
    since="0.1.0",
    references=("https://google.aip.dev/185", "https://opensource.zalando.com/restful-api-guidelines/#114"),
    options=VersionOptions,
    examples=(
        Bad(_spec("https://api.example.com  # <- nothing in a request to `Orders` tells its version")),
        Bad(
            """
            swagger: "2.0"
            info: {title: Orders, version: 1.0.0}
            host: api.example.com
            basePath: /api  # <- nothing in a request to `Orders` tells its version
            paths:
              /orders:
                get:
                  responses:
                    "200": {description: The orders}
            """,
            "Swagger 2.0",
        ),
        Bad(
            _spec("https://api.example.com/v1  # <- `Orders` is not versioned by header"),
            "another strategy than the one chosen",
            options={"strategy": "header"},
        ),
        Good(_spec("https://api.example.com/v2"), "in the server URL"),
        Good(_spec("https://v1.api.example.com"), "in the host"),
        Good(_spec("https://api.example.com/rest_v1"), "at the end of a segment"),
        Good(_spec("https://api.example.com/orders/vwip"), "not released yet"),
        Good(_spec(path="/v1beta1/orders"), "in the path"),
        Good(
            _spec(extra="parameters: [{name: X-Api-Version, in: header, schema: {type: string}}]"),
            "in a header",
        ),
        Good(
            _spec(extra="parameters: [{name: api-version, in: query, schema: {type: string}}]"),
            "in the query",
        ),
        Good(
            """
            openapi: 3.0.3
            info: {title: Orders, version: 1.0.0}
            paths:
              /orders:
                get:
                  responses:
                    "200":
                      description: The orders
                      content:
                        application/vnd.shop.v2+json: {schema: {type: object}}
            """,
            "in the media type",
        ),
        Good(
            """
            openapi: 3.1.0
            info: {title: Hooks, version: 1.0.0}
            webhooks:
              placed: {post: {responses: {"204": {description: Seen}}}}
            """,
            "a document without paths serves nothing",
        ),
    ),
)
def api_unversioned(api: OpenAPI, context: Context) -> Iterator[Problem]:
    """Report a description with operations and no sign of a version."""
    if not api.operations:
        return
    strategy = context.options.strategy
    found = {"path" if version.strategy == "server" else version.strategy for version in versions_of(api)}
    if found and strategy in {"any", *found}:
        return
    servers = api.servers
    at = servers[0][1] if servers else api.at("info", "version")
    what = f"`{api.title}`" if api.title else "the API"
    yield Problem(
        f"nothing in a request to {what} tells its version"
        if not found
        else f"{what} is not versioned by {strategy}",
        at,
        help="put a major version into the server URL or the paths, or declare a version header, parameter or media type",
        severity=Severity.INFO if api.is_internal else None,
    )
