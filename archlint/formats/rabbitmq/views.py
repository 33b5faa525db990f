"""Views of definitions, and what holds for a queue: its arguments, one policy, one operator policy."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from archlint.api import Document, Location, Node, Pointer, regex

_SMALLER = frozenset(("message-ttl", "max-length", "max-length-bytes", "expires", "delivery-limit"))
_QUEUES = frozenset(("all", "queues"))
_TYPES = {"classic": "classic_queues", "quorum": "quorum_queues", "stream": "streams"}
_EXCHANGES = frozenset(("all", "exchanges"))
_SLOW = regex(r"[+*}?][^()]*\)+[+*{]|\|[^()]*\)+[+*{]")
_EVENT_TYPE = regex(r"[A-Z]\w*(?:\.\w+)*:[A-Z]\w*")
_LONGEST_PATTERN = 500
_LITERAL = regex(r"\^([\w.:/@-]*)\$")


@dataclass(frozen=True, slots=True)
class Value:
    """A setting that holds, and where it is written."""

    value: Any
    at: Location


class Named(Node):
    """An entry of one of the lists."""

    @property
    def name(self) -> str:
        """Its name, or an empty string."""
        value = self.get("name")
        return value if isinstance(value, str) else ""

    @property
    def vhost(self) -> str:
        """Its virtual host; empty in definitions of a single one."""
        value = self.get("vhost")
        return value if isinstance(value, str) else ""

    def argument(self, key: str) -> Value | None:
        """Return the argument `x-KEY`."""
        found = self.mapping("arguments").get(f"x-{key}")
        return None if found is None else Value(found, self.at("arguments", f"x-{key}"))


class Exchange(Named):
    """An exchange."""

    def __init__(self, document: Document, pointer: Pointer, data: Any, root: "Definitions") -> None:
        super().__init__(document, pointer, data)
        self.root = root

    @property
    def kind(self) -> str:
        """Its type: `direct`, `fanout`, `topic`, `headers`, or one of a plugin."""
        value = self.get("type")
        return value if isinstance(value, str) else ""

    @property
    def alternate(self) -> bool:
        """Whether what it cannot route goes, or may go, to an alternate exchange."""
        if self.mapping("arguments").get("alternate-exchange") is not None:
            return True
        policy, certain = self.root.policy_of(self.name, self.vhost, _EXCHANGES)
        return not certain or (policy is not None and "alternate-exchange" in policy.definition)


class Queue(Named):
    """A queue."""

    def __init__(self, document: Document, pointer: Pointer, data: Any, root: "Definitions") -> None:
        super().__init__(document, pointer, data)
        self.root = root

    @property
    def type(self) -> str:
        """`classic`, `quorum`, `stream`; the virtual host's default where the queue does not say."""
        for found in (
            self.mapping("arguments").get("x-queue-type"),
            self.get("type"),
            self.root.default_queue_type(self.vhost),
        ):
            if isinstance(found, str) and found and found != "undefined":
                return found
        return "classic"

    @property
    def is_temporary(self) -> bool:
        """Whether it belongs to a connection, or goes when it is not used."""
        return bool(
            self.get("exclusive") is True or self.get("auto_delete") is True or self.setting("expires")
        )

    @property
    def takes_dead_letters(self) -> bool:
        """Whether it is where other queues' dead letters end, by its bindings or by its name."""
        words = set(re.split(r"[^a-z0-9]+", self.name.lower()))
        if words & _DEAD or {"dead", "letter"} <= words or {"parking", "lot"} <= words:
            return True
        return (self.vhost, self.name) in self.root.dead_letter_queues

    @property
    def is_of_masstransit(self) -> bool:
        """Whether MassTransit made it, which moves what fails to a queue of its own: events come by exchanges that are called like types."""
        return (self.vhost, self.name) in self.root.event_targets

    @property
    def is_for_replies(self) -> bool:
        """Whether it is named like one for the replies to a caller."""
        words = set(re.split(r"[^a-z0-9]+", self.name.lower()))
        return bool(words & {"reply", "replies", "rpc", "response", "responses"}) or self.name.startswith(
            "amq."
        )

    @property
    def knows_policies(self) -> bool:
        """Whether every policy that may hold is known: patterns that cannot be read may match."""
        kinds = _QUEUES | {_TYPES.get(self.type, "")}
        return all(
            self.root.policy_of(self.name, self.vhost, kinds, operator=operator)[1]
            for operator in (False, True)
        )

    def setting(self, key: str) -> Value | None:
        """Return what holds for *key*: argument, policy and operator policy as the broker merges them."""
        kinds = _QUEUES | {_TYPES.get(self.type, "")}
        found = [self.argument(key)]
        for operator in (False, True):
            policy, _ = self.root.policy_of(self.name, self.vhost, kinds, operator=operator)
            found.append(policy.setting(key) if policy is not None else None)
        known = [value for value in found if value is not None]
        if key in _SMALLER:
            numbers = [value for value in known if isinstance(value.value, int | float)]
            return min(numbers, key=lambda value: value.value, default=known[0] if known else None)
        return known[0] if known else None


