"""A queue or exchange that does not survive a restart of the broker.

## Why is this bad?

With the queue all messages in it are gone, those marked as persistent too, and the consumers that do not declare it again stay without.

## How to fix

Set `durable: true`. Queues of one connection say so with `exclusive` or `autoDelete`.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.formats.asyncapi import Channel
from archlint.formats.rabbitmq import Definitions

_DEFINITIONS = """
rabbitmq_version: 4.1.0
queues: [{{name: {name}, vhost: /, {queue}}}]
exchanges: [{{name: orders, vhost: /, type: topic, {exchange}}}]
"""
_DOCUMENT = """
asyncapi: 3.0.0
info: {{title: orders, version: 1.0.0}}
channels:
  work:
    address: orders.work
    bindings:
      amqp:
        is: queue
        queue: {{name: {name}, {settings}}}{marker}
"""


def _document(settings: str, name: str = "orders.work", marker: str = "") -> str:
    return _DOCUMENT.format(settings=settings, name=name, marker=marker)


def _definitions(
    queue: str = "durable: true", exchange: str = "durable: true", name: str = "orders.work"
) -> str:
    return _DEFINITIONS.format(queue=queue, exchange=exchange, name=name)


@rule(
    id="queue-not-durable",
    category="events",
    severity=Severity.WARNING,
    subject=(Channel, Definitions),
    since="0.1.0",
    profile="strict",
    references=("https://www.rabbitmq.com/docs/queues#durability",),
    examples=(
        Bad(_document("durable: false", marker="  # <- the queue `orders.work` is not durable")),
        Good(_document("durable: true")),
        Good(_document("durable: false, exclusive: true"), "a queue of one connection"),
        Good(_document("durable: false", '""'), "named by the broker"),
        Bad(_definitions("durable: false  # <- the queue `orders.work` is not durable\n  "), "RabbitMQ"),
        Bad(_definitions(exchange="durable: false  # <- the exchange `orders` is not durable\n  ")),
        Good(_definitions()),
        Good(_definitions("durable: false, auto_delete: true"), "it goes with its last consumer"),
        Good(_definitions("durable: false", name="orders.replies"), "replies to a caller"),
    ),
)
def queue_not_durable(subject: Channel | Definitions, context: Context) -> Iterator[Problem]:
    """Report named queues and exchanges of AMQP that say that they are not durable and are not temporary."""
    del context
    yield from _of_definitions(subject) if isinstance(subject, Definitions) else _of_channel(subject)


def _of_definitions(definitions: Definitions) -> Iterator[Problem]:
    for queue in definitions.queues:
        if queue.get("durable") is False and not queue.is_temporary and not queue.is_for_replies:
            yield Problem(
                f"the queue `{queue.name}` is not durable", queue.at("durable"), help="set `durable: true`"
            )
    for exchange in definitions.exchanges:
        if exchange.get("durable") is False and exchange.get("auto_delete") is not True:
            yield Problem(
                f"the exchange `{exchange.name}` is not durable",
                exchange.at("durable"),
                help="set `durable: true`",
            )


def _of_channel(channel: Channel) -> Iterator[Problem]:
    amqp = channel.bindings.get("amqp")
    for kind in ("queue", "exchange"):
        entry = amqp.get(kind) if isinstance(amqp, dict) else None
        if not isinstance(entry, dict) or entry.get("durable") is not False or not entry.get("name"):
            continue
        if entry.get("exclusive") is True or entry.get("autoDelete") is True:
            continue
        own = isinstance(channel.get("bindings", "amqp", kind), dict)
        yield Problem(
            f"the {kind} `{entry['name']}` is not durable",
            channel.at("bindings", "amqp", kind, "durable") if own else channel.at("bindings"),
            help="set `durable: true`",
        )
