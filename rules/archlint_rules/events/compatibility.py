"""Whether all that a producer may send is what a consumer expects, by their JSON Schemas.

Only contradictions count: what one side does not say is unknown, and unknown is compatible.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_MOST_DEPTH = 10
_MOST_PARTS = 50
_DISJOINT_FORMATS = frozenset(("date", "date-time", "time", "duration", "uuid", "email", "ipv4", "ipv6"))


@dataclass(frozen=True, slots=True)
class Contradiction:
    """One place where sender and receiver contradict each other.

    `path` names the property. `kind` is `required`, `type`, `format`, `enum` (nothing fits) or `value` (one value does not);
    `sent` and `wanted` say what each side has.
    """

    path: str
    kind: str
    sent: str = ""
    wanted: str = ""


def contradictions(sent: Any, wanted: Any) -> Iterator[Contradiction]:
    """Yield where messages of the schema *sent* need not satisfy the schema *wanted*."""
    pending: list[tuple[tuple[str, ...], Any, Any]] = [((), sent, wanted)]
    while pending:
        path, one, other = pending.pop(0)
        if len(path) > _MOST_DEPTH or not isinstance(one, dict) or not isinstance(other, dict):
            continue
        one, other = _whole(one), _whole(other)
        if one is None or other is None:
            continue
        types, needed = _types(one), _types(other)
        name = ".".join(path)
        if types and needed and not types & needed:
            yield Contradiction(name, "type", _listed(types), _listed(needed))
            continue
        yield from _required(path, one, other)
        yield from _formats(name, one, other)
        yield from _values(name, one, other)
        first, second = one.get("properties"), other.get("properties")
        if isinstance(first, dict) and isinstance(second, dict):
            pending.extend(((*path, str(key)), first[key], second[key]) for key in second if key in first)
        pending.append(
            ((*path[:-1], f"{path[-1]}[]" if path else "[]"), one.get("items"), other.get("items"))
        )


def _whole(schema: dict[str, Any]) -> dict[str, Any] | None:
    """Return *schema* with the parts of its `allOf` joined; `None` where it depends on alternatives."""
    merged: dict[str, Any] = {}
    required: list[Any] = []
    properties: dict[str, Any] = {}
    pending = [schema]
    for _ in range(_MOST_PARTS):
        if not pending:
            break
        part = pending.pop(0)
        if any(key in part for key in ("oneOf", "anyOf", "not", "if")):
            return None
        pending.extend(item for item in _items(part, "allOf") if isinstance(item, dict))
        merged |= {key: value for key, value in part.items() if key != "allOf"}
        required.extend(_items(part, "required"))
        if isinstance(part.get("properties"), dict):
            properties |= part["properties"]
    if pending:
        return None
    return merged | {"required": required} | ({"properties": properties} if properties else {})


def _required(path: tuple[str, ...], one: dict[str, Any], other: dict[str, Any]) -> Iterator[Contradiction]:
    if not isinstance(one.get("properties"), dict):
        return
    for key in dict.fromkeys(map(str, other["required"])):
        if key not in one["required"]:
            yield Contradiction(".".join((*path, key)), "required")


def _formats(name: str, one: dict[str, Any], other: dict[str, Any]) -> Iterator[Contradiction]:
    sent, wanted = one.get("format"), other.get("format")
    if sent != wanted and sent in _DISJOINT_FORMATS and wanted in _DISJOINT_FORMATS:
        yield Contradiction(name, "format", str(sent), str(wanted))


def _values(name: str, one: dict[str, Any], other: dict[str, Any]) -> Iterator[Contradiction]:
    sent, known = _enum(one), _enum(other)
    if sent and known:
        unknown = [value for value in sent if value not in known]
        if unknown:
            yield Contradiction(name, "enum" if len(unknown) == len(sent) else "value", str(unknown[0]))


def _enum(schema: dict[str, Any]) -> list[Any]:
    return [schema["const"]] if "const" in schema else _items(schema, "enum")


def _items(schema: dict[str, Any], key: str) -> list[Any]:
    value = schema.get(key)
    return value if isinstance(value, list) else []


def _types(schema: dict[str, Any]) -> set[str]:
    kind = schema.get("type")
    names = [kind] if isinstance(kind, str) else _items(schema, "type")
    found = {str(name) for name in names}
    return found | {"number"} if "integer" in found else found


def _listed(types: set[str]) -> str:
    return " or ".join(sorted(types - ({"number"} if "integer" in types else set())))
