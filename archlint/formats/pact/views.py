"""Views of a pact: one understanding of the versions of the specification."""

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs

from archlint.api import UNKNOWN, Document, Node, Pointer, regex

_VERSION_KEYS = (
    ("pactSpecification", "version"),
    ("pact-specification", "version"),
    ("pactSpecificationVersion",),
    ("pactSpecification",),
)
_STEP = regex(r"\.([^.\[\]'\"*]+)|\[(\d+)\]|\['([^']*)'\]|\[\"([^\"]*)\"\]|\.?(\*)|\[(\*)\]")
_TOPICS = (
    "topic",
    "kafka_topic",
    "kafkaTopic",
    "queue",
    "queueName",
    "destination",
    "channel",
    "stream",
    "subject",
)

type Path = tuple[str, ...]
"""Where a matching rule holds in a body; `*` stands for any key or index."""


class Interaction(Node):
    """Something that the consumer expects: a request and its response, a message, or messages that answer one."""

    def __init__(self, document: Document, pointer: Pointer, data: Any, pact: "Pact") -> None:
        super().__init__(document, pointer, data)
        self.pact = pact

    @property
    def description(self) -> str:
        """What it is called."""
        value = self.get("description")
        return value if isinstance(value, str) else ""

    @property
    def kind(self) -> str:
        """`http`, `message` or `messages` (a message that is answered); empty for what only plugins know."""
        named = self.get("type")
        if isinstance(named, str):
            return _KINDS.get(named, "")
        if self.pointer[0] == "messages":
            return "message"
        return "http" if "request" in self.data else ""

    @property
    def is_pending(self) -> bool:
        """Whether it may fail for now (version 4)."""
        return self.get("pending") is True

    @property
    def method(self) -> str:
        """The method in upper case, or an empty string."""
        value = self.get("request", "method")
        return value.upper() if isinstance(value, str) else ""

    @property
    def path(self) -> str:
        """The path of the request without a query, or an empty string."""
        value = self.get("request", "path")
        return value.partition("?")[0] if isinstance(value, str) else ""

    @property
    def query(self) -> frozenset[str]:
        """The names of the query parameters: of a text (versions 1 and 2) or a mapping, `page` as well for `page[size]`."""
        value = self.get("request", "query")
        if isinstance(value, str):
            value = parse_qs(value, keep_blank_values=True)
        names = value if isinstance(value, dict) else {}
        return frozenset((*names, *(name.partition("[")[0] for name in names)))

    @property
    def status(self) -> int | None:
        """The status of the response; `None` where it is not told or only its class matters."""
        value = self.get("response", "status")
        if "status" in self.mapping("response", "matchingRules"):
            return None
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def body(self, side: str) -> tuple[Any, Pointer]:
        """Return the JSON body of the `request` or `response`, and where it stands; `UNKNOWN` for none and for other languages.

        A text is never taken for JSON: an empty body and a plain text are written so, too.
        """
        value = self.get(side, "body", default=UNKNOWN)
        where: Pointer = (side, "body")
        content_type = self._content_type(side)
        if isinstance(value, dict) and "content" in value and self.pact.major == _NEWEST:
            if value.get("encoded") or "json" not in str(value.get("contentType", "json")).lower():
                return UNKNOWN, where
            value, where = value["content"], (*where, "content")
        elif content_type and "json" not in content_type:
            return UNKNOWN, where
        return (UNKNOWN if value is None or isinstance(value, str) else value), where

    def _content_type(self, side: str) -> str:
        for name, value in self.mapping(side, "headers").items():
            if name.lower() == "content-type":
                return str(value[0] if isinstance(value, list) and value else value).lower()
        return ""

    @property
    def contents(self) -> tuple[Any, Pointer]:
        """The JSON contents of a message, and where they stand; `UNKNOWN` for others."""
        value = self.get("contents", default=UNKNOWN)
        where: Pointer = ("contents",)
        if isinstance(value, dict) and "content" in value and self.pact.major == _NEWEST:
            if value.get("encoded") or "json" not in str(value.get("contentType", "json")).lower():
                return UNKNOWN, where
            value, where = value["content"], (*where, "content")
        said = {key.lower(): str(item).lower() for key, item in self.metadata.items()}
        language = said.get("contenttype") or said.get("content-type", "")
        other = value is None or isinstance(value, str) or (language and "json" not in language)
        return (UNKNOWN if other else value), where

    @property
    def metadata(self) -> dict[str, Any]:
        """The metadata of a message."""
        for key in ("metadata", "metaData"):
            if found := self.mapping(key):
                return found
        return {}

    @property
    def topic(self) -> str:
        """Where the message is sent, as far as its metadata tell."""
        for key in _TOPICS:
            value = self.metadata.get(key)
            if isinstance(value, str) and value and "${" not in value:
                return value
        return ""

    def matchers(self, side: str) -> list[tuple[Path, str]]:
        """Return where matching rules hold in the body of *side* (`request`, `response`, or empty for a message), and their kinds."""
        rules = self.mapping(*((side, "matchingRules") if side else ("matchingRules",)))
        categories = ("body", "content", "contents")
        newer = [rules[key] for key in categories if isinstance(rules.get(key), dict)]
        if newer:
            return [
                (path, kind)
                for category in newer
                for text, entry in category.items()
                if (path := _path(text)) is not None
                for kind in _kinds(entry)
            ]
        return [
            (path[1:], kind)
            for text, entry in rules.items()
            if (path := _path(text)) and path[0] == "body"
            for kind in _kinds({"matchers": [entry]})
        ]

    @property
    def generates_path(self) -> bool:
        """Whether the provider's state fills in the path."""
        return "path" in self.mapping("request", "generators") or "$.path" in self.mapping(
            "request", "generators"
        )


