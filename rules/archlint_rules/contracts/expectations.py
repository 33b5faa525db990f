"""Whether a value that a consumer sends or expects fits the schema that the provider gives for it.

Only contradictions count: what the schema does not say, and what depends on alternatives, is taken to fit.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

_MOST_STEPS = 5_000
_MOST_PARTS = 50
_MOST_ITEMS = 50
_LOOSE = frozenset(("values", "eachKey", "eachValue", "arrayContains"))
"""Matching rules below which the example's keys and items are not what is expected."""
_PASSED_ON = frozenset(("type", *_LOOSE))
_NAMES = {
    "object": "an object", "array": "an array", "string": "a string", "number": "a number", "integer": "an integer", "boolean": "a boolean", "null": "null",
}  # fmt: skip

type Rules = Sequence[tuple[tuple[str, ...], str]]
type Shapes = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """Where value and schema contradict each other.

    `path` names the place, empty for the whole. `kind` is `type`, `value`, `required` (it is missing) or `undescribed` (the schema has no
    such property); `found` and `wanted` say what each side has.
    """

    path: str
    kind: Literal["type", "value", "required", "undescribed"]
    found: str = ""
    wanted: str = ""


def faults(value: Any, schema: Any, shapes: Shapes, rules: Rules, *, sent: bool) -> Iterator[Fault]:
    """Yield where *value* contradicts *schema*, whose `$ref`s name *shapes*; *rules* are the matching rules that hold for it.

    What is *sent* has to have all that is required. What is expected of somebody else may be a part of it, and has to be described.
    What holds for several items of a list is told once.
    """
    told: set[tuple[str, str]] = set()
    for fault in _all_faults(value, schema, shapes, rules, sent=sent):
        if (fault.path, fault.kind) not in told:
            told.add((fault.path, fault.kind))
            yield fault


def _all_faults(value: Any, schema: Any, shapes: Shapes, rules: Rules, *, sent: bool) -> Iterator[Fault]:
    pending: deque[tuple[tuple[str, ...], Any, Any]] = deque([((), value, schema)])
    for _ in range(_MOST_STEPS):
        if not pending:
            return
        path, here, shape = pending.popleft()
        whole = _Whole.of(shape, shapes)
        rule = _rule(path, rules)
        if not whole.is_known or rule in _LOOSE or (here is None and whole.is_nullable):
            continue
        if whole.types and not _has_type(here, whole.types):
            yield Fault(_shown(path), "type", _NAMES[_type_of(here)], _listed(whole.types))
            continue
        if whole.values and rule in {"", "equality"} and not any(_equal(here, item) for item in whole.values):
            yield Fault(_shown(path), "value", str(here))
        if isinstance(here, dict):
            yield from _members(path, here, whole, shapes if sent else None)
            pending.extend(
                ((*path, name), item, whole.member(name)) for name, item in here.items() if whole.member(name)
            )
        elif isinstance(here, list) and whole.items is not None:
            pending.extend(
                ((*path, str(index)), item, whole.items) for index, item in enumerate(here[:_MOST_ITEMS])
            )


def _members(
    path: tuple[str, ...], here: dict[str, Any], whole: "_Whole", shapes: Shapes | None
) -> Iterator[Fault]:
    """Yield the properties that are missing, and those that are not described; with *shapes* of what is sent."""
    if shapes is not None:
        for name in whole.required:
            if name not in here and not _is_read_only(whole.properties.get(name), shapes):
                yield Fault(_shown((*path, name)), "required")
    if whole.is_described if shapes is None else whole.is_closed:
        for name in here:
            if name not in whole.properties:
                yield Fault(_shown((*path, name)), "undescribed")


