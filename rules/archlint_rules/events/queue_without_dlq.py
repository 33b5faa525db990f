"""A subscription without a place for messages that cannot be processed.

## Why is this bad?

A message that always fails is delivered again and again, holds up the ones behind it, and is dropped in the end without anybody noticing.

## How to fix

Name a dead letter topic (`deadLetterTopic`), bound the retries before it, and watch what arrives there.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.formats.kubernetes import Manifest

_DEAD = ("dead", "dlq", "dlt", "poison", "parking")
_SUBSCRIPTION = """
apiVersion: dapr.io/v2alpha1
kind: Subscription
metadata:
  name: orders{marker}
spec:
  topic: {topic}
  pubsubname: broker
  routes: {{default: /orders}}
  {more}
"""


def _subscription(more: str = "", topic: str = "orders", marker: str = "") -> str:
    return _SUBSCRIPTION.format(more=more, topic=topic, marker=marker)


@rule(
    id="queue-without-dlq",
    category="events",
    severity=Severity.WARNING,
    subject=Manifest,
    since="0.1.0",
    references=("https://docs.dapr.io/developing-applications/building-blocks/pubsub/pubsub-deadletter/",),
    applies=lambda manifest: manifest.group == "dapr.io" and manifest.kind == "Subscription",
    examples=(
        Bad(_subscription(marker="  # <- `orders` has nowhere to put messages of `orders` that fail")),
        Good(_subscription("deadLetterTopic: orders-dead")),
        Good(_subscription(topic="orders-dead-letter"), "it takes what failed elsewhere"),
        Good(_subscription('deadLetterTopic: "{{ .Values.dead }}"'), "filled in when it is rendered"),
    ),
)
def queue_without_dlq(manifest: Manifest, context: Context) -> Iterator[Problem]:
    """Report Dapr subscriptions without `deadLetterTopic`, but those to a dead letter topic."""
    del context
    topic = manifest.get("spec", "topic")
    if not isinstance(topic, str) or manifest.get("spec", "deadLetterTopic"):
        return
    if not any(word in topic.lower() for word in _DEAD):
        yield Problem(
            f"`{manifest.name}` has nowhere to put messages of `{topic}` that fail",
            manifest.at("metadata", "name"),
            help="set `deadLetterTopic`",
        )
