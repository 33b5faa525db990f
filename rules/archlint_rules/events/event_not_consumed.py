"""An event that nobody here listens to.

## Why is this bad?

Either a consumer was lost or never built, or the event is kept alive for nobody: schema, topic and storage cost something, and nobody dares to change
them.

## How to fix

Find the consumer and describe what it receives, mark the channel as public (`x-visibility: public`) where others consume it, or remove the event.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, ServiceGraph, Severity, rule
from archlint_rules.events.matching import one_sided

_DOCUMENT = """
asyncapi: 3.0.0
info: {{title: {name}, version: 1.0.0}}
channels:
  placed: {{address: "orders.placed"{more}}}
operations:
  {name}Placed:{marker}
    action: {action}
    channel: {{$ref: "#/channels/placed"}}
"""


def _document(name: str, action: str, marker: str = "", more: str = "") -> str:
    return _DOCUMENT.format(name=name, action=action, marker=marker, more=more)


@rule(
    id="event-not-consumed",
    category="events",
    severity=Severity.INFO,
    subject=ServiceGraph,
    since="0.1.0",
    references=("https://opensource.zalando.com/restful-api-guidelines/#194",),
    examples=(
        Bad(
            {
                "orders.yaml": _document(
                    "orders", "send", "  # <- `orders` sends to `orders.placed`, which nobody here receives"
                ),
                "stock.yaml": _document("stock", "receive").replace("orders.placed", "orders.shipped"),
            }
        ),
        Good({"orders.yaml": _document("orders", "send"), "stock.yaml": _document("stock", "receive")}),
        Good(
            {
                "orders.yaml": _document("orders", "send", more=", x-visibility: public"),
                "stock.yaml": _document("stock", "receive").replace("orders.placed", "b"),
            },
            "for others",
        ),
        Good({"orders.yaml": _document("orders", "send")}, "one document says nothing of the others"),
        Good(
            {
                "orders.yaml": _document("orders", "send").replace("orders.placed", "orders.{region}.placed"),
                "stock.yaml": _document("stock", "receive").replace("orders.placed", "orders.eu.placed"),
            },
            "a consumer of one of its regions",
        ),
        Good(
            {
                "orders.yaml": _document("orders", "send").replace("orders.placed", "orders.audit"),
                "stock.yaml": _document("stock", "receive"),
            },
            "an audit trail is read by people",
        ),
    ),
)
def event_not_consumed(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report channels with producers and without consumers, where other services describe what they receive."""
    for topic, producer, use in one_sided(graph, "send"):
        complete = context.complete(use.at.path)
        yield Problem(
            f"`{producer.name}` sends to `{topic.address}`, which nobody here receives",
            use.at,
            help="describe the consumer, mark the channel public, or remove the event",
            severity=Severity.WARNING if complete else Severity.INFO,
            identity=("not-consumed", topic.id),
        )
