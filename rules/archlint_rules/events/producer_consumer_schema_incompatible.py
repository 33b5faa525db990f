"""What a producer sends is not what a consumer expects.

## Why is this bad?

The consumer fails on messages that the producer is allowed to send: at run time, for some messages only, and mostly in a place that retries
for ever.

## How to fix

Let the producer guarantee what consumers need (make the property required), or let the consumer do without it. Share one schema.
"""

from collections.abc import Iterator
from typing import Any

from archlint.api import (
    Bad,
    ChannelFact,
    Context,
    Good,
    MessageFact,
    Problem,
    Related,
    Service,
    Severity,
    Topic,
    rule,
)

_DOCUMENT = """
asyncapi: 3.0.0
info: {{title: {name}, version: 1.0.0}}
channels:
  placed:
    address: orders.placed
    messages:
      Placed:{marker}
        payload: {payload}
operations:
  {name}Placed:
    action: {action}
    channel: {{$ref: "#/channels/placed"}}
"""
_MOST_DEPTH = 8


def _both(sent: str, expected: str, marker: str = "") -> dict[str, str]:
    return {
        "orders.yaml": _DOCUMENT.format(name="orders", action="send", payload=sent, marker=""),
        "stock.yaml": _DOCUMENT.format(name="stock", action="receive", payload=expected, marker=marker),
    }


@rule(
    id="producer-consumer-schema-incompatible",
    category="events",
    severity=Severity.ERROR,
    subject=Topic,
    since="0.1.0",
    references=(
        "https://docs.confluent.io/platform/current/schema-registry/fundamentals/schema-evolution.html",
    ),
    examples=(
        Bad(
            _both(
                "{type: object, required: [id], properties: {id: {type: string}}}",
                "{type: object, required: [id, address], properties: {id: {type: string}, address: {type: string}}}",
                "  # <- `stock` needs `address` of `Placed`, which `orders` does not guarantee",
            )
        ),
        Bad(
            _both(
                "{type: object, required: [id], properties: {id: {type: integer}}}",
                "{type: object, required: [id], properties: {id: {type: string}}}",
                "  # <- `stock` expects `id` of `Placed` as string, `orders` sends it as integer",
            )
        ),
        Good(
            _both(
                "{type: object, required: [id, address], properties: {id: {type: integer}, address: {type: string}, more: {}}}",
                "{type: object, required: [id], properties: {id: {type: number}}}",
            ),
            "a consumer may know less, and an integer is a number",
        ),
        Good(_both("{}", "{type: object, required: [id]}"), "nothing is known of what is sent"),
    ),
)
def producer_consumer_schema_incompatible(topic: Topic, context: Context) -> Iterator[Problem]:
    """Report messages of one name on one channel whose payloads contradict each other."""
    del context
    senders = [(service, use) for service, use in topic.uses if use.action == "send" and not use.reply]
    receivers = [(service, use) for service, use in topic.uses if use.action == "receive" and not use.reply]
    for receiver, expected_use in receivers:
        for sender, sent_use in senders:
            if sender is not receiver:
                yield from _compare(topic, (sender, sent_use), (receiver, expected_use))


def _compare(
    topic: Topic, sent: tuple[Service, ChannelFact], expected: tuple[Service, ChannelFact]
) -> Iterator[Problem]:
    sender, receiver = sent[0].name, expected[0].name
    for wanted in expected[1].messages:
        offered = _counterparts(wanted, sent[1].messages, alone=len(expected[1].messages) == 1)
        faults = [fault for message in offered for fault in _faults(message, wanted, sender, receiver)]
        if faults and all(list(_faults(message, wanted, sender, receiver)) for message in offered):
            message, severity = faults[0]
            yield Problem(
                message,
                wanted.at,
                help="let the producer guarantee it, or let the consumer do without it",
                related=(Related(f"`{sender}` sends it like this", offered[0].at),),
                severity=severity,
                identity=("schema", topic.id, sender, receiver, wanted.name),
            )


def _counterparts(wanted: MessageFact, offered: tuple[MessageFact, ...], *, alone: bool) -> list[MessageFact]:
    same = [message for message in offered if message.name == wanted.name]
    return same or (list(offered) if alone and len(offered) == 1 else [])


def _faults(
    sent: MessageFact, wanted: MessageFact, sender: str, receiver: str
) -> Iterator[tuple[str, Severity | None]]:
    if sent.content_type and wanted.content_type and sent.content_type != wanted.content_type:
        yield (
            f"`{receiver}` expects `{wanted.name}` as `{wanted.content_type}`, `{sender}` sends `{sent.content_type}`",
            None,
        )
    pending: list[tuple[tuple[str, ...], Any, Any]] = [((), sent.payload, wanted.payload)]
    while pending:
        path, one, other = pending.pop()
        if (
            not isinstance(one, dict)
            or not isinstance(other, dict)
            or not one
            or not other
            or len(path) > _MOST_DEPTH
        ):
            continue
        name = ".".join(path) or "the payload"
        types, needed = _types(one), _types(other)
        if types and needed and not types & needed:
            yield (
                f"`{receiver}` expects `{name}` of `{wanted.name}` as {_listed(needed)}, `{sender}` sends it as {_listed(types)}",
                None,
            )
            continue
        if _combined(one) or _combined(other):
            continue
        for key in other.get("required") or ():
            if key not in (one.get("required") or ()) and isinstance(one.get("properties"), dict):
                where = ".".join((*path, str(key)))
                yield (
                    f"`{receiver}` needs `{where}` of `{wanted.name}`, which `{sender}` does not guarantee",
                    None,
                )
        yield from _enums(one, other, name, wanted.name, (sender, receiver))
        first, second = one.get("properties"), other.get("properties")
        if isinstance(first, dict) and isinstance(second, dict):
            pending.extend(((*path, str(key)), first[key], second[key]) for key in second if key in first)


def _enums(
    one: dict[str, Any], other: dict[str, Any], name: str, message: str, who: tuple[str, str]
) -> Iterator[tuple[str, Severity | None]]:
    sent, known = one.get("enum"), other.get("enum")
    if isinstance(sent, list) and isinstance(known, list):
        unknown = [value for value in sent if value not in known]
        if unknown:
            text = f"`{who[0]}` may send `{unknown[0]}` as `{name}` of `{message}`, which `{who[1]}` does not know"
            yield text, Severity.WARNING if len(unknown) < len(sent) else None


def _types(schema: dict[str, Any]) -> set[str]:
    kind = schema.get("type")
    found = (
        {kind} if isinstance(kind, str) else {str(item) for item in kind} if isinstance(kind, list) else set()
    )
    return found | {"number"} if "integer" in found else found


def _combined(schema: dict[str, Any]) -> bool:
    return any(key in schema for key in ("oneOf", "anyOf", "allOf", "not", "if"))


def _listed(types: set[str]) -> str:
    return " or ".join(sorted(types - ({"number"} if "integer" in types else set())))
