"""A compacted topic whose messages have no key.

## Why is this bad?

Compaction keeps the last message of each key. A broker refuses messages without a key on such a topic, or keeps none of them.

## How to fix

Describe the key in the Kafka binding of the message, or do not compact the topic.
"""

from collections.abc import Iterator
from typing import Any

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.formats.asyncapi import AsyncOperation, Message

_DOCUMENT = """
asyncapi: 3.0.0
info: {{title: orders, version: 1.0.0}}
channels:
  state:
    address: orders.state
    bindings: {{kafka: {{topicConfiguration: {{cleanup.policy: [{policy}]}}}}}}
    messages:
      State:{marker}
        payload: {{type: object}}
        bindings: {{kafka: {{{key}}}}}
operations:
  publishState: {{action: send, channel: {{$ref: "#/channels/state"}}}}
"""


@rule(
    id="compacted-topic-without-key",
    category="events",
    severity=Severity.ERROR,
    subject=AsyncOperation,
    since="0.1.0",
    references=("https://kafka.apache.org/documentation/#compaction",),
    examples=(
        Bad(
            _DOCUMENT.format(
                policy="delete, compact",
                key="",
                marker="  # <- `State` has no key, and `orders.state` is compacted",
            )
        ),
        Bad(
            _DOCUMENT.format(
                policy="compact",
                key="key: {type: [string, 'null']}",
                marker="  # <- the key of `State` may be null, and `orders.state` is compacted",
            )
        ),
        Good(_DOCUMENT.format(policy="compact", key="key: {type: string}", marker="")),
        Good(_DOCUMENT.format(policy="delete", key="", marker=""), "not compacted"),
    ),
)
def compacted_topic_without_key(operation: AsyncOperation, context: Context) -> Iterator[Problem]:
    """Report messages on channels whose Kafka binding says that they are compacted."""
    del context
    channel = operation.channel
    if channel is None or "compact" not in _policies(channel.bindings):
        return
    for message in operation.messages:
        fault = _fault(message)
        if fault:
            yield Problem(
                f"{fault}, and `{channel.address or channel.key}` is compacted",
                message.document.at(message.pointer, on_key=True),
                help="describe the key in the Kafka binding of the message",
            )


def _policies(bindings: dict[str, Any]) -> list[Any]:
    kafka = bindings.get("kafka")
    settings = kafka.get("topicConfiguration") if isinstance(kafka, dict) else None
    policies = settings.get("cleanup.policy") if isinstance(settings, dict) else None
    return policies if isinstance(policies, list) else [policies]


def _fault(message: Message) -> str:
    kafka = message.bindings.get("kafka")
    key = kafka.get("key") if isinstance(kafka, dict) else None
    if key is None:
        return f"`{message.name}` has no key"
    types = key.get("type") if isinstance(key, dict) else None
    nullable = types == "null" or (isinstance(types, list) and "null" in types)
    return f"the key of `{message.name}` may be null" if nullable else ""
