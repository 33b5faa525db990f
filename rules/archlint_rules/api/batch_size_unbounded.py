"""A batch without an upper limit.

## Why is this bad?

One request can carry a million changes: it runs into timeouts half done, holds locks for minutes, and costs the sender nothing.

## How to fix

Declare `maxItems` for the list, and refuse longer ones.
"""

from collections.abc import Iterator

from archlint.api import Applicability, Bad, Context, Edit, Fix, Good, Problem, Severity, rule
from archlint.formats.openapi import Operation, Schema
from archlint.formats.openapi.requests import batch_array, is_batch
from archlint.formats.openapi.words import bare

_MAXIMUM = 1000

_SPEC = """
openapi: 3.1.0
info: {{title: Orders, version: 1.0.0}}
paths:
  {path}:
    {method}:
      requestBody:
        content:
          {media}:
            schema: {schema}
      responses: {{"200": {{description: ok}}}}
"""


def _spec(schema: str, path: str = "/orders", method: str = "post", media: str = "application/json") -> str:
    return _SPEC.format(schema=schema, path=path, method=method, media=media)


def _lists(operation: Operation) -> bool:
    return operation.kind == "path" and bool(_arrays(operation))


def _arrays(operation: Operation) -> list[tuple[str, Schema]]:
    """Return the lists of a write that stand for many changes: the body itself, `ids`, and those of batch operations."""
    if operation.body is None or operation.method in {"GET", "HEAD", "OPTIONS"}:
        return []
    root = batch_array(operation)
    if root is not None:
        return [("", root)]
    batch = is_batch(operation)
    return [
        (name, value)
        for media in operation.body.content.values()
        if media.is_json and media.schema is not None
        for name, value in media.schema.properties.items()
        if value.is_array
        and (
            bare(name) == "ids"
            or (
                batch
                and value.element is not None
                and (value.element.is_object or bare(name).endswith("ids"))
            )
        )
    ]


@rule(
    id="batch-size-unbounded",
    category="api",
    severity=Severity.WARNING,
    profile="strict",
    subject=Operation,
    since="0.1.0",
    references=(
        "https://owasp.org/API-Security/editions/2023/en/0xa4-unrestricted-resource-consumption/",
        "https://google.aip.dev/231",
    ),
    applies=_lists,
    aggregate=True,
    examples=(
        Bad(
            _spec(
                "{type: array, items: {type: object, properties: {id: {}}}}  # <- `POST /orders` takes a list without a limit"
            )
        ),
        Bad(
            _spec(
                "\n              properties:\n                ids: {type: array, items: {type: string}}"
                "  # <- `POST /orders` takes a list without a limit, `ids`"
            )
        ),
        Bad(
            """
            swagger: "2.0"
            info: {title: Orders, version: 1.0.0}
            paths:
              /orders:
                put:
                  parameters:
                    - name: orders
                      in: body
                      schema: {type: array, items: {type: object}}  # <- `PUT /orders` takes a list without a limit
                  responses: {"200": {description: ok}}
            """,
            "Swagger 2.0",
        ),
        Good(_spec("{type: array, maxItems: 500, items: {type: object}}")),
        Good(
            _spec(
                "{type: array, items: {type: object}}", method="patch", media="application/json-patch+json"
            ),
            "a patch (RFC 6902)",
        ),
        Good(
            _spec("{type: array, items: {type: object, properties: {op: {}, path: {}}}}", method="put"),
            "a patch by another name",
        ),
        Good(_spec("{type: array, items: {type: string}}", path="/orders/{id}/tags"), "a list of words"),
        Good(
            _spec("{type: object, properties: {lines: {type: array, items: {type: object}}}}"),
            "the parts of one thing",
        ),
    ),
)
def batch_size_unbounded(operation: Operation, context: Context) -> Iterator[Problem]:
    """Report lists of changes without `maxItems`."""
    del context
    for name, array in _arrays(operation):
        if array.keyword("maxItems") is None:
            yield Problem(
                f"`{operation.name}` takes a list without a limit" + (f", `{name}`" if name else ""),
                array.location,
                help=f"declare `maxItems`, such as {_MAXIMUM}",
                fix=Fix(
                    f"set `maxItems` to {_MAXIMUM}",
                    (Edit("set", array.at("maxItems"), _MAXIMUM),),
                    Applicability.UNSAFE,
                ),
            )
