"""Structure: documents held against a JSON Schema, and failures said in a user's words.

jsonschema-rs decides and names what failed. Where alternatives (`oneOf`, `anyOf`) failed, the one that the author most likely meant is
explained, so that nobody reads "is not valid under any of the given schemas".
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from archlint.source.pointer import Pointer

_MOST = 100
_TYPES = {
    "array": "a list",
    "boolean": "`true` or `false`",
    "integer": "a whole number",
    "null": "null",
    "number": "a number",
    "object": "a mapping",
    "string": "a text",
}
_FORMATS = {
    "email": "an e-mail address",
    "uri": "a URL with a scheme",
    "uri-reference": "a URL",
    "date-time": "a date and time",
}
_UNEVALUATED = frozenset(("unevaluatedProperties", "unevaluatedItems"))
_TELLING = frozenset(
    ("type", "in", "action", "kind", "apiVersion", "openapi", "asyncapi", "swagger", "scheme")
)


@dataclass(frozen=True, slots=True)
class StructureFault:
    """A place that breaks a schema: the message states what is wrong, `help` what would be right."""

    pointer: Pointer
    message: str
    help: str = ""
    on_key: bool = False


class Structure:
    """A JSON Schema, compiled on first use; *load* returns it, *what* names what it describes (`an AsyncAPI document`)."""

    def __init__(self, load: Callable[[], Any], what: str) -> None:
        self._load = load
        self._what = what

    @cached_property
    def _schema(self) -> Any:
        return self._load()

    @cached_property
    def _validator(self) -> Any:
        import jsonschema_rs  # noqa: PLC0415

        return jsonschema_rs.validator_for(self._schema, retriever=_refuse)

    @cached_property
    def _names(self) -> list[str]:
        """All property names of the schema, to guess what a misspelt one was meant to be."""
        found: set[str] = set()
        pending = [self._schema]
        while pending:
            value = pending.pop()
            if isinstance(value, dict):
                properties = value.get("properties")
                found.update(properties if isinstance(properties, dict) else ())
                pending.extend(value.values())
            elif isinstance(value, list):
                pending.extend(value)
        return sorted(found)

    def _beside(self, error: Any) -> list[str]:
        """Return the names of the properties that the schema allows where *error* found another one."""
        value = self._schema
        for key in list(error.schema_path)[:-1]:
            try:
                value = value[key]
            except (KeyError, IndexError, TypeError):
                return []
        properties = value.get("properties") if isinstance(value, dict) else None
        return list(properties) if isinstance(properties, dict) else []

    def accepts(self, data: Any) -> bool:
        """Tell whether *data* satisfies the schema."""
        valid: bool = self._validator.is_valid(data)
        return valid

    def faults(self, data: Any) -> Iterator[StructureFault]:
        """Yield what breaks the schema in *data*: one fault per place and cause, at most a hundred."""
        causes: list[Any] = []
        try:
            for error in () if self.accepts(data) else self._validator.iter_errors(data):
                causes.extend(_causes(error))
                if len(causes) >= _MOST:
                    break
        except ValueError:
            yield StructureFault((), f"{self._what} is nested too deeply to be checked", "flatten it")
            return
        faults = [fault for cause in _telling(causes) for fault in self._explain(cause, data)]
        misspelt = {(fault.pointer[:-1], fault.help) for fault in faults if fault.help.startswith("did you")}
        seen: set[tuple[Pointer, str]] = set()
        for fault in faults:
            key = (fault.pointer, fault.message)
            missing = fault.help.removeprefix("add ")
            if key not in seen and (fault.pointer, f"did you mean {missing}?") not in misspelt:
                seen.add(key)
                yield fault

    def _explain(self, error: Any, data: Any) -> Iterator[StructureFault]:
        pointer, value = _typed(error.instance_path, data)
        kind = error.kind
        name = kind.name
        where = _name_of(pointer, self._what)
        if name == "required":
            missing = kind.property
            yield StructureFault(
                pointer, f"{where} has no `{missing}`", f"add `{missing}`", on_key=bool(pointer)
            )
        elif name in {"additionalProperties", "unevaluatedProperties"}:
            for extra in kind.unexpected:
                near = _close(str(extra), self._beside(error) or self._names, 1)
                advice = (
                    f"did you mean `{near[0]}`?"
                    if near and near[0] != extra
                    else "remove it, or begin its name with `x-` where extensions are allowed"
                )
                yield StructureFault(
                    (*pointer, str(extra)), f"`{extra}` is not a property of {where}", advice, on_key=True
                )
        else:
            message, advice = _words(name, kind, value, where)
            yield StructureFault(pointer, message, advice)


def _refuse(uri: str) -> Any:
    """Keep the schema library, which would read files and fetch URLs, from following references out of a schema."""
    raise ValueError(f"`{uri}` is not in the schema, and nothing is fetched")


def _words(name: str, kind: Any, value: Any, where: str) -> tuple[str, str]:
    if name == "type":
        return _type_words(kind, value, where)
    if name in {"enum", "const"}:
        options = kind.options if name == "enum" else [kind.expected_value]
        near = _close(str(value), [str(option) for option in options], 1)
        advice = f"did you mean `{near[0]}`?" if near else f"use {_listed(options)}"
        return f"{where} is {_shown(value)}, not {_listed(options)}", advice
    if name == "pattern":
        return f"{where} is {_shown(value)}, which does not match `{kind.pattern}`", ""
    if name == "format":
        return f"{where} is {_shown(value)}, not {_FORMATS.get(kind.format, f'a {kind.format}')}", ""
    if name in {"minItems", "minProperties", "minLength"}:
        least = kind.limit
        return (f"{where} is empty", "") if least == 1 else (f"{where} has fewer than {least} entries", "")
    if name in {"maxItems", "maxProperties", "maxLength"}:
        return f"{where} has more than {kind.limit} entries", ""
    if name in {"minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"}:
        side = "below" if "inimum" in name else "above"
        return f"{where} is {_shown(value)}, {side} the limit of {kind.limit}", ""
    if name == "uniqueItems":
        return f"{where} holds the same entry twice", "remove one of them"
    if name == "propertyNames":
        return f"{where} has a key that is not allowed", ""
    if name == "not":
        return f"{where} combines what excludes each other", ""
    if name == "dependentRequired":
        return f"{where} lacks a property that another one needs", ""
    if name in {"anyOf", "oneOf"} and _lacks_all(kind.context):
        names = [f"`{branch[0].kind.property}`" for branch in kind.context]
        return f"{where} has none of {', '.join(names)}", f"add {' or '.join(names)}"
    if name == "oneOf":
        return f"{where} fits more than one of the alternatives", "keep the properties of one of them"
    if name == "falseSchema":
        return f"{where} is not allowed here", "remove it"
    return f"{where} does not satisfy `{name}`", ""


def _type_words(kind: Any, value: Any, where: str) -> tuple[str, str]:
    wanted = " or ".join(
        _TYPES.get(item, item)
        for item in sorted(map(str, kind.types), key=lambda name: (name == "null", name))
    )
    if value is None:
        return f"{where} is empty where {wanted} belongs", "give it a value, or remove the key"
    return f"{where} is {_TYPES[_type_of(value)]}, not {wanted}", ""


def _causes(error: Any) -> list[Any]:
    """Return the errors at the bottom of *error*, of the alternatives that were most likely meant."""
    found: list[Any] = []
    pending = [error]
    while pending:
        item = pending.pop()
        branches = getattr(item.kind, "context", None)
        meant = _meant(item, branches) if branches else None
        if branches and _lacks_all(branches):
            found.append(item)
        elif meant:
            pending.extend(meant)
        elif branches and all(_is_type_at(branch, item) for branch in branches):
            found.append(branches[0][0] if len(branches) == 1 else _Alternatives(item, branches))
        else:
            found.append(item)
    return found


def _lacks_all(branches: list[list[Any]]) -> bool:
    """Tell whether each alternative only asks for a property of its own."""
    return len(branches) > 1 and all(
        len(branch) == 1 and branch[0].kind.name == "required" for branch in branches
    )


def _meant(error: Any, branches: list[list[Any]]) -> list[Any]:
    """Return the errors of the alternative that the author most likely meant; empty when none stands out."""
    here = list(error.instance_path)
    candidates = [branch for branch in branches if branch and not _is_type_at(branch, error)]
    if not candidates:
        return []
    is_reference = isinstance(error.instance, dict) and "$ref" in error.instance
    return min(candidates, key=lambda branch: _distance(branch, here, is_reference=is_reference))


def _distance(branch: list[Any], here: list[Any], *, is_reference: bool) -> tuple[int, int, int]:
    strikes = 0
    depth = 0
    for error in branch:
        path = list(error.instance_path)
        name = error.kind.name
        depth = max(depth, len(path))
        if name == "required" and error.kind.property == "$ref" and not is_reference:
            strikes += 10
        if name in {"enum", "const"} and len(path) == len(here) + 1 and str(path[-1]) in _TELLING:
            strikes += 5
        if name == "required" and path == here:
            strikes += 1
    return strikes, len(branch), -depth


def _is_type_at(branch: list[Any], error: Any) -> bool:
    path = list(error.instance_path)
    return any(item.kind.name == "type" and list(item.instance_path) == path for item in branch)


class _Kind:
    """Stands for several alternatives of which none has the right type."""

    name = "type"

    def __init__(self, types: list[str]) -> None:
        self.types = types


class _Alternatives:
    """An error that says that none of several types fits."""

    def __init__(self, error: Any, branches: list[list[Any]]) -> None:
        self.instance_path = error.instance_path
        self.instance = error.instance
        types: dict[str, None] = {}
        for branch in branches:
            for item in branch:
                if item.kind.name == "type" and list(item.instance_path) == list(error.instance_path):
                    types.update(dict.fromkeys(str(name) for name in item.kind.types))
        self.kind = _Kind(list(types))


def _telling(causes: list[Any]) -> Iterable[Any]:
    """Leave out errors that only follow from others: an object with a fault in it leaves all its properties unevaluated."""
    paths = [(tuple(cause.instance_path), cause.kind.name in _UNEVALUATED) for cause in causes]
    for cause, (here, is_unevaluated) in zip(causes, paths, strict=True):
        follows = is_unevaluated and any(
            path[: len(here)] == here and (len(path) > len(here) or not other) for path, other in paths
        )
        if not follows:
            yield cause


def _typed(path: Iterable[Any], data: Any) -> tuple[Pointer, Any]:
    pointer: list[str | int] = []
    value = data
    for key in path:
        if isinstance(value, dict):
            name = str(key)
            pointer.append(name)
            value = value.get(name)
        elif isinstance(value, list) and isinstance(key, int) and key < len(value):
            pointer.append(key)
            value = value[key]
        else:
            break
    return tuple(pointer), value


def _name_of(pointer: Pointer, what: str) -> str:
    if not pointer:
        return what
    last = pointer[-1]
    if isinstance(last, int):
        holder = next((key for key in reversed(pointer) if isinstance(key, str)), "")
        return f"entry {last + 1} of `{_clipped(holder)}`" if holder else f"entry {last + 1}"
    return f"`{_clipped(last)}`"


def _clipped(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"  # noqa: PLR2004


def _type_of(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    kinds = {dict: "object", list: "array", str: "string", int: "integer", float: "number"}
    return next((name for kind, name in kinds.items() if isinstance(value, kind)), "null")


def _shown(value: Any) -> str:
    if isinstance(value, dict | list):
        return _TYPES[_type_of(value)]
    return f"`{_clipped(value if isinstance(value, str) else json.dumps(value))}`"


def _listed(options: list[Any]) -> str:
    shown = [_shown(option) for option in options[:6]]
    if len(options) > len(shown):
        return f"one of {', '.join(shown)} …"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} or {shown[-1]}"


def _close(name: str, names: Iterable[str], most: int) -> list[str]:
    """Return the *most* names that are closest to *name*."""
    from difflib import get_close_matches  # noqa: PLC0415 - for mistakes only

    return get_close_matches(name, list(names), most)
