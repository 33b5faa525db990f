"""An event that nobody here listens to.

## Why is this bad?

Either a consumer was lost or never built, or the event is kept alive for nobody: schema, topic and storage cost something, and nobody dares to change
them.

## How to fix

Find the consumer and describe what it receives, mark the channel as public (`x-visibility: public`) where others consume it, or remove the event.
"""

from collections.abc import Iterator

from archlint.api import Bad, Confidence, Context, Good, Problem, Severity, Topic, rule

_DOCUMENT = """
asyncapi: 3.0.0
info: {{title: {name}, version: 1.0.0}}
channels:
  placed: {{address: orders.placed{more}}}
operations:
  {name}Placed:{marker}
    action: {action}
    channel: {{$ref: "#/channels/placed"}}
"""


def document(name: str, action: str, marker: str = "", more: str = "") -> str:
    """Return an AsyncAPI document of one operation."""
    return _DOCUMENT.format(name=name, action=action, marker=marker, more=more)


_AUDIT = ("audit", "dlq", "dlt", "dead-letter", "deadletter", "cdc", "log", "metrics", "telemetry", "reply")


@rule(
    id="event-not-consumed",
    category="events",
    severity=Severity.INFO,
    subject=Topic,
    since="0.1.0",
    references=("https://opensource.zalando.com/restful-api-guidelines/#194",),
    examples=(
        Bad(
            {
                "orders.yaml": document("orders", "send"),
                "stock.yaml": document("stock", "receive").replace("orders.placed", "orders.shipped"),
            }
            | {
                "orders.yaml": document(
                    "orders", "send", "  # <- `orders` sends to `orders.placed`, which nobody here receives"
                )
            }
        ),
        Good({"orders.yaml": document("orders", "send"), "stock.yaml": document("stock", "receive")}),
        Good(
            {
                "orders.yaml": document("orders", "send", more=", x-visibility: public"),
                "stock.yaml": document("stock", "receive").replace("orders.placed", "b"),
            },
            "for others",
        ),
        Good({"orders.yaml": document("orders", "send")}, "one document says nothing of the others"),
    ),
)
def event_not_consumed(topic: Topic, context: Context) -> Iterator[Problem]:
    """Report a channel with producers and without consumers, where some service in scope describes what it receives."""
    if (
        not topic.producers
        or topic.consumers
        or topic.public
        or any(word in topic.address.lower() for word in _AUDIT)
    ):
        return
    others = {id(service) for other in context.graph.topics for service in other.consumers}
    if not others or all(use.reply for _, use in topic.uses):
        return
    complete = context.complete(topic.location.path)
    first = next(use for _, use in topic.uses if use.action == "send")
    yield Problem(
        f"`{topic.producers[0].name}` sends to `{topic.address}`, which nobody here receives",
        first.at,
        help="describe the consumer, mark the channel public, or remove the event",
        severity=Severity.WARNING if complete else Severity.INFO,
        confidence=Confidence.DECLARED,
        identity=("not-consumed", topic.id),
    )
