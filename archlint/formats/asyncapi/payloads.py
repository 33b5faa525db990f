"""The schemas of messages, with references followed."""

import re
from typing import Any

from archlint.api import Document, Pointer, follow, regex
from archlint.formats.asyncapi.views import Message

_JSON_SCHEMA = regex(
    r"application/(vnd\.aai\.asyncapi|vnd\.oai\.openapi|schema)\b(\+json|\+yaml)?(;|$)", re.IGNORECASE
)
_WORDS = frozenset(("example", "examples", "description", "title", "externalDocs"))
_MAPS = frozenset(("properties", "patternProperties", "definitions", "$defs"))
_DATA = frozenset(("default", "const", "enum"))
_MOST_DEPTH = 24
_MOST_NODES = 3_000


def payload_of(message: Message) -> tuple[Any, str]:
    """Return the schema of the payload and the format it is in.

    References are followed; circles, great depths and what is very large are cut off, so that nothing is said of it. A schema in a
    language other than JSON Schema is `None`.
    """
    payload = message.field("payload")
    language = message.field("schemaFormat")
    document = message.document
    found = follow(document, (), payload) if isinstance(payload, dict) else None
    whole = found[2] if found else None
    if found and isinstance(whole, dict) and "schema" in whole and message.root.is_newer:
        document, payload, language = found[0], whole["schema"], whole.get("schemaFormat")
    name = language if isinstance(language, str) else ""
    if name and not _JSON_SCHEMA.match(name):
        return None, name
    return _Inliner().inline(document, payload, frozenset(), 0), name


class _Inliner:
    """Copies a schema; what is left of the budget bounds how much."""

    def __init__(self) -> None:
        self.left = _MOST_NODES

    def inline(
        self, document: Document, data: Any, opened: frozenset[tuple[int, Pointer]], depth: int
    ) -> Any:
        """Return *data* with its references followed, as far as the budget goes."""
        if depth > _MOST_DEPTH or self.left < 0:
            return {}
        if isinstance(data, list):
            return [self.inline(document, item, opened, depth + 1) for item in data]
        if not isinstance(data, dict):
            return data
        self.left -= 1
        if isinstance(data.get("$ref"), str):
            found = follow(document, (), data)
            if found is None or (id(found[0]), found[1]) in opened:
                return {}
            return self.inline(found[0], found[2], opened | {(id(found[0]), found[1])}, depth + 1)
        return {
            key: self._member(document, key, item, opened, depth + 1)
            for key, item in data.items()
            if key not in _WORDS
        }

    def _member(
        self, document: Document, key: str, data: Any, opened: frozenset[tuple[int, Pointer]], depth: int
    ) -> Any:
        if key in _DATA:
            return data
        if key in _MAPS and isinstance(data, dict):
            return {name: self.inline(document, item, opened, depth) for name, item in data.items()}
        return self.inline(document, data, opened, depth)
