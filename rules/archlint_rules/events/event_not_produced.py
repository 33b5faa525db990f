"""A service waits for events that nobody here sends.

## Why is this bad?

The consumer runs, is green, and does nothing: a channel was renamed on one side, or the producer is gone. That is noticed when the data is missing.

## How to fix

Correct the address, describe the producer, or remove the consumer. For events from outside, mark the channel as public (`x-visibility: public`)
or describe the other side as a service. In AsyncAPI 2, `publish` is what *others* may do: the application receives.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, ServiceGraph, Severity, rule
from archlint_rules.events.matching import one_sided

_DOCUMENT = """
asyncapi: 3.0.0
info: {{title: {name}, version: 1.0.0}}
channels:
  placed: {{address: "{address}"}}
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
    subject=ServiceGraph,
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
                "orders.yaml": _document("orders", "send", "shop/{region}/orders"),
                "stock.yaml": _document("stock", "receive", "shop/+/orders"),
            },
            "a subscription with a wildcard",
        ),
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
        Good(
            {
                "orders.yaml": _document("orders", "send").replace(
                    "channels:", "servers: {broker: {host: rabbit, protocol: amqp}}\nchannels:"
                ),
                "scaler.yaml": """
                    apiVersion: keda.sh/v1alpha1
                    kind: ScaledObject
                    metadata: {name: stock}
                    spec:
                      scaleTargetRef: {name: stock}
                      triggers: [{type: rabbitmq, metadata: {queueName: stock.work, mode: QueueLength, value: "20"}}]
                """,
            },
            "a queue, and nobody knows what it is bound to",
        ),
    ),
)
def event_not_produced(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report channels with consumers and without producers, where other services describe what they send."""
    for topic, consumer, use in one_sided(graph, "receive"):
        complete = context.complete(use.at.path)
        yield Problem(
            f"`{consumer.name}` waits for `{topic.address}`, which nobody here sends",
            use.at,
            help="correct the address, describe the producer, or remove the consumer",
            severity=Severity.WARNING if complete else Severity.INFO,
            identity=("not-produced", topic.id),
        )
