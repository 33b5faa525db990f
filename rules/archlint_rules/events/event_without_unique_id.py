"""An event that cannot be told from its own repetition.

## Why is this bad?

Brokers deliver at least once: after a lost acknowledgement the same event comes again. A consumer that cannot recognise it books, ships or mails twice.

## How to fix

Give each event a required identifier of its own (`id` of CloudEvents, `eventId`), in the payload or in a header.
"""

import re
from collections.abc import Iterator
from typing import Any

from archlint.api import Bad, Context, Good, Problem, Severity, follow, regex, rule
from archlint.formats.asyncapi import AsyncOperation, Message
from archlint.formats.asyncapi.payloads import payload_of

_AT_LEAST_ONCE = frozenset(
    ("kafka", "kafka-secure", "amqp", "amqps", "amqp1", "sqs", "sns", "googlepubsub", "pulsar")
)
_IDENTIFIER = regex(
    r"(ce[_-]?)?id|x-?(event|message|request)-?id|.*(event|message|msg|notification|idempotency|dedup\w*|correlation)[-_]?(id|key)|uuid|guid|key",
    re.IGNORECASE,
)
_DOCUMENT = """
asyncapi: 3.0.0
info: {{title: orders, version: 1.0.0}}
servers: {{main: {{host: broker.example, protocol: {protocol}}}}}
channels:
  placed:
    address: orders.placed
    messages:
      Placed:{marker}
        payload: {payload}
operations:
  announce: {{action: send, channel: {{$ref: "#/channels/placed"}}}}
"""


def _document(payload: str, protocol: str = "kafka", marker: str = "") -> str:
    return _DOCUMENT.format(payload=payload, protocol=protocol, marker=marker)


_NAMELESS = "{type: object, required: [total], properties: {total: {type: integer}}}"


@rule(
    id="event-without-unique-id",
    category="events",
    severity=Severity.WARNING,
    subject=AsyncOperation,
    since="0.1.0",
    profile="strict",
    references=("https://opensource.zalando.com/restful-api-guidelines/#211",),
    examples=(
        Bad(_document(_NAMELESS, marker="  # <- nothing in `Placed` tells it from its repetition")),
        Good(_document("{type: object, required: [eventId], properties: {eventId: {type: string}}}")),
        Good(
            _document(
                "{type: object, required: [metadata], properties: {metadata: {required: [id], properties: {id: {}}}}}"
            ),
            "in an envelope",
        ),
        Good(_document("{}"), "nothing is known of the content"),
        Good(_document(_NAMELESS, "ws"), "a socket repeats nothing"),
    ),
)
def event_without_unique_id(operation: AsyncOperation, context: Context) -> Iterator[Problem]:
    """Report messages that are sent over a broker, whose content is known, and that have no identifier."""
    del context
    if operation.action != "send" or operation.channel is None:
        return
    if not _AT_LEAST_ONCE & set(operation.channel.protocols):
        return
    for message in operation.messages:
        payload = payload_of(message)[0]
        if _is_known(payload) and not _identified(message, payload):
            yield Problem(
                f"nothing in `{message.name}` tells it from its repetition",
                message.document.at(message.pointer, on_key=True),
                help="add a required `id` of the event",
            )


def _is_known(payload: Any) -> bool:
    """Tell whether the properties are all written down: no alternatives, and none that come from elsewhere."""
    return (
        isinstance(payload, dict)
        and isinstance(payload.get("properties"), dict)
        and bool(payload["properties"])
        and not any(key in payload for key in ("oneOf", "anyOf", "allOf", "if"))
    )


def _identified(message: Message, payload: dict[str, Any]) -> bool:
    kafka = message.bindings.get("kafka")
    if message.field("correlationId") or (isinstance(kafka, dict) and "key" in kafka):
        return True
    headers = follow(message.document, (), message.field("headers"))
    if headers and isinstance(headers[2], dict) and _names(headers[2]):
        return True
    nested = [item for item in payload["properties"].values() if isinstance(item, dict)]
    return any(_names(schema) for schema in (payload, *nested))


def _names(schema: dict[str, Any]) -> bool:
    properties = schema.get("properties")
    return isinstance(properties, dict) and any(_IDENTIFIER.fullmatch(str(name)) for name in properties)
