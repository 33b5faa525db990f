"""Texts that are changed: lines and offsets, how values are written, and how edits are applied."""

import codecs
import json
from bisect import bisect_right
from collections.abc import Iterable
from typing import Any

from archlint.findings.finding import TextEdit
from archlint.source.location import Region
from archlint.source.patterns import regex
from archlint.source.source import Source, line_starts

_PLAIN = regex(r"[A-Za-z_/$][A-Za-z0-9_/.$+()-]*(?: [A-Za-z0-9_/.$+()-]+)*")
_IN_FLOW = frozenset(",[]{}")


class Lines:
    """Where the lines of *text* begin; `end` is how they end."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = line_starts(text)
        self.end = "\n"
        if len(self._starts) > 1:
            self.end = text[self.end_of_line_before(self._starts[1]) : self._starts[1]]

    def offset(self, line: int, column: int) -> int:
        """Return the offset of a place."""
        return min(self._starts[min(line, len(self._starts)) - 1] + column - 1, len(self._text))

    def region(self, start: int, end: int) -> Region:
        """Return the region from one offset to another."""
        return Region(*self._place(start), *self._place(end))

    def start_of_line(self, offset: int) -> int:
        """Return where the line that holds *offset* begins."""
        return self._starts[bisect_right(self._starts, offset) - 1]

    def next_line(self, offset: int) -> int:
        """Return where the line after the one that holds *offset* begins, or the end of the text."""
        index = bisect_right(self._starts, offset)
        return self._starts[index] if index < len(self._starts) else len(self._text)

    def end_of_line_before(self, start: int) -> int:
        """Return where the text of the line before the one that begins at *start* ends."""
        begins = self._starts[bisect_right(self._starts, start) - 1]
        return max(begins - (2 if self._text[begins - 2 : begins] == "\r\n" else 1), 0)

    def _place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


def rendered(value: Any, *, like: str = "", is_json: bool = False, in_flow: bool = False) -> str:
    """Return *value* as JSON, or as YAML on one line, quoted as what it replaces (*like*) is."""
    if is_json or like.startswith('"'):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        entries = (
            f"{rendered(str(key), in_flow=True)}: {rendered(item, in_flow=True)}"
            for key, item in value.items()
        )
        return f"{{{', '.join(entries)}}}"
    if isinstance(value, list):
        return f"[{', '.join(rendered(item, in_flow=True) for item in value)}]"
    if not isinstance(value, str):
        return json.dumps(value)
    if like.startswith("'") and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    return value if _is_plain(value, in_flow=in_flow) else json.dumps(value, ensure_ascii=False)


def _is_plain(text: str, *, in_flow: bool) -> bool:
    """Tell whether YAML reads *text* without quotes as the same text."""
    import yamlrocks  # noqa: PLC0415

    if (in_flow and _IN_FLOW & set(text)) or ("://" not in text and not _PLAIN.fullmatch(text)):
        return False
    if not text.isprintable() or text != text.strip() or " #" in text or ": " in text or text.endswith(":"):
        return False
    try:
        return bool(
            yamlrocks.loads(f"[{text}]" if in_flow else f"a: {text}") == ([text] if in_flow else {"a": text})
        )
    except (yamlrocks.YAMLRocksError, ValueError):
        return False


def edited(text: str, edits: Iterable[TextEdit]) -> str:
    """Return *text* with *edits* made, which do not overlap."""
    lines = Lines(text)
    parts: list[str] = []
    position = 0
    for edit in sorted(edits, key=lambda edit: edit.region):
        start, end = (
            lines.offset(edit.region.start_line, edit.region.start_column),
            lines.offset(edit.region.end_line, edit.region.end_column),
        )
        parts.extend((text[position:start], edit.text))
        position = end
    return "".join((*parts, text[position:]))


def encoded(text: str, like: Source) -> bytes:
    """Return *text* in the encoding of *like*, with its byte order mark."""
    raw = like.raw
    for mark, codec in _MARKS:
        if raw.startswith(mark):
            return mark + text.encode(codec)
    return text.encode("utf-8")


_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
