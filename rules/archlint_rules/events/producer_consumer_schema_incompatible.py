"""What a producer sends is not what a consumer expects.

## Why is this bad?

The consumer fails on messages that the producer is allowed to send: at run time, for some messages only, and mostly in a place that retries
for ever.

## How to fix

Let the producer guarantee what consumers need (make the property required), or let the consumer do without it. Share one schema.
"""

from collections.abc import Iterator

from archlint.api import (
    Bad,
    ChannelFact,
    Confidence,
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
from archlint_rules.events.compatibility import contradictions

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
        Bad(
            _both(
                "{type: object, properties: {at: {type: string, format: date}}}",
                "{type: object, properties: {at: {type: string, format: date-time}}}",
                "  # <- `stock` expects `at` of `Placed` as date-time, `orders` sends it as date",
            )
        ),
        Bad(
            _both(
                "{type: object, properties: {kind: {enum: [new, gift]}}}",
                "{type: object, properties: {kind: {enum: [new, used]}}}",
                "  # <- `orders` may send `gift` as `kind` of `Placed`, which `stock` does not know",
            )
        ),
        Bad(
            _both(
                "{allOf: [{required: [id], properties: {id: {type: string}}}], properties: {lines: {type: array, items: {type: string}}}}",
                "{type: object, required: [id], properties: {lines: {type: array, items: {type: object}}}}",
                "  # <- `stock` expects `lines[]` of `Placed` as object, `orders` sends it as string",
            )
        ),
        Good(_both("{}", "{type: object, required: [id]}"), "nothing is known of what is sent"),
        Good(
            _both(
                "{oneOf: [{required: [id]}, {required: [key]}]}",
                "{type: object, required: [id], properties: {id: {type: string}}}",
            ),
            "alternatives are not judged",
        ),
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
    same_broker = sent[1].broker == expected[1].broker != ""
    for wanted in expected[1].messages:
        alone = same_broker and len(expected[1].messages) == 1
        offered = _counterparts(wanted, sent[1].messages, alone=alone)
        faults = [_faults(message, wanted, sender, receiver) for message in offered]
        if not faults or not all(faults):
            continue
        for text, severity in faults[0]:
            yield Problem(
                text,
                wanted.at,
                help="let the producer guarantee it, or let the consumer do without it",
                related=(Related(f"`{sender}` sends it like this", offered[0].at),),
                severity=severity,
                confidence=Confidence.DECLARED if same_broker else Confidence.INFERRED,
                identity=("schema", topic.id, sender, receiver, wanted.name, text),
            )


def _counterparts(wanted: MessageFact, offered: tuple[MessageFact, ...], *, alone: bool) -> list[MessageFact]:
    """Return the messages that may be meant: those of the same name or `$id`, else the only one of the same channel on the same broker."""
    same = [message for message in offered if wanted.name and message.name == wanted.name]
    if not same and (identifier := _identifier(wanted)):
        same = [message for message in offered if _identifier(message) == identifier]
    return same or (list(offered) if alone and len(offered) == 1 else [])


def _identifier(message: MessageFact) -> str:
    return str(message.payload.get("$id", "")) if isinstance(message.payload, dict) else ""


def _faults(
    sent: MessageFact, wanted: MessageFact, sender: str, receiver: str
) -> list[tuple[str, Severity | None]]:
    name = f"`{wanted.name}`" if wanted.name else "the message"
    one, other = _media(sent.content_type), _media(wanted.content_type)
    if one and other and one != other:
        return [(f"`{receiver}` expects {name} as `{other}`, `{sender}` sends `{one}`", None)]
    found = []
    for fault in contradictions(sent.payload, wanted.payload):
        what = f"`{fault.path}` of {name}" if fault.path else f"the payload of {name}"
        if fault.kind == "required":
            text = f"`{receiver}` needs {what}, which `{sender}` does not guarantee"
        elif fault.kind in {"type", "format"}:
            text = f"`{receiver}` expects {what} as {fault.wanted}, `{sender}` sends it as {fault.sent}"
        else:
            text = f"`{sender}` may send `{fault.sent}` as {what}, which `{receiver}` does not know"
        found.append((text, Severity.WARNING if fault.kind == "value" else None))
    return found


def _media(content_type: str) -> str:
    """Return a media type without parameters; all JSON is one."""
    name = content_type.partition(";")[0].strip().lower()
    return "application/json" if name.endswith("+json") or name == "text/json" else name
