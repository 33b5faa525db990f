"""Examples held against their schemas: a small reading of JSON Schema that follows references and prefers silence.

What it does not know (`pattern`, `format`, `not`, conditions, dynamic references) it takes as satisfied.
"""

from collections.abc import Iterator
from typing import Any

from archlint.api import Pointer, regex
from archlint.formats.openapi.schema import Schema

_MOST_DEPTH = 40
_BOUNDS = frozenset(("minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum"))
_UNIONS = frozenset(("oneOf", "anyOf"))
_LISTS = frozenset(("enum", "const"))
_CHECKED = _BOUNDS | _UNIONS | _LISTS
_TEMPLATE = regex(r"\{\{|\$\{|\{\$|<[A-Za-z_][^>]*>|\{%")
_NAMES = {
    "object": "a mapping",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "`true` or `false`",
    "null": "null",
}

_TYPES: dict[type[Any], str] = {
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    list: "array",
}

_SCALARS = frozenset(("boolean", "integer", "number", "string"))

type Mismatch = tuple[Pointer, str]


def mismatches(value: Any, schema: Schema, depth: int = 0) -> Iterator[Mismatch]:
    """Yield where below *value* it breaks *schema*, and what it is there, as the end of a sentence (`is a text, not a number`)."""
    if depth > _MOST_DEPTH or (isinstance(value, str) and _TEMPLATE.search(value)):
        return
    if value is None:
        if not _takes_null(schema):
            yield (), f"is null, not {_named(schema.types)}"
        return
    if schema.types and not _is_of(value, schema.types):
        yield (), f"is {_NAMES[_type_of(value)]}, not {_named(schema.types)}"
        return
    if not _LISTS.isdisjoint(schema.keywords) and schema.enum and value not in schema.enum:
        yield (), "is none of the listed values"
        return
    if not _BOUNDS.isdisjoint(schema.keywords):
        yield from _bounds(value, schema)
    if not _UNIONS.isdisjoint(schema.keywords):
        yield from _alternatives(value, schema, depth)
    if isinstance(value, dict):
        yield from _mapping(value, schema, depth)
    elif isinstance(value, list) and schema.element is not None:
        for index, item in enumerate(value):
            if not _is_plain(item, schema.element):
                for keys, what in mismatches(item, schema.element, depth + 1):
                    yield (index, *keys), what


def _alternatives(value: Any, schema: Schema, depth: int) -> Iterator[Mismatch]:
    for part in schema.parts:
        for key in ("oneOf", "anyOf"):
            branches = [Schema.at_node(part, key, index) for index in range(len(part.items(key)))]
            if branches and all(
                branch is not None and next(mismatches(value, branch, depth + 1), None) is not None
                for branch in branches
            ):
                yield (), "fits none of the alternatives"
                return


def _mapping(value: dict[str, Any], schema: Schema, depth: int) -> Iterator[Mismatch]:
    properties = schema.properties
    for name in sorted(schema.required):
        if name not in value and not _one_way(properties.get(name)):
            yield (), f"has no `{name}`"
    for name, item in value.items():
        if name in properties and not _is_plain(item, properties[name]):
            for keys, what in mismatches(item, properties[name], depth + 1):
                yield (name, *keys), what
    closed = len(schema.parts) == 1 and schema.data.get("additionalProperties") is False
    if closed and schema.is_known and not schema.alternatives and "patternProperties" not in schema.data:
        for name in value:
            if name not in schema.mapping("properties"):
                yield (name,), "is no property of the schema"


def _is_plain(value: Any, schema: Schema) -> bool:
    """Tell whether *value* is a scalar of the type that *schema* names, and nothing else is asked of it: most are."""
    return _TYPES.get(type(value)) in _SCALARS & schema.types and _CHECKED.isdisjoint(schema.keywords)


def _bounds(value: Any, schema: Schema) -> Iterator[Mismatch]:
    size = (
        len(value)
        if isinstance(value, str | list)
        else value
        if isinstance(value, int | float) and not isinstance(value, bool)
        else None
    )
    if size is None:
        return
    least, most = (
        ("minLength", "maxLength")
        if isinstance(value, str)
        else ("minItems", "maxItems")
        if isinstance(value, list)
        else ("minimum", "maximum")
    )
    unit = {"minLength": " characters", "minItems": " entries"}.get(least, "")
    low, high = schema.keyword(least), schema.keyword(most)
    if _is_number(low) and size < low:
        yield (), f"has {size}{unit}, the least is {low}" if unit else f"is below {low}"
    elif _is_number(high) and size > high:
        yield (), f"has {size}{unit}, the most is {high}" if unit else f"is above {high}"


def _one_way(schema: Schema | None) -> bool:
    return schema is None or schema.keyword("readOnly") is True or schema.keyword("writeOnly") is True


def _takes_null(schema: Schema) -> bool:
    if (
        not schema.types
        or "null" in schema.types
        or schema.keyword("nullable") is True
        or schema.keyword("x-nullable") is True
        or None in schema.enum
    ):
        return True
    for part in schema.parts:
        for key in ("oneOf", "anyOf"):
            branches = (Schema.at_node(part, key, index) for index in range(len(part.items(key))))
            if any(
                branch is None or "null" in branch.types or branch.keyword("nullable") is True
                for branch in branches
            ):
                return True
    return False


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _type_of(value: Any) -> str:
    return _TYPES.get(type(value), "object")


def _is_of(value: Any, types: frozenset[str]) -> bool:
    kind = _type_of(value)
    if not types <= _NAMES.keys() or kind in types or (kind == "integer" and "number" in types):
        return True
    return kind == "number" and "integer" in types and float(value).is_integer()


def _named(types: frozenset[str]) -> str:
    return " or ".join(_NAMES.get(name, name) for name in sorted(types))
