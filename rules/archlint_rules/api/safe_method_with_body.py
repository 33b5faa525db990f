"""A GET, HEAD or DELETE request with a body.

## Why is this bad?

A body of a GET has no meaning that clients, caches and proxies agree on: some drop it, some refuse the request, some take it for the next one
(request smuggling). Two equal URLs with different bodies share a cache entry.

## How to fix

Put the input into the query, use POST for a search, or the QUERY method (OpenAPI 3.2).
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.formats.openapi import Operation

_METHODS = frozenset(("GET", "HEAD", "DELETE"))


@rule(
    id="safe-method-with-body",
    category="api",
    severity=Severity.ERROR,
    subject=Operation,
    since="0.1.0",
    references=(
        "https://www.rfc-editor.org/rfc/rfc9110#section-9.3.1",
        "https://www.rfc-editor.org/rfc/rfc9110#section-9.3.5",
    ),
    applies=lambda operation: operation.method in _METHODS,
    examples=(
        Bad(
            """
            openapi: 3.1.0
            info: {title: Orders, version: 1.0.0}
            paths:
              /orders:
                get:
                  requestBody:  # <- `GET /orders` declares a request body
                    content: {application/json: {schema: {type: object}}}
                  responses: {"200": {description: ok}}
            """
        ),
        Bad(
            """
            swagger: "2.0"
            info: {title: Orders, version: 1.0.0}
            paths:
              /orders:
                delete:
                  parameters:
                    - in: body  # <- `DELETE /orders` declares a request body
                      name: filter
                      schema: {type: object}
                  responses: {"204": {description: gone}}
            """,
            "Swagger 2.0",
        ),
        Good(
            """
            openapi: 3.2.0
            info: {title: Orders, version: 1.0.0}
            paths:
              /orders:
                query:
                  requestBody: {content: {application/json: {schema: {type: object}}}}
                  responses: {"200": {description: ok}}
                post:
                  requestBody: {content: {application/json: {schema: {type: object}}}}
                  responses: {"201": {description: ok}}
            """,
            "QUERY has a body",
        ),
    ),
)
def safe_method_with_body(operation: Operation, context: Context) -> Iterator[Problem]:
    """Report a request body of GET or HEAD, and, as a warning, of DELETE."""
    del context
    body = operation.body
    if body is None:
        return
    at = body.location if operation.root.is_swagger else operation.at("requestBody", on_key=True)
    yield Problem(
        f"`{operation.name}` declares a request body",
        at,
        help="put the input into the query, or use POST (or QUERY, OpenAPI 3.2)",
        severity=Severity.WARNING if operation.method == "DELETE" else None,
    )
