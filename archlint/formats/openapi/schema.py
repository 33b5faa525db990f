"""Schemas of OpenAPI descriptions, with references followed and `allOf` merged, whatever the version."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from archlint.api import Document, Node, Pointer, follow

_MOST_PARTS = 200


class Schema(Node):
    """A schema where it is defined. Nothing is copied: `allOf` parts, properties and items are schemas at their own places."""

    @classmethod
    def at_node(cls, node: Node, *keys: str | int) -> "Schema | None":
        """Return the schema below *node* at *keys*, references followed, the same one each time; `None` when there is none."""
        value = node.get(*keys)
        if not isinstance(value, dict):
            return None
        found = follow(node.document, (*node.pointer, *keys), value)
        return cls._known(*found) if found is not None and isinstance(found[2], dict) else None

    @classmethod
    def _known(cls, document: Document, pointer: Pointer, data: Any) -> "Schema":
        """Return the schema at *pointer*, the same one each time, so that what it found out is kept."""
        known: dict[Pointer, Schema] | None = document.memo.get("schemas")
        if known is None:
            known = document.memo["schemas"] = {}
        schema = known.get(pointer)
        if schema is None:
            schema = known[pointer] = cls(document, pointer, data)
        return schema

    @classmethod
    def of_message(cls, message: Node) -> "Schema | None":
        """Return the schema of an AsyncAPI message's payload, also where it is written with its format; `None` for other languages."""
        payload, language = cls.at_node(message, "payload"), message.get("schemaFormat")
        if payload is not None and "schema" in payload.data and "type" not in payload.data:
            language = payload.data.get("schemaFormat", language)
            payload = cls.at_node(payload, "schema")
        known = not isinstance(language, str) or any(
            word in language for word in ("asyncapi", "json", "openapi")
        )
        return payload if known else None

    @cached_property
    def parts(self) -> "list[Schema]":
        """The schema itself and, transitively, the parts of its `allOf`."""
        found: list[Schema] = []
        pending, seen = [self], set()
        while pending and len(found) < _MOST_PARTS:
            schema = pending.pop(0)
            if schema in seen:
                continue
            seen.add(schema)
            found.append(schema)
            pending.extend(
                part
                for index in range(len(schema.items("allOf")))
                if (part := Schema.at_node(schema, "allOf", index))
            )
        return found

    @cached_property
    def alternatives(self) -> "list[Schema]":
        """The branches of `oneOf` and `anyOf`, `null` ones left out."""
        found = []
        for part in self.parts:
            for key in ("oneOf", "anyOf"):
                for index in range(len(part.items(key))):
                    branch = Schema.at_node(part, key, index)
                    if branch is not None and branch.types != {"null"}:
                        found.append(branch)
        return found

    @cached_property
    def types(self) -> frozenset[str]:
        """The types it allows, as far as it says; `object` and `array` are inferred from `properties` and `items`."""
        found: set[str] = set()
        for part in self.parts:
            kind = part.data.get("type")
            found.update(
                [kind]
                if isinstance(kind, str)
                else [name for name in kind if isinstance(name, str)]
                if isinstance(kind, list)
                else []
            )
        if not found:
            if any(isinstance(part.data.get("properties"), dict) for part in self.parts):
                found.add("object")
            elif any(isinstance(part.data.get("items"), dict) for part in self.parts):
                found.add("array")
        return frozenset(found)

    @property
    def is_array(self) -> bool:
        """Whether it is an array."""
        return "array" in self.types

    @property
    def is_object(self) -> bool:
        """Whether it is an object."""
        return "object" in self.types

    @property
    def is_scalar(self) -> bool:
        """Whether it is a string, number or boolean."""
        return bool(self.types) and not self.types & {"object", "array"}

    @cached_property
    def element(self) -> "Schema | None":
        """The schema of an array's items."""
        return next((found for part in self.parts if (found := Schema.at_node(part, "items"))), None)

    @cached_property
    def properties(self) -> "dict[str, Schema]":
        """The properties by name, those of `allOf` parts among them, references followed; unresolvable ones left out."""
        found: dict[str, Schema] = {}
        for part in self.parts:
            for name in part.mapping("properties"):
                schema = Schema.at_node(part, "properties", name)
                if schema is not None and name not in found:
                    found[name] = schema
        return found

    @cached_property
    def required(self) -> frozenset[str]:
        """The names of the properties that must be there."""
        return frozenset(
            name for part in self.parts for name in part.items("required") if isinstance(name, str)
        )

    @cached_property
    def keywords(self) -> frozenset[str]:
        """The keywords of the schema and of the parts of its `allOf`."""
        return frozenset(key for part in self.parts for key in part.data)

    def keyword(self, name: str) -> Any:
        """Return the value of the keyword *name* here or in a part of `allOf`; `None` when there is none."""
        return next((part.data[name] for part in self.parts if name in part.data), None)

    @property
    def enum(self) -> list[Any]:
        """The allowed values, a `const` as the only one; empty when they are not listed."""
        value = self.keyword("enum")
        if isinstance(value, list):
            return value
        return [self.keyword("const")] if self.keyword("const") is not None else []

    @property
    def format(self) -> str:
        """Its `format`, or an empty string."""
        value = self.keyword("format")
        return value if isinstance(value, str) else ""

    @property
    def reference_name(self) -> str:
        """The name of the component it is, or an empty string."""
        if len(self.pointer) >= 2 and self.pointer[-2] in {"schemas", "definitions"}:  # noqa: PLR2004
            return str(self.pointer[-1])
        return ""

    def walk(self) -> Iterator["Schema"]:
        """Yield this schema and every one below it once, references followed, in document order."""
        pending, seen = [self], set()
        while pending:
            schema = pending.pop()
            if schema in seen:
                continue
            seen.add(schema)
            yield schema
            pending.extend(reversed(schema.children))

    @cached_property
    def is_flatly_known(self) -> bool:
        """Whether its own parts, branches and properties resolve."""
        return all(
            not isinstance(value, dict) or follow(part.document, (), value) is not None
            for part in self.parts
            for value in _subschemas(part)
        )

    @cached_property
    def is_known(self) -> bool:
        """Whether everything below it resolves, so that what is not among its properties is not there."""
        return all(
            not isinstance(value, dict) or follow(schema.document, (), value) is not None
            for schema in self.walk()
            for value in _subschemas(schema)
        )

    @cached_property
    def children(self) -> "tuple[Schema, ...]":
        """The schemas directly below this one, in document order, references followed."""
        return () if _BELOW.keys().isdisjoint(self.data) else tuple(self._children())

    def _children(self) -> "Iterator[Schema]":
        document = self.document
        known: dict[Pointer, Schema] = document.memo.setdefault("schemas", {})
        for key, value in self.data.items():
            kind = _BELOW.get(key)
            if kind is None:
                continue
            if kind is dict and isinstance(value, dict):
                below = [((*self.pointer, key, name), item) for name, item in value.items()]
            elif kind is list and isinstance(value, list):
                below = [((*self.pointer, key, index), item) for index, item in enumerate(value)]
            else:
                below = [((*self.pointer, key), value)] if kind is Schema else []
            for pointer, item in below:
                if not isinstance(item, dict):
                    continue
                if "$ref" not in item:
                    schema = known.get(pointer)
                    if schema is None:
                        schema = known[pointer] = Schema(document, pointer, item)
                    yield schema
                elif (found := follow(self.document, pointer, item)) is not None and isinstance(
                    found[2], dict
                ):
                    yield Schema._known(*found)


_BELOW: dict[str, type] = {
    **dict.fromkeys(("properties", "patternProperties", "dependentSchemas"), dict),
    **dict.fromkeys(("allOf", "oneOf", "anyOf", "prefixItems"), list),
    **dict.fromkeys(
        ("items", "additionalProperties", "not", "contains", "propertyNames", "if", "then", "else"), Schema
    ),
}
"""Keywords that hold schemas: by name, in a list, or one."""


def _subschemas(schema: Schema) -> Iterator[Any]:
    """Yield the raw values of the subschemas that hold properties: parts, branches, properties and items."""
    for key in ("allOf", "oneOf", "anyOf"):
        yield from schema.items(key)
    yield from schema.mapping("properties").values()
    yield schema.get("items")
