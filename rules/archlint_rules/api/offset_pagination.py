"""Pages counted from the start.

## Why is this bad?

To answer page 5,000 the database reads all that come before. While entries come and go, a client that walks through the pages sees some twice
and others never.

## How to fix

Offer a cursor: an opaque token that says where the next page starts. Where the data is small or people jump to pages, offsets are fine.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.formats.openapi import Operation
from archlint.formats.openapi.understanding import understand

_SPEC = """
openapi: 3.1.0
info: {{title: Orders, version: 1.0.0}}
paths:
  /orders:
    get:
      parameters:
        - name: {name}
          in: query
          schema: {{type: {type}}}
        - {{name: limit, in: query, schema: {{type: integer}}}}
      responses:
        "200": {{description: ok, content: {{application/json: {{schema: {{type: array, items: {{type: object}}}}}}}}}}
"""


@rule(
    id="offset-pagination",
    category="api",
    severity=Severity.INFO,
    profile="all",
    subject=Operation,
    since="0.1.0",
    references=("https://opensource.zalando.com/restful-api-guidelines/#160", "https://google.aip.dev/158"),
    applies=lambda operation: (
        operation.kind == "path"
        and understand(operation).kind == "list"
        and bool(understand(operation).paging)
    ),
    aggregate=True,
    examples=(
        Bad(_SPEC.format(name="offset  # <- `GET /orders` pages by `offset`", type="integer")),
        Bad(_SPEC.format(name="page  # <- `GET /orders` pages by `page`", type="integer")),
        Good(_SPEC.format(name="cursor", type="string")),
        Good(_SPEC.format(name="pageToken", type="string"), "a page token"),
    ),
)
def offset_pagination(operation: Operation, context: Context) -> Iterator[Problem]:
    """Report lists that page by offset or page number only."""
    del context
    paging = understand(operation).paging
    if paging.style in {"offset", "page"}:
        parameter = paging.parameters[0]
        yield Problem(
            f"`{operation.name}` pages by `{parameter.name}`",
            parameter.location,
            help="offer a cursor where the list is long or changes often",
        )
