"""A service waits for events that nobody here sends.

## Why is this bad?

The consumer runs, is green, and does nothing: a channel was renamed on one side, or the producer is gone. That is noticed when the data is missing.

## How to fix

Correct the address, describe the producer, or remove the consumer. For events from outside, describe the other side as a service.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, Topic, rule

_DOCUMENT = """
asyncapi: 3.0.0
info: {{title: {name}, version: 1.0.0}}
channels:
  placed: {{address: {address}}}
operations:
  {name}Placed:{marker}
    action: {action}
    channel: {{$ref: "#/channels/placed"}}
"""


def _document(name: str, action: str, address: str = "orders.placed", marker: str = "") -> str:
    return _DOCUMENT.format(name=name, action=action, marker=marker, address=address)


@rule(
    id="event-not-produced",
    category="events",
    severity=Severity.WARNING,
    subject=Topic,
    since="0.1.0",
    references=("https://www.asyncapi.com/docs/reference/specification/v3.0.0#operationObject",),
    examples=(
        Bad(
            {
                "orders.yaml": _document("orders", "send", "orders.created"),
                "stock.yaml": _document(
                    "stock",
                    "receive",
                    marker="  # <- `stock` waits for `orders.placed`, which nobody here sends",
                ),
            }
        ),
        Good({"orders.yaml": _document("orders", "send"), "stock.yaml": _document("stock", "receive")}),
        Good({"stock.yaml": _document("stock", "receive")}, "one document says nothing of the others"),
        Good(
            {
                "orders.yaml": """
                    asyncapi: 2.6.0
                    info: {title: orders, version: 1.0.0}
                    channels: {orders.placed: {subscribe: {message: {payload: {type: object}}}}}
                """,
                "stock.yaml": """
                    asyncapi: 2.6.0
                    info: {title: stock, version: 1.0.0}
                    channels: {orders.placed: {publish: {message: {payload: {type: object}}}}}
                """,
            },
            "in version 2, `subscribe` is what others may do: the application sends",
        ),
    ),
)
def event_not_produced(topic: Topic, context: Context) -> Iterator[Problem]:
    """Report a channel with consumers and without producers, where some service in scope describes what it sends."""
    if not topic.consumers or topic.producers or topic.public:
        return
    producers = {service.id for other in context.graph.topics for service in other.producers}
    if not producers - {service.id for service in topic.consumers} or all(use.reply for _, use in topic.uses):
        return
    first = next(use for _, use in topic.uses if use.action == "receive")
    yield Problem(
        f"`{topic.consumers[0].name}` waits for `{topic.address}`, which nobody here sends",
        first.at,
        help="correct the address, describe the producer, or remove the consumer",
        severity=Severity.WARNING if context.complete(topic.location.path) else Severity.INFO,
        identity=("not-produced", topic.id),
    )
