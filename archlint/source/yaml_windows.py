"""Places in large YAML texts: only the entries in which something is wanted are read by libyaml.

In a text that yamlrocks accepts, what belongs to an entry of a block mapping is indented more than its key (or is a list whose
dashes stand below it). So the entries begin at the lines that have text at the mapping's own column, and all others are skipped.
"""

import re
from collections.abc import Iterator
from functools import cache

import yaml

from archlint.source.location import Region
from archlint.source.pointer import Pointer
from archlint.source.scalars import key_text, resolve_plain
from archlint.source.yaml_places import Place, Scan, Want, trie

SMALLEST = 2_000
"""Smaller entries are read whole."""

_KEY = re.compile(
    r"""(?:"([^"\\\n]*)"|'((?:[^'\n]|'')*)'|([^\s"'?:{}\[\]*&!|>@`%,#][^\n]*?))[ ]*:(?=[ \t\n]|\Z)"""
)
_NOTHING_MORE = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)")
_CONTENT = re.compile(r"^( *)(?![ #\n]|\Z)", re.MULTILINE)
_MARKERS = re.compile(r"^(?:---|\.\.\.|%)", re.MULTILINE)
_START = re.compile(r"(?:[ ]*(?:#[^\n]*)?\n)*---[ ]*\n")
_DASH = re.compile(r"-(?:[ \n]|\Z)")


class _GiveUpError(Exception):
    """The text is written in a way that only a full scan understands."""


def locate_in_windows(text: str, places: list[Place]) -> dict[Place, Region] | None:
    """Return the regions of *places* in the only document of *text*, which yamlrocks accepts; `None` when a full scan is needed."""
    opening = _START.match(text)
    start = opening.end() if opening else 0
    if "\r" in text or "\t" in text[:start] or _MARKERS.search(text, start):
        return None
    try:
        found = _find(text, start, places)
        missing = [place for place in places if place not in found]
        if missing and "<<" in text:
            return None
        nearest = {place: (_known_above(place[0], found), False) for place in missing}
        found |= _find(text, start, list(nearest.values()))
        found |= {place: found[instead] for place, instead in nearest.items()}
    except (_GiveUpError, KeyError, yaml.YAMLError):
        return None
    return found


def _find(text: str, start: int, places: list[Place]) -> dict[Place, Region]:
    windows = _Windows(text, set(places))
    if places:
        windows.descend(trie(places), start, len(text))
    return windows.found


def _known_above(pointer: Pointer, found: dict[Place, Region]) -> Pointer:
    """Return the deepest node above *pointer* that is there."""
    lengths = range(len(pointer), 0, -1)
    known = (pointer[:length] for length in lengths if (pointer[:length], True) in found)
    return next(known, ())


class _Windows:
    def __init__(self, text: str, wanted: set[Place]) -> None:
        self.found: dict[Place, Region] = {}
        self._text = text
        self._wanted = wanted
        self._known = (0, 1)

    def descend(self, node: Want, start: int, end: int) -> None:
        """Find what is wanted in the block mapping *node*, the first content between *start* and *end*."""
        first, column = self._content(start, end)
        if _DASH.match(self._text, first + column):
            raise _GiveUpError
        if (node.pointer, False) in self._wanted or ((), True) in self._wanted:
            line = self._line(first)
            region = Region(line, column + 1, *self._end_of(first, end, column))
            self.found[node.pointer, False] = region
            if not node.pointer:
                self.found[(), True] = region
        for begin, stop in self._entries(first, end, column):
            key = self._key(begin, column)
            name = _name(key)
            want = node.below.get(name)
            if want is None:
                continue
            line = self._line(begin)
            width = key.end(key.lastindex or 0) + (key.lastindex != _PLAIN) - begin
            self.found[want.pointer, True] = Region(line, column + 1, line, width + 1)
            if not want.below and (want.pointer, False) not in self._wanted:
                continue
            if stop - begin > SMALLEST and want.below and _NOTHING_MORE.match(self._text, key.end()):
                below = _NOTHING_MORE.match(self._text, key.end())
                inner, deeper = self._content(below.end() if below else stop, stop)
                if deeper > column and not _DASH.match(self._text, inner + deeper):
                    self.descend(want, inner, stop)
                    continue
            self._scan(node, name, begin, stop)

    def _scan(self, node: Want, name: str, start: int, end: int) -> None:
        """Read the entry *name* of *node* whole."""
        root = Want(node.pointer)
        root.below = {name: node.below[name]}
        scan = Scan(self._text[start:end], 0, root)
        scan.run()
        if scan.broken or scan.indirect:
            raise _GiveUpError
        line = self._line(start) - 1
        for place, region in scan.found.items():
            if place[0] != node.pointer:
                self.found[place] = region.moved(line)

    def _end_of(self, start: int, end: int, column: int) -> tuple[int, int]:
        """Return line and column where the last scalar ends in the block mapping at *start*."""
        while True:
            for begin, stop in self._entries(start, end, column):
                start, end = begin, stop
            key = self._key(start, column)
            below = _NOTHING_MORE.match(self._text, key.end())
            if end - start <= SMALLEST or below is None:
                break
            inner, deeper = self._content(below.end(), end)
            if deeper <= column or _DASH.match(self._text, inner + deeper):
                break
            start, column = inner, deeper
        scan = Scan(self._text[start:end], 0, Want(()))
        scan.run()
        if scan.broken:
            raise _GiveUpError
        region = scan.found[(), False].moved(self._line(start) - 1)
        return region.end_line, region.end_column

    def _content(self, start: int, end: int) -> tuple[int, int]:
        """Return where the first line with text on it begins, and the column of the text from 0."""
        match = _CONTENT.search(self._text, start, end)
        if match is None:
            raise _GiveUpError
        return match.start(), len(match.group(1))

    def _entries(self, start: int, end: int, column: int) -> Iterator[tuple[int, int]]:
        begin = -1
        for match in _at(column).finditer(self._text, start, end):
            if begin >= 0:
                yield begin, match.start()
            begin = match.start()
        if begin >= 0:
            yield begin, end

    def _key(self, begin: int, column: int) -> re.Match[str]:
        match = _KEY.match(self._text, begin + column)
        if match is None:
            raise _GiveUpError
        return match

    def _line(self, offset: int) -> int:
        """Return the line of *offset*, counted from the place that was asked for before."""
        known, line = self._known
        if offset >= known:
            line += self._text.count("\n", known, offset)
        else:
            line -= self._text.count("\n", offset, known)
        self._known = (offset, line)
        return line


_PLAIN = 3


@cache
def _at(column: int) -> re.Pattern[str]:
    """Return the expression of lines with text at *column*, which is neither a comment nor the dash of a list."""
    return re.compile(rf"^ {{{column}}}(?![ #\n]|\Z|-(?:[ \n]|\Z))", re.MULTILINE)


def _name(key: re.Match[str]) -> str:
    double, single, plain = key.groups()
    if plain is not None:
        return key_text(resolve_plain(plain))
    return str(double) if double is not None else str(single).replace("''", "'")
