"""A paged list whose answer does not say how to go on.

## Why is this bad?

A client that gets a full page cannot know whether there is more. It asks once too often, or stops too early and works with half of
the data without an error.

## How to fix

Return the next cursor, a link to the next page, or (for offsets and page numbers) the total.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.formats.openapi import Operation
from archlint.formats.openapi.understanding import has_next, understand

_SPEC = """
openapi: 3.1.0
info: {{title: Orders, version: 1.0.0}}
paths:
  /orders:
    get:{marker}
      parameters:
        - {{name: {parameter}, in: query, schema: {{type: string}}}}
        - {{name: limit, in: query, schema: {{type: integer}}}}
      responses:
        "200":
          description: A page
          {headers}
          content: {{application/json: {{schema: {schema}}}}}
"""


def _spec(schema: str, marker: str = "", headers: str = "x-none: true", parameter: str = "cursor") -> str:
    return _SPEC.format(schema=schema, marker=marker, headers=headers, parameter=parameter)


def _paged(operation: Operation) -> bool:
    understood = understand(operation)
    return understood.kind == "list" and understood.paging.style in {"cursor", "offset", "page"}


@rule(
    id="pagination-without-next",
    category="api",
    severity=Severity.WARNING,
    subject=Operation,
    since="0.1.0",
    references=(
        "https://google.aip.dev/158",
        "https://opensource.zalando.com/restful-api-guidelines/#161",
        "https://www.rfc-editor.org/rfc/rfc8288",
    ),
    applies=_paged,
    aggregate=True,
    examples=(
        Bad(
            _spec(
                "{type: array, items: {type: object}}",
                "  # <- `GET /orders` is read in pages and does not say where to go on",
            )
        ),
        Bad(
            _spec(
                "{type: object, properties: {items: {type: array, items: {}}, took: {type: integer}}}",
                "  # <- `GET /orders` is read in pages and does not say where to go on",
            )
        ),
        Good(
            _spec("{type: object, properties: {items: {type: array, items: {}}, nextCursor: {type: string}}}")
        ),
        Good(
            _spec(
                "{type: object, properties: {data: {type: array, items: {}}, meta: {type: object, properties: {has_more: {type: boolean}}}}}"
            )
        ),
        Good(
            _spec(
                "{type: object, properties: {items: {type: array, items: {}}, total: {type: integer}}}",
                parameter="offset",
            ),
            "a total",
        ),
        Good(
            _spec(
                "{type: object, properties: {orders: {type: array, items: {}}, orderCount: {type: integer}}}",
                parameter="page",
            ),
            "a total under the name of what is counted",
        ),
        Good(
            _spec(
                "{type: array, items: {type: object}}", headers="headers: {Link: {schema: {type: string}}}"
            ),
            "RFC 8288",
        ),
    ),
)
def pagination_without_next(operation: Operation, context: Context) -> Iterator[Problem]:
    """Report a paged list without next link, cursor, total or `Link` header in its response."""
    del context
    understood = understand(operation)
    if understood.items is None or has_next(operation, understood.items):
        return
    by_number = understood.paging.style in {"offset", "page"} and understood.items.envelope is None
    yield Problem(
        f"`{operation.name}` is read in pages and does not say where to go on",
        operation.key,
        help="return the next cursor or link, or a total",
        severity=Severity.INFO if by_number or operation.root.is_internal else None,
    )
