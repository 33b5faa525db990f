"""A batch that answers once for all.

## Why is this bad?

When the third of ten changes fails, the client must learn which one, and what became of the others. One status for all hides it: the
client repeats everything or nothing.

## How to fix

Answer with a result per item (and status 207), or say in the description that the batch is atomic.
"""

import re
from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, regex, rule
from archlint.formats.openapi import Operation
from archlint.formats.openapi.requests import is_batch

_ATOMIC = regex(
    r"atomic|all[- ]or[- ]nothing|transaction|(?:none|nothing) (?:is|are|of) .{0,20}(?:changed|applied|created)|entire (?:batch|request) fails",
    re.IGNORECASE,
)

_SPEC = """
openapi: 3.1.0
info: {{title: Orders, version: 1.0.0}}
paths:
  {path}:
    post:{marker}
      {extra}
      requestBody: {{content: {{application/json: {{schema: {{type: array, items: {{type: object, properties: {{id: {{}}}}}}}}}}}}}}
      responses:
        {responses}
"""


def _spec(responses: str, extra: str = "tags: [a]", marker: str = "", path: str = "/orders/batch") -> str:
    return _SPEC.format(responses=responses, extra=extra, marker=marker, path=path)


@rule(
    id="batch-without-item-status",
    category="api",
    severity=Severity.WARNING,
    profile="strict",
    subject=Operation,
    since="0.1.0",
    references=(
        "https://opensource.zalando.com/restful-api-guidelines/#152",
        "https://google.aip.dev/233",
    ),
    applies=lambda operation: operation.kind == "path" and is_batch(operation),
    aggregate=True,
    examples=(
        Bad(
            _spec(
                '"200": {description: ok}',
                marker="  # <- `POST /orders/batch` answers once for all of its items",
            )
        ),
        Bad(
            _spec(
                '"200": {description: ok, content: {application/json: {schema: {type: object, properties: {count: {type: integer}}}}}}',
                marker="  # <- `POST /orders/batch` answers once",
            )
        ),
        Good(_spec('"207": {description: The results}')),
        Good(
            _spec(
                '"200": {description: ok, content: {application/json: {schema: {type: array, items: {type: object}}}}}'
            ),
            "a result per item",
        ),
        Good(
            _spec(
                '"200": {description: ok, content: {application/json: {schema: {type: object, properties: {failed: {type: array}}}}}}'
            ),
            "those that failed",
        ),
        Good(_spec('"204": {description: ok}', "description: The batch is atomic."), "all or nothing"),
        Good(_spec('"202": {description: Later}'), "a job has a state of its own"),
        Good(
            _spec(
                '"200": {description: ok, content: {application/json: {schema: {$ref: "results.yaml#/Results"}}}}'
            ),
            "a body in another file",
        ),
    ),
)
def batch_without_item_status(operation: Operation, context: Context) -> Iterator[Problem]:
    """Report batch operations whose success responses carry no list and that are not said to be atomic."""
    del context
    successes = operation.successes
    said = " ".join(
        [operation.description, *(response.description for response in operation.responses.values())]
    )
    if not successes or _ATOMIC.search(said):
        return
    for response in successes:
        if response.status in {"207", "202"}:
            return
        for media in response.content.values():
            schema = media.schema
            if (
                schema is None
                or not schema.is_known
                or not media.is_json
                or schema.is_array
                or schema.keyword("additionalProperties")
            ):
                return
            parts = [value for part in schema.walk() for value in part.properties.values()]
            if any(value.is_array or not value.types for value in parts):
                return
    yield Problem(
        f"`{operation.name}` answers once for all of its items",
        operation.key,
        help="answer with a result per item, or say that the batch is atomic",
    )
