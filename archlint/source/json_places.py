"""Places in JSON texts: a scan that descends only where a wanted pointer leads, and skips every other value."""

import re
from bisect import bisect_right
from collections.abc import Iterable
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

from archlint.source.location import Region
from archlint.source.pointer import Pointer

type Place = tuple[Pointer, bool]
type _Trie = dict[str | int, Any]

_SPACE = re.compile(r"[ \t\r\n]*")
_SKIP = re.compile(r'"(?:[^"\\]+|\\.)*"|[{}\[\]]', re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\]+|\\.)*"', re.DOTALL)
_SCALAR = re.compile(r"[^\s,\]}]+")
_LINE_END = re.compile(r"\r\n|\r|\n")


def locate_in_json(text: str, places: Iterable[Place]) -> dict[Place, Region]:
    """Return the regions of *places* in the JSON *text*, which is known to be valid.

    What cannot be found gets the region of its nearest ancestor.
    """
    wanted = list(places)
    trie: _Trie = {}
    for pointer, _ in wanted:
        node = trie
        for key in pointer:
            node = node.setdefault(key, {})
    spans: dict[Place, tuple[int, int]] = {}
    pending: list[tuple[Pointer, _Trie, int]] = [((), trie, _next(text, 0))]
    while pending:
        pointer, node, start = pending.pop()
        if not node:
            spans[pointer, False] = (start, _skip(text, start))
            continue
        spans[pointer, False] = (start, _children(text, start, pointer, node, spans, pending))
    starts = [0, *(match.end() for match in _LINE_END.finditer(text))]
    return {place: _region(starts, *_span(place, spans)) for place in wanted}


def _children(
    text: str,
    start: int,
    pointer: Pointer,
    node: _Trie,
    spans: dict[Place, tuple[int, int]],
    pending: list[tuple[Pointer, _Trie, int]],
) -> int:
    """Walk the collection at *start*, note the keys of wanted members, queue their values; return where it ends."""
    position = _next(text, start + 1)
    opening = text[start]
    index = 0
    if opening not in "{[":
        return _skip(text, start)
    while text[position] not in "}]":
        key: str | int = index
        if opening == "{":
            key, end = scanstring(text, position + 1, False)
            if key in node:
                spans[(*pointer, key), True] = (position, end)
            position = _next(text, _next(text, end) + 1)
        if key in node:
            pending.append(((*pointer, key), node[key], position))
        position = _next(text, _skip(text, position))
        if text[position] == ",":
            position = _next(text, position + 1)
        index += 1
    return position + 1


def _next(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _skip(text: str, start: int) -> int:
    """Return where the value at *start* ends."""
    first = text[start]
    if first == '"':
        match = _STRING.match(text, start)
        return match.end() if match else len(text)
    if first not in "{[":
        match = _SCALAR.match(text, start)
        return match.end() if match else start
    depth = 0
    for token in _SKIP.finditer(text, start):
        mark = token.group()
        if mark in "{[":
            depth += 1
        elif mark in "}]":
            depth -= 1
            if not depth:
                return token.end()
    return len(text)


def _span(place: Place, spans: dict[Place, tuple[int, int]]) -> tuple[int, int]:
    pointer, on_key = place
    if place in spans:
        return spans[place]
    for length in range(len(pointer), -1, -1):
        if (pointer[:length], False) in spans:
            return spans[pointer[:length], False]
    del on_key
    return 0, 0


def _region(starts: list[int], start: int, end: int) -> Region:
    first = bisect_right(starts, start)
    last = bisect_right(starts, end)
    return Region(first, start - starts[first - 1] + 1, last, end - starts[last - 1] + 1)
