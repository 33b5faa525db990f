"""What rules about channels have in common: which are left out, and which may be the same under another name."""

import re
from collections.abc import Iterator
from typing import Literal

from archlint.api import ChannelFact, Service, ServiceGraph, Topic, key_words

_INCIDENTAL = frozenset(
    [
        "AUDIT",
        "AUDITS",
        "DLQ",
        "DLT",
        "DEADLETTER",
        "CDC",
        "LOG",
        "LOGS",
        "LOGGING",
        "METRIC",
        "METRICS",
        "TELEMETRY",
        "TRACES",
        "REPLY",
        "REPLIES",
    ]
)
_DIRECT = frozenset(("ws", "http", "sse", "mercure"))
_WILDCARD = re.compile(r"\$?\{[^{}]*\}|(?<![^./:])[+*>#](?![^./:])")
_MOST_WILDCARDS = 6

type Action = Literal["send", "receive"]


def one_sided(graph: ServiceGraph, action: Action) -> Iterator[tuple[Topic, Service, ChannelFact]]:
    """Yield the channels on which services do *action* and nobody does the opposite, with the first that does it.

    Only where other services describe that they do the opposite somewhere, else nothing is known of the other side.
    """
    opposite: Action = "receive" if action == "send" else "send"
    doers = {
        service.id
        for topic in graph.topics
        for service, use in topic.uses
        if use.action == opposite and not use.reply
    }
    others = [topic for topic in graph.topics if any(use.action == opposite for _, use in topic.uses)]
    patterns = [pattern for topic in others if (pattern := _pattern(topic.address))]
    addresses = [topic.address for topic in others]
    for topic in graph.topics:
        uses = [(service, use) for service, use in topic.uses if use.action == action]
        if not uses or len(uses) < len(topic.uses) or not _is_between_services(topic):
            continue
        if not doers - {service.id for service, _ in uses}:
            continue
        own = _pattern(topic.address)
        if any(pattern.fullmatch(topic.address) for pattern in patterns):
            continue
        if own and any(own.fullmatch(address) for address in addresses):
            continue
        yield topic, *uses[0]


def _is_between_services(topic: Topic) -> bool:
    """Tell whether a channel is one on which services of this system meet.

    Not: channels for others, sockets that clients open, dead letters, logs and the like, and replies to an address of the caller.
    """
    words = set(key_words(topic.address).split("_"))
    incidental = words & _INCIDENTAL or words >= {"DEAD", "LETTER"}
    direct = any(use.protocol in _DIRECT for _, use in topic.uses)
    return not (topic.public or incidental or direct or all(use.reply for _, use in topic.uses))


def _pattern(address: str) -> re.Pattern[str] | None:
    """Return what an address with parameters or wildcards matches; one of mostly wildcards matches anything."""
    parts = _WILDCARD.split(address)
    if len(parts) == 1:
        return None
    if len(parts) > _MOST_WILDCARDS:
        return re.compile(".*")
    return re.compile(".+".join(map(re.escape, parts)))
