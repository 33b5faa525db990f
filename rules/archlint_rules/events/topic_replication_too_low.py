"""A topic with fewer than three replicas, or none to spare.

## Why is this bad?

With one replica each broken disk loses messages. With two, a restart leaves one, and either writing stops or the next failure loses them. A topic that wants all of its
replicas in sync cannot be written to while any broker restarts.

## How to fix

Set `replicas: 3`, and two in-sync replicas.
"""

import posixpath
from collections.abc import Iterator
from typing import Any

from archlint.api import Bad, Context, Good, Problem, Severity, key_words, rule
from archlint.formats.asyncapi import Channel
from archlint.formats.kubernetes import Manifest
from archlint.formats.kubernetes.strimzi import STRIMZI, topic_name

_LEAST = 3
_MOST_DIGITS = 3
_ELSEWHERE = frozenset(("DEV", "DEVELOPMENT", "LOCAL", "TEST", "TESTS", "SANDBOX"))
_SYNCED = "min.insync.replicas"
_DEFAULT = "default.replication.factor"
_KINDS = frozenset(("KafkaTopic", "Kafka"))
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
_TOPIC = """
apiVersion: kafka.strimzi.io/v1
kind: KafkaTopic
metadata: {{name: placed, labels: {{strimzi.io/cluster: main}}}}
spec:
  topicName: orders.placed
  partitions: 6
  {replicas}
"""
_CLUSTER = """
apiVersion: kafka.strimzi.io/v1
kind: Kafka
metadata: {{name: main}}
spec:
  kafka:
    config:
      default.replication.factor: {count}
"""


@rule(
    id="topic-replication-too-low",
    category="events",
    severity=Severity.WARNING,
    subject=(Channel, Manifest),
    since="0.1.0",
    profile="strict",
    references=(
        "https://kafka.apache.org/documentation/#replication",
        "https://strimzi.io/docs/operators/latest/configuring.html#type-KafkaTopic-reference",
    ),
    applies=lambda subject: (
        not isinstance(subject, Manifest) or (subject.group == STRIMZI and subject.kind in _KINDS)
    ),
    examples=(
        Bad(_DOCUMENT.format(replicas="replicas: 1  # <- `orders.placed` has 1 replica, fewer than 3")),
        Bad(_TOPIC.format(replicas="replicas: 2  # <- `orders.placed` has 2 replicas, fewer than 3")),
        Bad(
            _TOPIC.format(
                replicas="replicas: 3\n  config:\n    min.insync.replicas: 3  # <- all 3 replicas of `orders.placed` have to be in sync"
            )
        ),
        Bad(_CLUSTER.format(count="1  # <- topics of `main` have 1 replica by default, fewer than 3")),
        Good(_DOCUMENT.format(replicas="replicas: 3")),
        Good(_DOCUMENT.format(replicas="bindingVersion: 0.5.0"), "the broker decides"),
        Good(_TOPIC.format(replicas="replicas: 3\n  config: {min.insync.replicas: 2}")),
        Good(_TOPIC.format(replicas="config: {min.insync.replicas: 2}"), "the broker decides"),
        Good(_TOPIC.format(replicas="replicas: '{{ .Values.replicas }}'"), "filled in when it is rendered"),
        Good(_CLUSTER.format(count=3)),
        Good({"dev/asyncapi.yaml": _DOCUMENT.format(replicas="replicas: 1")}, "for developers"),
        Good({"overlays/dev/topics.yaml": _TOPIC.format(replicas="replicas: 1")}, "for developers"),
    ),
)
def topic_replication_too_low(subject: Channel | Manifest, context: Context) -> Iterator[Problem]:
    """Report replicas that are written down and fewer than three, and as many in-sync replicas as there are replicas."""
    del context
    folders = set(key_words(posixpath.dirname(subject.document.path)).split("_"))
    if folders & _ELSEWHERE:
        return
    if isinstance(subject, Channel):
        yield from _channel(subject)
    elif subject.kind == "KafkaTopic":
        yield from _topic(subject)
    else:
        count = _count(subject.get("spec", "kafka", "config", _DEFAULT))
        if count is not None and count < _LEAST:
            yield Problem(
                f"topics of `{subject.name}` have {_replicas(count)} by default, fewer than {_LEAST}",
                subject.at("spec", "kafka", "config", _DEFAULT),
                help=f"set `{_DEFAULT}: 3`",
            )


def _channel(channel: Channel) -> Iterator[Problem]:
    kafka: Any = channel.bindings.get("kafka")
    count = _count(kafka.get("replicas") if isinstance(kafka, dict) else None)
    if count is None or count >= _LEAST:
        return
    own = isinstance(channel.get("bindings", "kafka"), dict)
    yield Problem(
        f"`{channel.address or channel.key}` has {_replicas(count)}, fewer than {_LEAST}",
        channel.at("bindings", "kafka", "replicas") if own else channel.at("bindings"),
        help="set `replicas: 3`",
    )


def _topic(manifest: Manifest) -> Iterator[Problem]:
    name = topic_name(manifest)
    count = _count(manifest.get("spec", "replicas"))
    synced = _count(manifest.get("spec", "config", _SYNCED))
    if count is None:
        return
    if count < _LEAST:
        yield Problem(
            f"`{name}` has {_replicas(count)}, fewer than {_LEAST}",
            manifest.at("spec", "replicas"),
            help="set `replicas: 3`",
        )
    elif synced is not None and synced >= count:
        yield Problem(
            f"all {count} replicas of `{name}` have to be in sync",
            manifest.at("spec", "config", _SYNCED),
            help=f"set `{_SYNCED}` to one less than `replicas`",
        )


def _count(value: Any) -> int | None:
    """Return a number of replicas, which configurations may write as text."""
    number = (
        int(value) if isinstance(value, str) and value.isdecimal() and len(value) <= _MOST_DIGITS else value
    )
    return number if isinstance(number, int) and not isinstance(number, bool) and number > 0 else None


def _replicas(count: int) -> str:
    return f"{count} replica{'s' if count > 1 else ''}"
