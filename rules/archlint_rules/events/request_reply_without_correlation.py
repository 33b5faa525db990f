"""A request with a reply, and nothing that tells which reply belongs to which request.

## Why is this bad?

As soon as two requests are on their way, replies are given to the wrong caller: under load only, and without an error.

## How to fix

Define a `correlationId` in the request and the reply, and copy it from one to the other.
"""

from collections.abc import Iterator
from typing import Any

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.formats.asyncapi import AsyncOperation

_ORDERED = frozenset(("http", "https", "ws", "wss"))
_DOCUMENT = """
asyncapi: 3.0.0
info: {{title: prices, version: 1.0.0}}
servers: {{main: {{host: broker.example, protocol: {protocol}}}}}
channels:
  ask: {{address: prices.ask, messages: {{Ask: {{payload: {{type: object}}{correlation}}}}}}}
  answer: {{address: prices.answer{more}, messages: {{Answer: {{payload: {{type: object}}}}}}}}
operations:
  price:
    action: receive
    channel: {{$ref: "#/channels/ask"}}
    reply:{marker}
      channel: {{$ref: "#/channels/answer"}}
"""


def _document(protocol: str = "kafka", correlation: str = "", more: str = "", marker: str = "") -> str:
    return _DOCUMENT.format(protocol=protocol, correlation=correlation, more=more, marker=marker)


@rule(
    id="request-reply-without-correlation",
    category="events",
    severity=Severity.WARNING,
    subject=AsyncOperation,
    since="0.1.0",
    references=(
        "https://www.enterpriseintegrationpatterns.com/patterns/messaging/CorrelationIdentifier.html",
    ),
    examples=(
        Bad(_document(marker="  # <- nothing tells which reply of `price` belongs to which request")),
        Good(_document(correlation=', correlationId: {location: "$message.header#/id"}')),
        Good(_document("ws"), "a socket belongs to one caller"),
        Good(
            _document("amqp", more=", bindings: {amqp: {is: queue, queue: {exclusive: true}}}"),
            "a queue of the caller's own",
        ),
    ),
)
def request_reply_without_correlation(operation: AsyncOperation, context: Context) -> Iterator[Problem]:
    """Report operations with a reply whose messages are known and have no correlation identifier."""
    del context
    if "reply" not in operation.data or operation.channel is None:
        return
    messages = [*operation.messages, *operation.reply_messages]
    if not messages or any(message.field("correlationId") for message in messages):
        return
    if any(_correlates(message.bindings) for message in messages) or _ORDERED & set(
        operation.channel.protocols
    ):
        return
    if operation.reply is not None and _is_exclusive(operation.reply.bindings):
        return
    yield Problem(
        f"nothing tells which reply of `{operation.name}` belongs to which request",
        operation.at("reply", on_key=True),
        help="define a `correlationId` in both messages",
    )


def _correlates(bindings: dict[str, Any]) -> bool:
    mqtt = bindings.get("mqtt")
    return isinstance(mqtt, dict) and "correlationData" in mqtt


def _is_exclusive(bindings: dict[str, Any]) -> bool:
    amqp = bindings.get("amqp")
    queue = amqp.get("queue") if isinstance(amqp, dict) else None
    return isinstance(queue, dict) and queue.get("exclusive") is True
