"""A topic with fewer than three replicas.

## Why is this bad?

With one replica each broken disk loses messages. With two, a restart leaves one, and either writing stops or the next failure loses them.

## How to fix

Set `replicas: 3`, and two in-sync replicas.
"""

import posixpath
from collections.abc import Iterator
from typing import Any

from archlint.api import Bad, Context, Good, Problem, Severity, key_words, rule
from archlint.formats.asyncapi import Channel

_LEAST = 3
_ELSEWHERE = frozenset(
    ("DEV", "DEVELOPMENT", "LOCAL", "TEST", "TESTS", "SANDBOX", "DEMO", "EXAMPLE", "EXAMPLES")
)
_DOCUMENT = """
asyncapi: 3.0.0
info: {{title: orders, version: 1.0.0}}
channels:
  placed:
    address: orders.placed
    bindings:
      kafka:
        partitions: 6
        {replicas}
"""


@rule(
    id="topic-replication-too-low",
    category="events",
    severity=Severity.WARNING,
    subject=Channel,
    since="0.1.0",
    profile="strict",
    references=("https://kafka.apache.org/documentation/#replication",),
    examples=(
        Bad(_DOCUMENT.format(replicas="replicas: 1  # <- `orders.placed` has 1 replica, fewer than 3")),
        Good(_DOCUMENT.format(replicas="replicas: 3")),
        Good(_DOCUMENT.format(replicas="bindingVersion: 0.5.0"), "the broker decides"),
        Good({"dev/asyncapi.yaml": _DOCUMENT.format(replicas="replicas: 1")}, "for developers"),
    ),
)
def topic_replication_too_low(channel: Channel, context: Context) -> Iterator[Problem]:
    """Report replicas that are written down and fewer than three."""
    del context
    kafka: Any = channel.bindings.get("kafka")
    count = kafka.get("replicas") if isinstance(kafka, dict) else None
    folders = set(key_words(posixpath.dirname(channel.document.path)).split("_"))
    if (
        not isinstance(count, int)
        or isinstance(count, bool)
        or not 0 < count < _LEAST
        or folders & _ELSEWHERE
    ):
        return
    own = isinstance(channel.get("bindings", "kafka"), dict)
    yield Problem(
        f"`{channel.address or channel.key}` has {count} replica{'s' if count > 1 else ''}, fewer than {_LEAST}",
        channel.at("bindings", "kafka", "replicas") if own else channel.at("bindings"),
        help="set `replicas: 3`",
    )