@dataclass(slots=True)
class _Whole:
    """A schema with its reference followed and the parts of `allOf` joined."""

    types: frozenset[str] = frozenset()
    values: list[Any] = field(default_factory=list)
    properties: dict[str, Any] = field(default_factory=dict)
    required: list[str] = field(default_factory=list)
    items: Any = None
    more: Any = None
    is_known: bool = True
    is_nullable: bool = False
    is_open: bool = False
    is_closed: bool = False

    @classmethod
    def of(cls, schema: Any, shapes: Shapes) -> "_Whole":
        """Return what *schema* says as a whole."""
        whole = cls()
        pending = [schema]
        for _ in range(_MOST_PARTS):
            if not pending:
                return whole
            part = pending.pop(0)
            reference = part.get("$ref") if isinstance(part, dict) else None
            if isinstance(reference, str):
                pending.append(shapes.get(reference))
            elif isinstance(part, dict) and part:
                whole._join(part)
                pending.extend(_list(part, "allOf"))
            else:
                whole.is_open = True
        whole.is_known = False
        return whole

    def _join(self, part: dict[str, Any]) -> None:
        types = _types(part)
        self.types = types & self.types if types and self.types else types | self.types
        self.is_nullable = self.is_nullable or part.get("nullable") is True or part.get("x-nullable") is True
        self.values = _list(part, "enum") or self.values
        if isinstance(part.get("properties"), dict):
            for name, shape in part["properties"].items():
                known = self.properties.get(name)
                self.properties[name] = {"allOf": [known, shape]} if known else shape
        self.required += [name for name in _list(part, "required") if isinstance(name, str)]
        self.items = part["items"] if isinstance(part.get("items"), dict) else self.items
        more = part.get("additionalProperties")
        self.more = more if isinstance(more, dict) and more else self.more
        alternatives = any(key in part for key in ("oneOf", "anyOf", "not", "if"))
        self.is_open = self.is_open or alternatives or bool(part.get("open"))
        self.is_open = self.is_open or "patternProperties" in part or (more is not None and more is not False)
        self.is_closed = more is False and "allOf" not in part and not self.is_open

    @property
    def is_described(self) -> bool:
        """Whether a property that is not there is not told of."""
        return bool(self.properties) and not self.is_open

    def member(self, name: str) -> Any:
        """Return the schema of the property *name*, empty where nothing is known of it."""
        return self.properties.get(name, self.more)


def _rule(path: tuple[str, ...], rules: Rules) -> str:
    """Return the kind of the matching rule that holds at *path*: the longest one, those for types passed on to what is below."""
    best, kind = -1, ""
    for where, found in rules:
        fits = len(where) <= len(path) and all(
            one in {"*", other} for one, other in zip(where, path, strict=False)
        )
        passes = len(where) == len(path) or found in _PASSED_ON
        if fits and passes and len(where) > best:
            best, kind = len(where), found
    return kind


def _types(schema: dict[str, Any]) -> frozenset[str]:
    kind = schema.get("type")
    names = (
        {kind} if isinstance(kind, str) else {name for name in _list(schema, "type") if isinstance(name, str)}
    )
    return frozenset(names) if names <= _NAMES.keys() else frozenset()


def _type_of(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "integer" if value.is_integer() else "number"
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"


def _has_type(value: Any, types: frozenset[str]) -> bool:
    kind = _type_of(value)
    return kind in types or (kind == "integer" and "number" in types)


def _equal(one: Any, other: Any) -> bool:
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _is_read_only(schema: Any, shapes: Shapes) -> bool:
    if isinstance(schema, dict) and isinstance(schema.get("$ref"), str):
        schema = shapes.get(schema["$ref"])
    return isinstance(schema, dict) and schema.get("readOnly") is True


def _list(schema: dict[str, Any], key: str) -> list[Any]:
    value = schema.get(key)
    return value if isinstance(value, list) else []


def _shown(path: tuple[str, ...]) -> str:
    text = ""
    for step in path:
        text += "[]" if step.isdecimal() else f".{step}" if text else step
    return text


def _listed(types: frozenset[str]) -> str:
    return " or ".join(_NAMES[name] for name in sorted(types))