class Policy(Named):
    """A policy, or an operator policy, which stands among the parameters; `where` is the pointer below it to its content."""

    def __init__(self, document: Document, pointer: Pointer, data: Any, where: Pointer = ()) -> None:
        super().__init__(document, pointer, data)
        self.where = where

    @property
    def pattern(self) -> str:
        """The regular expression that names of queues and exchanges are searched for."""
        value = self.get(*self.where, "pattern")
        return value if isinstance(value, str) else ""

    @property
    def literal(self) -> str:
        """The only name that the pattern matches, or an empty string."""
        match = _LITERAL.fullmatch(self.pattern.replace("\\.", "."))
        return match[1] if match and ("." not in match[1] or "\\." in self.pattern) else ""

    @cached_property
    def regex(self) -> re.Pattern[str] | None:
        """The pattern, `None` where it cannot be read here, or may take for ever."""
        if len(self.pattern) > _LONGEST_PATTERN or _SLOW.search(self.pattern):
            return None
        try:
            return re.compile(self.pattern)
        except (re.error, OverflowError, RecursionError):
            return None

    @property
    def priority(self) -> float:
        """Its priority; the highest one of those that match wins."""
        value = self.get(*self.where, "priority")
        return value if isinstance(value, int | float) and not isinstance(value, bool) else 0

    @property
    def applies_to(self) -> str:
        """`all`, `queues`, `classic_queues`, `quorum_queues`, `streams` or `exchanges`."""
        value = self.get(*self.where, "apply-to")
        return value if isinstance(value, str) and value else "all"

    @property
    def definition(self) -> dict[str, Any]:
        """What it sets; brokers also write pairs."""
        value = self.get(*self.where, "definition")
        if isinstance(value, list):
            return {
                pair[0]: pair[1]
                for pair in value
                if isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str)  # noqa: PLR2004
            }
        return value if isinstance(value, dict) else {}

    def setting(self, key: str) -> Value | None:
        """Return what it sets *key* to."""
        if key not in self.definition:
            return None
        return Value(self.definition[key], self.place(key))

    def place(self, key: str) -> Location:
        """Return where it sets *key*."""
        written = self.get(*self.where, "definition")
        below = (key,) if isinstance(written, dict) else ()
        return self.at(*self.where, "definition", *below)


