"""A response that cannot have a body declares one.

## Why is this bad?

204, 205 and 304 end after the headers. A server that sends a body anyway breaks the connection's framing, and generated clients wait for
something that never comes.

## How to fix

Drop the content, or answer 200.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Edit, Fix, Good, Problem, Severity, rule
from archlint.formats.openapi import Response

_STATUSES = frozenset(("204", "205", "304"))


@rule(
    id="no-content-response-has-body",
    category="api",
    severity=Severity.ERROR,
    subject=Response,
    since="0.1.0",
    references=(
        "https://www.rfc-editor.org/rfc/rfc9110#section-15.3.5",
        "https://www.rfc-editor.org/rfc/rfc9110#section-15.4.5",
    ),
    applies=lambda response: response.status in _STATUSES,
    examples=(
        Bad(
            """
            openapi: 3.1.0
            info: {title: Orders, version: 1.0.0}
            paths:
              /orders/{id}:
                delete:
                  responses:
                    "204":
                      description: Gone
                      content:  # <- a 204 response of `DELETE /orders/{id}` has no body, and `content` declares one
                        application/json:
                          schema: {type: object}
            """
        ),
        Bad(
            """
            swagger: "2.0"
            info: {title: Orders, version: 1.0.0}
            paths:
              /orders:
                get:
                  responses:
                    "304":
                      description: Not modified
                      schema:  # <- a 304 response of `GET /orders` has no body, and `schema` declares one
                        type: object
            """,
            "Swagger 2.0",
        ),
        Good(
            """
            openapi: 3.1.0
            info: {title: Orders, version: 1.0.0}
            paths:
              /orders/{id}:
                delete:
                  responses:
                    "204": {description: Gone, headers: {ETag: {schema: {type: string}}}}
                    "200": {description: Gone, content: {application/json: {schema: {type: object}}}}
            """
        ),
        Good(
            """
            openapi: 3.1.0
            info: {title: Orders, version: 1.0.0}
            paths:
              /orders/{id}:
                delete:
                  responses:
                    "204": {description: Gone, content: {}}
            """,
            "empty content declares nothing",
        ),
        Good(
            """
            swagger: "2.0"
            info: {title: Orders, version: 1.0.0}
            paths:
              /orders/{id}:
                delete:
                  responses:
                    "204": {description: Gone, schema: {type: "null"}}
            """,
            "a schema that says that there is nothing",
        ),
    ),
)
def no_content_response_has_body(response: Response, context: Context) -> Iterator[Problem]:
    """Report content or a schema of a 204, 205 or 304 response."""
    del context
    key = "schema" if response.root.is_swagger else "content"
    if not response.get(key) or response.get(key, "type") == "null":
        return
    yield Problem(
        f"a {response.status} response of `{response.operation.name}` has no body, and `{key}` declares one",
        response.at(key, on_key=True),
        help=f"drop `{key}`, or answer 200",
        fix=Fix(f"remove `{key}`", (Edit("remove", response.at(key)),)),
    )
