"""An operation without a name that code can use.

## Why is this bad?

Generators make function names of `operationId`. Where it is missing they make up names that change with the path; where it is there twice, one
of the functions is lost.

## How to fix

Give each operation an `operationId` of its own, of letters and digits, such as `listOrders`.
"""

import re
from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Related, Severity, regex, rule
from archlint.formats.openapi import OpenAPI, Operation

_SEPARATORS = regex(r"[\W_]+")
_IDENTIFIER = regex(r"[^\W\d]\w*\Z", re.ASCII)

_SPEC = """
openapi: 3.1.0
info: {{title: Orders, version: 1.0.0}}
paths:
  /orders:
    get:
      operationId: listOrders
      responses: {{"200": {{description: ok}}}}
    post:{marker}
      {name}
      responses: {{"201": {{description: ok}}}}
"""


def _spec(name: str, marker: str = "") -> str:
    return _SPEC.format(name=name, marker=marker)


@rule(
    id="operation-id-unusable",
    category="contracts",
    severity=Severity.WARNING,
    profile="strict",
    subject=Operation,
    since="0.1.0",
    references=("https://spec.openapis.org/oas/v3.1.1.html#operation-object",),
    applies=lambda operation: operation.kind == "path",
    aggregate=True,
    examples=(
        Bad(_spec("tags: [orders]", "  # <- `POST /orders` has no `operationId`")),
        Bad(_spec("operationId: listOrders  # <- `listOrders` names `GET /orders` as well")),
        Bad(_spec("operationId: 1st(order)  # <- `1st(order)` makes no name in code")),
        Good(_spec("operationId: createOrder")),
        Good(_spec("operationId: orders/create-one"), "separators are dropped by generators"),
        Good(_spec("operationId: Orders_Create.v2"), "with namespaces"),
        Good(_spec('operationId: "orders#create"'), "other signs are dropped as well"),
    ),
)
def operation_id_unusable(operation: Operation, context: Context) -> Iterator[Problem]:
    """Report operations without an `operationId`, with one that is taken, or with one that makes no identifier."""
    del context
    if not operation.id:
        yield Problem(
            f"`{operation.name}` has no `operationId`", operation.key, help="name it, as `listOrders`"
        )
        return
    first = _named(operation.root)[operation.id]
    if first.pointer != operation.pointer or first.document is not operation.document:
        yield Problem(
            f"`{operation.id}` names `{first.name}` as well",
            operation.at("operationId"),
            help="give it a name of its own",
            related=(Related("the first one", first.at("operationId")),),
            severity=Severity.ERROR,
        )
    elif not _IDENTIFIER.match(_SEPARATORS.sub("_", operation.id).strip("_") or "0"):
        yield Problem(
            f"`{operation.id}` makes no name in code",
            operation.at("operationId"),
            help="use letters and digits, with a letter first",
        )


def _named(api: OpenAPI) -> dict[str, Operation]:
    known = api.document.memo.get("operation-ids")
    if known is None:
        known = {operation.id: operation for operation in reversed(api.operations)}
        api.document.memo["operation-ids"] = known
    found: dict[str, Operation] = known
    return found
