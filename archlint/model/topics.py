"""Which channels are the same: by address, and by protocol and broker as far as they are known."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from archlint.model.facts import ChannelFact
from archlint.source.patterns import regex

_PARAMETER = regex(r"\$?\{[^{}]*\}")


def same_channels(facts: Iterable[ChannelFact]) -> Iterator[list[ChannelFact]]:
    """Yield groups of facts about one channel each; what has no known address is left out.

    Names of parameters do not count. A fact that does not know its protocol or broker joins the only group that it may belong to.
    """
    by_address: dict[str, list[ChannelFact]] = defaultdict(list)
    for fact in facts:
        if fact.address:
            by_address[_PARAMETER.sub("{}", fact.address)].append(fact)
    for found in by_address.values():
        yield from _split(found)


def _split(facts: list[ChannelFact]) -> list[list[ChannelFact]]:
    groups: list[list[ChannelFact]] = []
    for fact in sorted(facts, key=lambda fact: (not fact.protocol, not fact.broker)):
        fitting = [group for group in groups if all(_may_be_same(fact, other) for other in group)]
        if len(fitting) == 1:
            fitting[0].append(fact)
        else:
            groups.append([fact])
    return groups


def _may_be_same(one: ChannelFact, other: ChannelFact) -> bool:
    return _agree(one.protocol, other.protocol) and (
        _is_host(one.broker) is not _is_host(other.broker) or _agree(one.broker, other.broker)
    )


def _agree(one: str, other: str) -> bool:
    return not one or not other or one == other


def _is_host(broker: str) -> bool:
    """Tell hosts from names that people give to brokers; the two cannot be compared."""
    return "." in broker or ":" in broker
