"""Java properties files, as `java.util.Properties` reads them, with the place of every value."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from archlint.api import Document, Pointer, Region, Source, regex

_SEPARATOR = regex(r"(?P<key>(?:\\.|[^\s=:\\])*)\s*[=:]?\s*")
_ESCAPE = regex(r"\\(?:u(?P<code>[0-9A-Fa-f]{4})|(?P<char>.))")
_CHARACTERS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
_NEW_DOCUMENT = frozenset(("#---", "!---"))


@dataclass(frozen=True, slots=True)
class _Entry:
    key: str
    value: str
    key_region: Region
    value_region: Region


class PropertiesLocator:
    """Finds the regions of the entries of one document."""

    def __init__(self, entries: Iterable[_Entry], top: Region) -> None:
        self._entries = {entry.key: entry for entry in entries}
        self._top = top

    def locate(self, places: Iterable[tuple[Pointer, bool]]) -> Mapping[tuple[Pointer, bool], Region]:
        """Return the region of each *(pointer, on key)*."""
        found = {}
        for pointer, on_key in places:
            entry = self._entries.get(str(pointer[0])) if pointer else None
            region = self._top if entry is None else entry.key_region if on_key else entry.value_region
            found[pointer, on_key] = region
        return found


def read_properties(source: Source) -> tuple[Document, ...]:
    """Return the documents of *source*, which lines of `#---` divide: flat mappings of text."""
    documents: list[Document] = []
    entries: list[_Entry] = []
    top = Region.point(1, 1)

    def close() -> None:
        data = {entry.key: entry.value for entry in entries}
        documents.append(Document(source, len(documents), data, PropertiesLocator(entries, top)))

    for number, parts in _logical_lines(source.lines):
        if parts[0].rstrip() in _NEW_DOCUMENT:
            close()
            entries, top = [], Region.point(number, 1)
            continue
        entry = _entry(number, parts)
        if entry is not None:
            entries.append(entry)
    close()
    return tuple(documents)


def _logical_lines(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of the first line and the lines that a backslash at the end joins."""
    parts: list[str] = []
    for number, line in enumerate(lines, 1):
        is_comment = not parts and line.lstrip()[:1] in {"#", "!"}
        continues = not is_comment and (len(line) - len(line.rstrip("\\"))) % 2 == 1
        parts.append(line[:-1] if continues else line)
        if not continues:
            yield number - len(parts) + 1, parts
            parts = []
    if parts:
        yield len(lines) - len(parts) + 1, parts


def _entry(number: int, parts: list[str]) -> _Entry | None:
    first = parts[0]
    start = len(first) - len(first.lstrip())
    if start == len(first) or first[start] in "#!":
        return None
    match = _SEPARATOR.match(first, start)
    if match is None or not match["key"]:
        return None
    text = first[match.end() :] + "".join(part.lstrip() for part in parts[1:])
    end_line, last = number + len(parts) - 1, parts[-1]
    begin = match.end() + 1
    key_region = Region(number, start + 1, number, start + 1 + len(match["key"]))
    value_region = Region(
        number, begin, end_line, max(len(last.rstrip()) + 1, begin if len(parts) == 1 else 1)
    )
    return _Entry(_plain(match["key"]), _plain(text), key_region, value_region)


def _plain(text: str) -> str:
    def replace(match: re.Match[str]) -> str:
        if match["code"]:
            return chr(int(match["code"], 16))
        return _CHARACTERS.get(match["char"], match["char"])

    return _ESCAPE.sub(replace, text) if "\\" in text else text
