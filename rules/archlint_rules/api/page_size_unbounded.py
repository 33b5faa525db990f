"""A page size without an upper limit.

## Why is this bad?

A client that asks for a million entries gets them, or takes the service down trying. Whoever wants to do harm needs one request.

## How to fix

Declare a `maximum` for the parameter, and hold to it.
"""

from collections.abc import Iterator

from archlint.api import Applicability, Bad, Context, Edit, Fix, Good, Problem, Severity, rule
from archlint.formats.openapi import Operation
from archlint.formats.openapi.understanding import understand

_MAXIMUM = 100

_SPEC = """
openapi: 3.1.0
info: {{title: Orders, version: 1.0.0}}
paths:
  /orders:
    get:
      parameters:
        - {{name: cursor, in: query, schema: {{type: string}}}}
        - name: limit
          in: query
          schema: {schema}
      responses:
        "200": {{description: ok, content: {{application/json: {{schema: {{type: array, items: {{type: object}}}}}}}}}}
"""


def _paged(operation: Operation) -> bool:
    understood = understand(operation)
    return (
        operation.method in {"GET", "QUERY"} and understood.paging.size is not None and not understood.is_item
    )


@rule(
    id="page-size-unbounded",
    category="api",
    severity=Severity.WARNING,
    subject=Operation,
    since="0.1.0",
    references=(
        "https://owasp.org/API-Security/editions/2023/en/0xa4-unrestricted-resource-consumption/",
        "https://google.aip.dev/158",
    ),
    applies=_paged,
    aggregate=True,
    examples=(
        Bad(
            _SPEC.format(schema="{type: integer}").replace(
                "- name: limit", "- name: limit  # <- `limit` of `GET /orders` has no maximum"
            )
        ),
        Bad(
            """
            swagger: "2.0"
            info: {title: Orders, version: 1.0.0}
            paths:
              /orders:
                get:
                  parameters:
                    - {name: page, in: query, type: integer}
                    - name: per_page  # <- `per_page` of `GET /orders` has no maximum
                      in: query
                      type: integer
                  responses:
                    "200": {description: ok, schema: {type: array, items: {type: object}}}
            """,
            "Swagger 2.0",
        ),
        Good(_SPEC.format(schema="{type: integer, maximum: 100}")),
        Good(_SPEC.format(schema="{type: integer, enum: [10, 50, 100]}")),
        Good(_SPEC.format(schema="{type: integer, exclusiveMaximum: 101}")),
        Good(
            _SPEC.format(schema="{type: integer}").replace(
                "name: limit", "name: limit\n          description: At most 1000, the maximum."
            ),
            "the description says it",
        ),
    ),
)
def page_size_unbounded(operation: Operation, context: Context) -> Iterator[Problem]:
    """Report the page size parameter of a list that states no maximum."""
    del context
    size = understand(operation).paging.size
    if size is None:
        return
    schema = size.schema
    if (
        schema is None
        or schema.enum
        or any(
            schema.keyword(key) is not None for key in ("maximum", "exclusiveMaximum", "maxLength", "pattern")
        )
    ):
        return
    if any(branch.enum or branch.keyword("maximum") is not None for branch in schema.alternatives):
        return
    said = f"{size.description} {schema.keyword('description') or ''}".lower()
    if any(
        word in said for word in ("max", "at most", "up to", "no more than", "between", "limited to")
    ) and any(char.isdigit() for char in said):
        return
    yield Problem(
        f"`{size.name}` of `{operation.name}` has no maximum",
        size.location,
        help=f"declare a `maximum`, such as {_MAXIMUM}",
        fix=Fix(
            f"set `maximum` to {_MAXIMUM}",
            (Edit("set", schema.at("maximum"), _MAXIMUM),),
            Applicability.UNSAFE,
        ),
    )
