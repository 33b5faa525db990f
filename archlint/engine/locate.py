"""Regions for locations: all of a document in one batch, and only where something is to be said."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from msgspec import Struct

from archlint.source.document import Document, Resolver
from archlint.source.location import Location, Region
from archlint.source.pointer import Pointer

_NAMES = ("name", "id", "operationId", "key", "metadata", "url", "$ref")
_START = Region(1, 1, 1, 1)


def locations_in(value: Any) -> Iterator[Location]:
    """Yield every `Location` inside *value*, a fact or any nesting of structs, lists, tuples and dicts."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, Location):
            yield item
        elif isinstance(item, Struct):
            pending.extend(getattr(item, name) for name in _fields(type(item)))
        elif isinstance(item, dict):
            pending.extend(item.values())
        elif isinstance(item, list | tuple):
            pending.extend(item)


@cache
def _fields(kind: type[Struct]) -> tuple[str, ...]:
    """Return the fields of a record in which a location may stand."""
    placeless: frozenset[str] = getattr(kind, "placeless", frozenset())
    return tuple(name for name in kind.__struct_fields__ if name not in placeless)


def locate(locations: Iterable[Location], resolver: Resolver) -> None:
    """Fill in `region` and `anchor` of *locations* that have none yet."""
    wanted: dict[tuple[str, int], list[Location]] = defaultdict(list)
    for location in locations:
        if location.region is None:
            wanted[location.path, location.document].append(location)
    for (path, index), group in wanted.items():
        document = next((known for known in resolver.documents(path) if known.index == index), None)
        if document is None:
            for location in group:
                location.region = _START
            continue
        _locate_in(document, group)


def _locate_in(document: Document, group: list[Location]) -> None:
    places = {(location.pointer, location.on_key) for location in group}
    regions = document.locator.locate(places)
    anchors: dict[Pointer, str] = {}
    names: _Names = {}
    for location in group:
        pointer = location.pointer
        location.region = regions.get((pointer, location.on_key), _START)
        if pointer not in anchors:
            anchors[pointer] = anchor(document.data, pointer, names)
        location.anchor = anchors[pointer]


type _Names = dict[int, list[str]]
"""The names of the items of lists, by the identity of the list."""


def anchor(data: Any, pointer: Pointer, known: _Names) -> str:
    """Return *pointer* as text in which the index of a list item is replaced by the item's own name, where it has one.

    An insertion before the item does not change such a text. Items of the same name get a count. Names of lists are kept in *known*.
    """
    if not any(isinstance(key, int) for key in pointer):
        return "".join(f"/{key}" for key in pointer)
    parts: list[str] = []
    value = data
    for key in pointer:
        if isinstance(key, int) and isinstance(value, list) and key < len(value):
            if id(value) not in known:
                known[id(value)] = _names_in(value)
            parts.append(known[id(value)][key])
            value = value[key]
        else:
            parts.append(str(key))
            value = value.get(key) if isinstance(value, dict) else None
    return "".join(f"/{part}" for part in parts)


def _names_in(items: list[Any]) -> list[str]:
    seen: Counter[str] = Counter()
    found = []
    for index, item in enumerate(items):
        name = _own_name(item)
        found.append(f"[{name}]{seen[name] or ''}" if name else str(index))
        seen[name] += 1
    return found


def _own_name(item: Any) -> str:
    if isinstance(item, str):
        return item[:80]
    if not isinstance(item, dict):
        return ""
    for key in _NAMES:
        value = item.get(key)
        if isinstance(value, dict):
            value = value.get("name")
        if isinstance(value, str) and value:
            return f"{item['in']}:{value}" if key == "name" and isinstance(item.get("in"), str) else value
    return ""
