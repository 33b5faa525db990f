"""Places in JSON texts: one scan that descends only where a wanted pointer leads, and skips every other value."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable
from json.decoder import JSONDecoder, scanstring  # type: ignore[attr-defined]
from typing import Any, cast

from archlint.source.location import Region
from archlint.source.patterns import regex
from archlint.source.pointer import Pointer
from archlint.source.source import line_starts

type Place = tuple[Pointer, bool]
type _Trie = dict[str | int, Any]

_SPACE = regex(r"[ \t\r\n]*+")
_TOKEN = regex(r'"(?:[^"\\]++|\\.)*+"|[{}\[\]]', re.DOTALL)
_STRING = regex(r'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_SCALAR = regex(r"[^\s,\]}]++")
_scan_once = cast(Callable[[str, int], tuple[Any, int]], vars(JSONDecoder(strict=False))["scan_once"])


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
    spans = _scan(text, trie)
    starts = line_starts(text)
    return {place: _region(starts, *_span(place, spans)) for place in wanted}


def has_repeated_keys(text: str) -> bool:
    """Tell whether a key stands twice in an object of the JSON *text*, which is known to be valid."""
    repeated = False

    def note(pairs: list[tuple[str, Any]]) -> None:
        nonlocal repeated
        repeated = repeated or len({key for key, _ in pairs}) < len(pairs)

    try:
        JSONDecoder(strict=False, object_pairs_hook=note).decode(text)
    except RecursionError:
        return True
    return repeated


def repeated_keys(text: str) -> list[tuple[str, Region]]:
    """Return the keys of the JSON *text*, which is known to be valid, that stand in their object for a second time."""
    found: list[tuple[str, int, int]] = []
    stack: list[set[str] | None] = []
    for token in _TOKEN.finditer(text):
        mark = token.group()
        if mark in "{[":
            stack.append(set() if mark == "{" else None)
        elif mark in "}]":
            stack.pop()
        elif stack and (names := stack[-1]) is not None and text[_next(text, token.end())] == ":":
            name = scanstring(text, token.start() + 1, False)[0]
            if name in names:
                found.append((name, token.start(), token.end()))
            names.add(name)
    starts = line_starts(text)
    return [(name, _region(starts, start, end)) for name, start, end in found]


def _scan(text: str, trie: _Trie) -> dict[Place, tuple[int, int]]:
    """Return the offsets of all nodes of *trie*, and of the keys of its members."""
    spans: dict[Place, tuple[int, int]] = {}
    start = _next(text, 0)
    if not trie or text[start] not in "{[":
        return {((), False): (start, _skip(text, start))}
    stack: list[tuple[Pointer, _Trie, int]] = [((), trie, start)]
    indices = [0]
    position = _next(text, start + 1)
    while stack:
        pointer, node, start = stack[-1]
        character = text[position]
        if character == ",":
            position = _next(text, position + 1)
            continue
        if character in "}]":
            spans[pointer, False] = (start, position + 1)
            stack.pop()
            indices.pop()
            position = _next(text, position + 1) if stack else position
            continue
        key: str | int = indices[-1]
        indices[-1] += 1
        if text[start] == "{":
            key, end = scanstring(text, position + 1, False)
            if key in node:
                spans[(*pointer, key), True] = (position, end)
            position = _next(text, _next(text, end) + 1)
        wanted = node.get(key)
        if wanted and text[position] in "{[":
            stack.append(((*pointer, key), wanted, position))
            indices.append(0)
            position = _next(text, position + 1)
            continue
        end = _skip(text, position)
        if wanted is not None:
            spans[(*pointer, key), False] = (position, end)
        position = _next(text, end)
    return spans


def _next(text: str, position: int) -> int:
    if text[position : position + 1] not in _BLANK:
        return position
    match = _SPACE.match(text, position)
    return match.end() if match else position


_BLANK = frozenset((" ", "\t", "\r", "\n"))


def _skip(text: str, start: int) -> int:
    """Return where the value at *start* ends."""
    first = text[start]
    if first == '"':
        match = _STRING.match(text, start)
        return match.end() if match else len(text)
    if first not in "{[":
        match = _SCALAR.match(text, start)
        return match.end() if match else start
    try:
        return _scan_once(text, start)[1]
    except (RecursionError, ValueError, StopIteration):
        return _closing(text, start)


def _closing(text: str, start: int) -> int:
    depth = 0
    for token in _TOKEN.finditer(text, start):
        mark = token.group()
        if mark in "{[":
            depth += 1
        elif mark in "}]":
            depth -= 1
            if not depth:
                return token.end()
    return len(text)


def _span(place: Place, spans: dict[Place, tuple[int, int]]) -> tuple[int, int]:
    if place in spans:
        return spans[place]
    pointer = place[0]
    for length in range(len(pointer), -1, -1):
        if (pointer[:length], False) in spans:
            return spans[pointer[:length], False]
    return 0, 0


def _region(starts: list[int], start: int, end: int) -> Region:
    first = bisect_right(starts, start)
    last = bisect_right(starts, end)
    return Region(first, start - starts[first - 1] + 1, last, end - starts[last - 1] + 1)
