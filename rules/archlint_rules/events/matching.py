"""What rules about channels have in common: which are left out, and which may be the same under another name."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Literal

from archlint.api import ChannelFact, Service, ServiceGraph, Topic, key_words, regex

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
_WILDCARD = regex(r"\$?\{[^{}]*\}|(?<![^./:])[+*>#](?![^./:])")
_MOST_WILDCARDS = 6
_MOST_LOOKED_AT = 500
_WILD = "\N{NULL}"

type Action = Literal["send", "receive"]


def one_sided(graph: ServiceGraph, action: Action) -> Iterator[tuple[Topic, Service, ChannelFact]]:
    """Yield the channels on which services do *action* and nobody does the opposite, with the first that does it.

    Only where other services describe that they do the opposite somewhere, else nothing is known of the other side. With AMQP that takes others
    that describe the same: who knows the exchange and who knows the queue do not say which bindings join the two.
    """
    opposite: Action = "receive" if action == "send" else "send"
    doers = {
        service.id
        for topic in graph.topics
        for service, use in topic.uses
        if use.action == opposite and not use.reply
    }
    others = _Addresses(
        topic.address for topic in graph.topics if any(use.action == opposite for _, use in topic.uses)
    )
    kinds = {
        _is_queue(topic)
        for topic in graph.topics
        if _is_amqp(topic) and any(use.action == opposite for _, use in topic.uses)
    }
    for topic in graph.topics:
        uses = [(service, use) for service, use in topic.uses if use.action == action]
        if not uses or len(uses) < len(topic.uses) or not _is_between_services(topic):
            continue
        if len(doers) == len(doers & {service.id for service, _ in uses}):
            continue
        if others.may_hold(topic.address) or (_is_amqp(topic) and (not _is_queue(topic)) in kinds):
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


def _is_amqp(topic: Topic) -> bool:
    return any(use.protocol == "amqp" for _, use in topic.uses)


def _is_queue(topic: Topic) -> bool:
    """Tell whether a channel is a queue of AMQP rather than an exchange, or a routing key of one."""
    if topic.kind:
        return topic.kind == "queue"
    bindings = [use.extra.get("bindings") for _, use in topic.uses]
    amqp = [binding.get("amqp") for binding in bindings if isinstance(binding, dict)]
    return any(isinstance(entry, dict) and entry.get("is") == "queue" for entry in amqp)


class _Addresses:
    """Addresses with parameters and wildcards, found by their first and last part where these are plain."""

    def __init__(self, addresses: Iterable[str]) -> None:
        self._by_first: dict[str, list[str]] = defaultdict(list)
        self._by_last: dict[str, list[str]] = defaultdict(list)
        self._patterns: dict[tuple[str, str], list[re.Pattern[str]]] = defaultdict(list)
        for address in addresses:
            first, last = _ends(address)
            self._by_first[first].append(address)
            self._by_last[last].append(address)
            if pattern := _pattern(address):
                self._patterns[first, last].append(pattern)

    def may_hold(self, address: str) -> bool:
        """Tell whether *address* may be one of these under another name; where there are too many to look at, it may."""
        first, last = _ends(address)
        patterns = [
            pattern
            for key in dict.fromkeys(((first, last), (first, ""), ("", last), ("", "")))
            for pattern in self._patterns.get(key, ())
        ]
        own = _pattern(address)
        known: list[list[str]] = []
        if own:
            plain = [(self._by_first, first)] if first else []
            plain += [(self._by_last, last)] if last else []
            if not plain:
                return True
            found = [[index.get(key, []), index.get("", [])] for index, key in plain]
            known = min(found, key=lambda lists: sum(map(len, lists)))
        if max(len(patterns), sum(map(len, known))) > _MOST_LOOKED_AT:
            return True
        return any(pattern.fullmatch(address) for pattern in patterns) or bool(
            own and any(own.fullmatch(other) for others in known for other in others)
        )


def _ends(address: str) -> tuple[str, str]:
    """Return the first and the last part of an address, empty where they are not plain text."""
    parts = re.split(r"[./:]", _WILDCARD.sub(_WILD, address))
    first, last = ("" if _WILD in part else part for part in (parts[0], parts[-1]))
    return first, last


def _pattern(address: str) -> re.Pattern[str] | None:
    """Return what an address with parameters or wildcards matches; one of mostly wildcards matches anything."""
    parts = _WILDCARD.split(address)
    if len(parts) == 1:
        return None
    if len(parts) > _MOST_WILDCARDS:
        return re.compile(".*")
    return re.compile(".+".join(map(re.escape, parts)))