class Pact(Node):
    """A whole pact."""

    def __init__(self, document: Document) -> None:
        super().__init__(document, (), document.data)

    def _party(self, key: str) -> str:
        value = self.get(key, "name")
        return value if isinstance(value, str) else ""

    @property
    def consumer(self) -> str:
        """Who expects."""
        return self._party("consumer")

    @property
    def provider(self) -> str:
        """Of whom."""
        return self._party("provider")

    @property
    def version(self) -> str:
        """The major version of the specification, or an empty string."""
        for keys in _VERSION_KEYS:
            value = self.get("metadata", *keys)
            match = re.match(r"\d{1,2}", value) if isinstance(value, str) else None
            if match:
                return match[0]
        return ""

    @property
    def major(self) -> int:
        """The major version; what types its interactions is of the newest."""
        if self.version:
            return int(self.version)
        typed = any(isinstance(item, dict) and "type" in item for item in self.items("interactions"))
        return _NEWEST if typed else 2

    @cached_property
    def interactions(self) -> list[Interaction]:
        """The interactions and messages, in document order."""
        return [
            Interaction(self.document, (key, index), item, self)
            for key in ("interactions", "messages")
            for index, item in enumerate(self.items(key))
            if isinstance(item, dict)
        ]


_NEWEST = 4
_KINDS = {"Synchronous/HTTP": "http", "Asynchronous/Messages": "message", "Synchronous/Messages": "messages"}


def _path(text: str) -> Path | None:
    """Return the steps of a matching rule's path expression (`$.items[*].id`); `None` where it is of another language."""
    if not text.startswith("$"):
        return None
    steps: list[str] = []
    position = 1
    while position < len(text):
        match = _STEP.match(text, position)
        if match is None:
            return None
        steps.append(next(group for group in match.groups() if group is not None))
        position = match.end()
    return tuple(steps)


def _kinds(entry: Any) -> Iterator[str]:
    """Yield the kinds of the matchers in *entry*; a length alone means the type."""
    matchers = entry.get("matchers") if isinstance(entry, dict) else entry
    for matcher in matchers if isinstance(matchers, list) else ():
        if isinstance(matcher, dict):
            kind = matcher.get("match", "regex" if "regex" in matcher else "type")
            yield kind if isinstance(kind, str) else "type"
