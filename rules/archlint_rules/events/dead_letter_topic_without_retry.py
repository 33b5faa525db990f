"""A dead letter topic that takes messages at their first failure.

## Why is this bad?

With a dead letter topic, Dapr moves a message there as soon as it fails once. A restart of the subscriber or a short outage of its database then fills the topic
with messages that a second try would have delivered, and somebody has to send them again by hand.

## How to fix

Give the pub/sub component an inbound retry in a Resiliency, and let the dead letter topic take what is left after it.
"""

import re
from collections.abc import Iterator
from typing import Any

from archlint.api import Bad, Context, Good, Problem, SelectFact, ServiceGraph, Severity, regex, rule

_DEFAULTS = frozenset((
    "DefaultRetryPolicy",
    "DefaultComponentRetryPolicy",
    "DefaultComponentInboundRetryPolicy",
    "DefaultPubsubComponentInboundRetryPolicy",
))  # fmt: skip
_BUILT_IN = regex(r"retr|redeliver|back-?off|requeue|max-?deliver|processingtimeout|ackwait", re.IGNORECASE)
_SUBSCRIPTION = """
apiVersion: dapr.io/v1alpha1
kind: Subscription
metadata:
  name: orders{marker}
scopes: [billing]
spec: {{topic: orders, pubsubname: broker, route: /orders, deadLetterTopic: {dead}}}
"""
_RESILIENCY = """
---
apiVersion: dapr.io/v1alpha1
kind: Resiliency
metadata: {{name: policies}}
{scopes}
spec:
  policies: {{retries: {{{name}: {{policy: exponential, maxRetries: 5}}}}}}
  targets: {{components: {{{component}: {{{direction}: {{retry: {name}}}}}}}}}
"""
_COMPONENT = """
---
apiVersion: dapr.io/v1alpha1
kind: Component
metadata: {name: broker}
spec: {type: pubsub.redis, version: v1, metadata: [{name: redeliverInterval, value: 5s}]}
"""
_FOUND = "  # <- messages of `orders` go to `dead` at their first failure"


def _all(
    marker: str = "",
    *,
    name: str = "few",
    component: str = "broker",
    direction: str = "inbound",
    scopes: str = "",
) -> dict[str, str]:
    return {
        "orders.yaml": _SUBSCRIPTION.format(marker=marker, dead="dead")
        + _RESILIENCY.format(name=name, component=component, direction=direction, scopes=scopes)
    }


@rule(
    id="dead-letter-topic-without-retry",
    category="events",
    severity=Severity.WARNING,
    subject=ServiceGraph,
    since="0.1.0",
    profile="strict",
    references=(
        "https://docs.dapr.io/developing-applications/building-blocks/pubsub/pubsub-deadletter/",
        "https://docs.dapr.io/operations/resiliency/policies/default-policies/",
    ),
    examples=(
        Bad({"orders.yaml": _SUBSCRIPTION.format(marker=_FOUND, dead="dead")}),
        Bad(_all(_FOUND, direction="outbound"), "only of what is published"),
        Bad(_all(_FOUND, component="other"), "of another component"),
        Bad(_all(_FOUND, scopes="scopes: [audit]"), "of another application"),
        Good(_all()),
        Good(_all(scopes="scopes: [billing, audit]")),
        Good(_all(name="DefaultRetryPolicy", component="other"), "the default of everything"),
        Good(_all(name="DefaultPubsubComponentInboundRetryPolicy", component="other")),
        Good(
            {"orders.yaml": _SUBSCRIPTION.format(marker="", dead="dead") + _COMPONENT},
            "the component delivers again by itself",
        ),
        Good({"orders.yaml": _SUBSCRIPTION.format(marker="", dead='""')}, "no dead letter topic"),
    ),
)
def dead_letter_topic_without_retry(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report Dapr subscriptions with a dead letter topic whose pub/sub component has no inbound retry."""
    del context
    facts = [fact for fact in graph.selects if fact.extractor == "dapr"]
    if not any(fact.kind == "DaprSubscription" for fact in facts):
        return
    retried: dict[tuple[str, str], list[SelectFact]] = {}
    for fact in facts:
        for component in _retried(fact):
            retried.setdefault((fact.scope, component), []).append(fact)
    for fact in facts:
        dead, topic = fact.spec.get("deadLetterTopic"), fact.spec.get("topic")
        broker = fact.spec.get("pubsubname")
        if (
            fact.kind != "DaprSubscription"
            or not (isinstance(dead, str) and dead)
            or not isinstance(broker, str)
        ):
            continue
        ways = [*retried.get((fact.scope, broker), ()), *retried.get((fact.scope, ""), ())]
        if not any(_covers(way, fact) for way in ways):
            yield Problem(
                f"messages of `{topic}` go to `{dead}` at their first failure",
                fact.at,
                help=f"give `{broker}` an inbound retry in a Resiliency",
                identity=("dead-letter-retry", fact.scope, fact.name),
            )


def _retried(fact: SelectFact) -> Iterator[str]:
    """Yield the components whose messages *fact* has delivered again, an empty string for all."""
    if fact.kind == "DaprComponent":
        entries = fact.spec.get("metadata")
        names = [
            entry.get("name")
            for entry in (entries if isinstance(entries, list) else ())
            if isinstance(entry, dict)
        ]
        if any(isinstance(name, str) and _BUILT_IN.search(name) for name in names):
            yield fact.name
    elif fact.kind == "DaprResiliency":
        if _DEFAULTS & _mapping(fact.spec, "policies", "retries").keys():
            yield ""
        for name, ways in _mapping(fact.spec, "targets", "components").items():
            if (
                isinstance(ways, dict)
                and isinstance(ways.get("inbound"), dict)
                and ways["inbound"].get("retry")
            ):
                yield name


def _mapping(data: Any, *keys: str) -> dict[str, Any]:
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}


def _covers(way: SelectFact, subscription: SelectFact) -> bool:
    """Tell whether *way* is meant for the applications of *subscription*, which are all where neither says so."""
    own, wanted = _scopes(way), _scopes(subscription)
    return not own or not wanted or wanted <= own


def _scopes(fact: SelectFact) -> set[str]:
    given = (fact.selector or {}).get("dapr.io/app-id")
    return {name for name in given if isinstance(name, str)} if isinstance(given, list) else set()
