"""Where in a manifest the settings stand that a file inside of it holds."""

import re
from collections import defaultdict
from typing import Any

from archlint.api import Location, Region, regex
from archlint.formats.kubernetes.views import Manifest

_ENTRY = regex(r"\s*(?:-\s+)?[\"']?(?P<path>[^\s:=\"']+)[\"']?\s*[:=](?P<value>.*)")
_INDEX = regex(r"\[\d+\]\Z")
_MOST_ALIKE = 50


class BlockLines:
    """The lines of a text in a block of *manifest*: a setting is found by its key and value, where these stand there once."""

    def __init__(self, manifest: Manifest, at: Location) -> None:
        self._at = at
        self._found: dict[str, list[tuple[int, re.Match[str]]]] = defaultdict(list)
        document = manifest.document
        if at.region is not None or (at.path, at.document) != (document.path, document.index):
            return
        place = document.locator.locate([(at.pointer, False)]).get((at.pointer, False))
        if place is None or place.end_line == place.start_line:
            return
        lines = document.source.lines[place.start_line - 1 : place.end_line]
        for number, line in enumerate(lines, place.start_line):
            match = _ENTRY.match(line)
            if match is not None:
                self._found[match["path"].rpartition(".")[2]].append((number, match))

    def place(self, key: str, value: Any) -> Location:
        """Return where *key*, with dots, has *value*; the whole text where that cannot be told."""
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
        start = match.start("value") + 1 + match["value"].index(text)
        region = Region(number, start, number, start + len(text))
        anchor = "".join(f"/{part}" for part in (*self._at.pointer, key))
        return Location(self._at.path, self._at.pointer, self._at.document, region=region, anchor=anchor)
