"""Where in a manifest the settings stand that a file inside of it holds."""

import re
from collections import defaultdict
from typing import Any

from archlint.api import Location, Region, regex
from archlint.formats.kubernetes.files import NGINX
from archlint.formats.kubernetes.views import Manifest

_ENTRY = regex(r"\s*(?:-\s+)?[\"']?(?P<path>[^\s:=\"']+)[\"']?\s*[:=](?P<value>.*)")
_INDEX = regex(r"\[\d+\]\Z")
_MOST_ALIKE = 50


class BlockLines:
    """The lines of a text in a block of *manifest*: a setting is found by its key and value, where these stand there once."""

    def __init__(self, manifest: Manifest, at: Location) -> None:
        self._at = at
        self._found: dict[str, list[tuple[int, re.Match[str]]]] = defaultdict(list)
        self._lines: list[tuple[int, str]] = []
        document = manifest.document
        if at.region is not None or (at.path, at.document) != (document.path, document.index):
            return
        place = document.locator.locate([(at.pointer, False)]).get((at.pointer, False))
        if place is None or place.end_line == place.start_line:
            return
        lines = document.source.lines[place.start_line - 1 : place.end_line]
        self._lines = list(enumerate(lines, place.start_line))
        for number, line in self._lines:
            match = _ENTRY.match(line)
            if match is not None:
                self._found[match["path"].rpartition(".")[2]].append((number, match))

    def place(self, key: str, value: Any) -> Location:
        """Return where *key*, with dots, has *value*; the whole text where that cannot be told."""
        if key == NGINX:
            return self._first(key, str(value))
        last = _INDEX.sub("", key).rpartition(".")[2]
        alike = self._found.get(last, [])
        text = str(value)
        fitting = (
            [(number, match) for number, match in alike if text and text in match["value"]]
            if len(alike) <= _MOST_ALIKE
            else []
        )
        if len(fitting) != 1:
            return self._at
        number, match = fitting[0]
        return self._at_text(key, text, number, match.start("value") + 1 + match["value"].index(text))

    def _first(self, key: str, text: str) -> Location:
        """Return where *text* stands first."""
        found = next(((number, line) for number, line in self._lines if text in line), None)
        return self._at_text(key, text, found[0], found[1].index(text) + 1) if found else self._at

    def _at_text(self, key: str, text: str, number: int, start: int) -> Location:
        region = Region(number, start, number, start + len(text))
        name = f"{key}.{text}" if key == NGINX else key
        anchor = "".join(f"/{part}" for part in (*self._at.pointer, name))
        return Location(self._at.path, self._at.pointer, self._at.document, region=region, anchor=anchor)