class Definitions(Node):
    """All definitions of a file. Queues and exchanges without a name, which no broker has, are left out."""

    def __init__(self, document: Document) -> None:
        super().__init__(document, (), document.data)

    @property
    def version(self) -> tuple[int, int] | None:
        """Major and minor version of the broker that wrote it."""
        for key in ("rabbitmq_version", "rabbit_version", "product_version"):
            match = re.match(r"(\d{1,4})\.(\d{1,4})", str(self.get(key)))
            if match:
                return int(match[1]), int(match[2])
        return None

    @property
    def is_whole(self) -> bool:
        """Whether there are queues, exchanges and bindings, so that it is unlikely that services declare others."""
        return all(self.items(key) for key in ("queues", "exchanges", "bindings"))

    @cached_property
    def queues(self) -> list[Queue]:
        """The queues."""
        return [Queue(*entry, self) for entry in self._entries("queues") if entry[2].get("name")]

    @cached_property
    def exchanges(self) -> list[Exchange]:
        """The exchanges, without those that every broker has."""
        return [Exchange(*entry, self) for entry in self._entries("exchanges") if entry[2].get("name")]

    @cached_property
    def bindings(self) -> list[Named]:
        """The bindings."""
        return [Named(*entry) for entry in self._entries("bindings")]

    @cached_property
    def policies(self) -> list[Policy]:
        """The policies."""
        return [Policy(*entry) for entry in self._entries("policies")]

    @cached_property
    def operator_policies(self) -> list[Policy]:
        """The operator policies, which are exported as parameters."""
        return [
            Policy(*entry, ("value",))
            for entry in self._entries("parameters")
            if entry[2].get("component") == "operator_policy"
        ]

    @cached_property
    def bound_from(self) -> dict[tuple[str, str], list[Named]]:
        """The bindings by the virtual host and name of their source."""
        found: dict[tuple[str, str], list[Named]] = defaultdict(list)
        for binding in self.bindings:
            found[binding.vhost, str(binding.get("source", default=""))].append(binding)
        return found

    @cached_property
    def event_targets(self) -> frozenset[tuple[str, str]]:
        """What exchanges that are called like types are bound to, at once or by one exchange between, with its virtual host."""
        edges = [
            (binding.vhost, str(binding.get("source")), str(binding.get("destination")))
            for binding in self.bindings
        ]
        near = {(vhost, target) for vhost, source, target in edges if _EVENT_TYPE.fullmatch(source)}
        return frozenset(
            near | {(vhost, target) for vhost, source, target in edges if (vhost, source) in near}
        )

    @cached_property
    def dead_letter_queues(self) -> frozenset[tuple[str, str]]:
        """The queues, with their virtual hosts, that dead letters of other queues are routed to."""
        found = set()
        for target in self.dead_letter_targets:
            if target.exchange == "":
                found.add((target.vhost, target.routing_key or ""))
            for binding in self.bound_from.get((target.vhost, target.exchange), ()):
                found.add((target.vhost, str(binding.get("destination"))))
        return frozenset(found)

    @cached_property
    def dead_letter_targets(self) -> "list[DeadLetterTarget]":
        """Where dead letters are said to go, each place that says so once."""
        sources: list[tuple[Named, dict[str, Any], str]] = [
            (queue, queue.mapping("arguments"), "x-") for queue in self.queues
        ]
        sources += [(policy, policy.definition, "") for policy in (*self.policies, *self.operator_policies)]
        found = []
        for node, said, prefix in sources:
            exchange, key = (
                said.get(f"{prefix}dead-letter-exchange"),
                said.get(f"{prefix}dead-letter-routing-key"),
            )
            if isinstance(exchange, str):
                at = (
                    node.place("dead-letter-exchange")
                    if isinstance(node, Policy)
                    else node.at("arguments", "x-dead-letter-exchange")
                )
                found.append(
                    DeadLetterTarget(
                        node.name, node.vhost, exchange, key if isinstance(key, str) else None, at
                    )
                )
        return found

    def default_queue_type(self, vhost: str) -> str:
        """Return the type of queues of *vhost* that do not say theirs, or an empty string."""
        hosts = [data for _, _, data in self._entries("vhosts") if data.get("name") == vhost]
        written = [
            *(data.get("default_queue_type") for data in hosts),
            *(
                data["metadata"].get("default_queue_type")
                for data in hosts
                if isinstance(data.get("metadata"), dict)
            ),
            self.get("metadata", "default_queue_type") if not vhost else None,
        ]
        return next((value for value in written if isinstance(value, str)), "")

    def policy_of(
        self, name: str, vhost: str, kinds: frozenset[str], *, operator: bool = False
    ) -> tuple[Policy | None, bool]:
        """Return the one policy that holds for *name*, of those for *kinds*, and whether that is certain.

        Patterns that cannot be read here may match, so nothing is certain where they would win.
        """
        known = self._effective.get((name, vhost, kinds, operator))
        if known is not None:
            return known
        matching = []
        certain = True
        for policy in self.operator_policies if operator else self.policies:
            if policy.vhost == vhost and policy.applies_to in kinds:
                if policy.regex is None:
                    certain = False
                elif policy.regex.search(name):
                    matching.append(policy)
        found = max(matching, key=lambda policy: policy.priority, default=None), certain
        self._effective[name, vhost, kinds, operator] = found
        return found

    @cached_property
    def _effective(self) -> dict[tuple[str, str, frozenset[str], bool], tuple[Policy | None, bool]]:
        return {}

    def _entries(self, key: str) -> Iterator[tuple[Document, Pointer, dict[str, Any]]]:
        for index, item in enumerate(self.items(key)):
            if isinstance(item, dict):
                yield self.document, (key, index), item


@dataclass(frozen=True, slots=True)
class DeadLetterTarget:
    """Where the dead letters of `name`, a queue or the queues of a policy, go; without a `routing_key` each keeps its own."""

    name: str
    vhost: str
    exchange: str
    routing_key: str | None
    at: Location


_DEAD = frozenset(
    (
        "dead",
        "dlq",
        "dlx",
        "dlt",
        "deadletter",
        "deadletters",
        "poison",
        "parking",
        "failed",
        "error",
        "errors",
    )
)
