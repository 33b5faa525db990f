"""Queues of RabbitMQ that are resources of Kubernetes, and what policies and bindings beside them say."""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from archlint.api import SelectFact, ServiceGraph, regex

_GROUP = "rabbitmq.com/"
_PLAIN = regex(r"\^?(?P<literal>(?:[A-Za-z0-9_-]|\\?\.(?![*+]))*)(?P<rest>\.[*+])?\$?")
_PASSING = regex(r"(?:^|[^a-z])(?:dead|dlq|dlx|dlt|poison|parking|reply|replies|rpc|responses?)(?:[^a-z]|$)")

type Broker = tuple[str, str]
"""The cluster that is referred to, and the virtual host."""


def without_dead_letters(graph: ServiceGraph) -> Iterator[tuple[str, SelectFact]]:
    """Yield the lasting queues, each with its name, that neither an argument nor a policy gives a place for what fails."""
    parts: dict[str, dict[Broker, list[SelectFact]]] = defaultdict(lambda: defaultdict(list))
    for fact in graph.selects:
        if fact.kind.startswith(_GROUP):
            parts[fact.kind.removeprefix(_GROUP)][_broker(fact)].append(fact)
    for broker, queues in parts["Queue"].items():
        policies = [*parts["Policy"].get(broker, ()), *parts["OperatorPolicy"].get(broker, ())]
        said = [
            (str(fact.spec.get("pattern", "")), found)
            for fact in policies
            if "dead-letter-exchange" in (found := _mapping(fact, "definition"))
        ]
        exchanges = {str(found["dead-letter-exchange"]) for _, found in said}
        keys = {str(found.get("dead-letter-routing-key", "")) for _, found in said}
        for fact in queues:
            arguments = _mapping(fact, "arguments")
            exchanges.add(str(arguments.get("x-dead-letter-exchange", "?")))
            keys.add(str(arguments.get("x-dead-letter-routing-key", "")))
        taking = {
            str(fact.spec.get("destination", ""))
            for fact in parts["Binding"].get(broker, ())
            if str(fact.spec.get("source", "")) in exchanges
        }
        for fact in queues:
            name = _name(fact)
            if name in taking | keys or "{{" in name or _PASSING.search(name.lower()) or _passes(fact):
                continue
            if not any(_may_match(pattern, name) for pattern, _ in said):
                yield name, fact


def _broker(fact: SelectFact) -> Broker:
    return str(_mapping(fact, "rabbitmqClusterReference").get("name", "")), str(fact.spec.get("vhost") or "/")


def _mapping(fact: SelectFact, key: str) -> dict[str, Any]:
    found = fact.spec.get(key)
    return found if isinstance(found, dict) else {}


def _name(fact: SelectFact) -> str:
    name = fact.spec.get("name")
    return name if isinstance(name, str) and name else fact.name


def _passes(fact: SelectFact) -> bool:
    """Tell whether a queue has a place for what fails, or needs none: streams keep all, what is temporary is lost on purpose."""
    arguments = _mapping(fact, "arguments")
    temporary = fact.spec.get("autoDelete") is True or fact.spec.get("exclusive") is True
    return (
        temporary
        or "stream" in (fact.spec.get("type"), arguments.get("x-queue-type"))
        or not {"x-dead-letter-exchange", "x-expires"}.isdisjoint(arguments)
    )


def _may_match(pattern: str, name: str) -> bool:
    """Tell whether a policy's *pattern* may hold for *name*: yes where it is no plain beginning, end or part of it."""
    match = _PLAIN.fullmatch(pattern)
    if match is None:
        return True
    literal = re.sub(r"\\(.)", r"\1", match["literal"])
    begins, ends = pattern.startswith("^"), pattern.endswith("$") and not match["rest"]
    if begins and ends:
        return name == literal
    if begins:
        return name.startswith(literal)
    return name.endswith(literal) if ends else literal in name
