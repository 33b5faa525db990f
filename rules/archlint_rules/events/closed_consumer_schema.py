"""A consumer that refuses what it does not know.

## Why is this bad?

The producer adds a property, which is compatible by all rules, and the consumer stops: it said that there are no others.

## How to fix

Leave out `additionalProperties: false` on the consumer's side and ignore what is not needed. A producer may well close its own schema.
"""

from collections.abc import Iterator
from typing import Any

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.formats.asyncapi import AsyncOperation
from archlint.formats.asyncapi.payloads import payload_of

_MOST_NODES = 500
_DOCUMENT = """
asyncapi: 3.0.0
info: {{title: stock, version: 1.0.0}}
channels:
  placed:
    address: orders.placed
    messages:
      Placed:{marker}
        payload: {payload}
operations:
  takePlaced: {{action: {action}, channel: {{$ref: "#/channels/placed"}}}}
"""
_CLOSED = "{type: object, properties: {id: {type: string}}, additionalProperties: false}"


@rule(
    id="closed-consumer-schema",
    category="events",
    severity=Severity.WARNING,
    subject=AsyncOperation,
    since="0.1.0",
    profile="strict",
    references=("https://martinfowler.com/bliki/TolerantReader.html",),
    examples=(
        Bad(
            _DOCUMENT.format(
                action="receive",
                payload=_CLOSED,
                marker="  # <- `Placed` as received allows no further properties",
            )
        ),
        Bad(
            _DOCUMENT.format(
                action="receive",
                payload=f"{{properties: {{lines: {{type: array, items: {_CLOSED}}}}}}}",
                marker="  # <- `Placed` as received allows no further properties in `lines[]`",
            )
        ),
        Good(_DOCUMENT.format(action="send", payload=_CLOSED, marker=""), "the producer knows what it sends"),
        Good(_DOCUMENT.format(action="receive", payload="{type: object, properties: {id: {}}}", marker="")),
    ),
)
def closed_consumer_schema(operation: AsyncOperation, context: Context) -> Iterator[Problem]:
    """Report messages that are received by a closed schema, the outermost closed part of each."""
    del context
    if operation.action != "receive":
        return
    for message in operation.messages:
        path = _closed(payload_of(message)[0])
        if path is not None:
            where = f" in `{path}`" if path else ""
            yield Problem(
                f"`{message.name}` as received allows no further properties{where}",
                message.document.at(message.pointer, on_key=True),
                help="leave out `additionalProperties: false`",
            )


def _closed(payload: Any) -> str | None:
    pending: list[tuple[str, Any]] = [("", payload)]
    for _ in range(_MOST_NODES):
        if not pending:
            break
        path, schema = pending.pop(0)
        if not isinstance(schema, dict):
            continue
        if schema.get("additionalProperties") is False and schema.get("properties"):
            return path
        properties = schema.get("properties")
        for key, item in properties.items() if isinstance(properties, dict) else ():
            pending.append((f"{path}.{key}" if path else str(key), item))
        pending.append((f"{path}[]", schema.get("items")))
    return None
