"""An operation of which nobody says what it does.

## Why is this bad?

The path tells the thing, the method the kind of act. What it means for the business, when it may be called and what happens then stays in
the heads of those who built it.

## How to fix

Add a `summary` of one line, and a `description` where there is more to know.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.formats.asyncapi import AsyncOperation
from archlint.formats.openapi import Operation

_SPEC = """
openapi: 3.1.0
info: {{title: Orders, version: 1.0.0}}
paths:
  /orders:
    {shared}
    get:{marker}
      {said}
      responses: {{"200": {{description: ok}}}}
"""


def _spec(said: str = "tags: [orders]", shared: str = "x-none: true", marker: str = "") -> str:
    return _SPEC.format(said=said, shared=shared, marker=marker)


@rule(
    id="operation-undocumented",
    category="contracts",
    severity=Severity.INFO,
    profile="strict",
    subject=(Operation, AsyncOperation),
    since="0.1.0",
    references=("https://opensource.zalando.com/restful-api-guidelines/#102", "https://google.aip.dev/192"),
    aggregate=True,
    applies=lambda _operation: True,
    examples=(
        Bad(_spec(marker="  # <- nothing says what `GET /orders` does")),
        Bad(
            """
            asyncapi: 3.0.0
            info: {title: Orders, version: 1.0.0}
            channels: {placed: {address: orders.placed}}
            operations:
              sendPlaced:  # <- nothing says what `sendPlaced` does
                action: send
                channel: {$ref: "#/channels/placed"}
            """,
            "AsyncAPI",
        ),
        Good(_spec("summary: All orders of the shop")),
        Good(_spec("description: All orders of the shop")),
        Good(_spec(shared="description: The orders of the shop"), "said for the path"),
    ),
)
def operation_undocumented(operation: Operation | AsyncOperation, context: Context) -> Iterator[Problem]:
    """Report operations without a summary and a description, their path's and channel's included."""
    del context
    if isinstance(operation, Operation):
        said = f"{operation.description}{operation.item.description}"
    else:
        above = operation.channel
        said = "".join(
            str(node.get(key, default=""))
            for node in (operation, *((above,) if above is not None else ()), *operation.messages)
            for key in ("title", "summary", "description")
        )
    if not said.strip():
        at = operation.document.at(operation.pointer, on_key=True)
        yield Problem(f"nothing says what `{operation.name}` does", at, help="add a `summary`")
