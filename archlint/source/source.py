"""A file's path and bytes, and its text on demand."""

import re
from functools import cached_property
from itertools import accumulate

from archlint.source.patterns import regex


class Source:
    """A file of the project.

    `path` is relative to the project root, with `/`; `raw` is the content. The text is decoded on demand: UTF-8 or
    UTF-16/32 by byte order mark, which does not belong to the text.
    """

    def __init__(self, path: str, raw: bytes) -> None:
        self.path = path
        self.raw = raw

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    @cached_property
    def encoding(self) -> str:
        """The codec of the text, by byte order mark: `utf-8` when there is none."""
        for mark, codec in _MARKS:
            if self.raw.startswith(mark):
                return codec
        return "utf-8"

    @cached_property
    def text(self) -> str:
        """The decoded text without a byte order mark; raises `UnicodeDecodeError`."""
        return self.raw.decode(self.encoding)

    @cached_property
    def lines(self) -> list[str]:
        """The lines without their ends; only CR, LF and CRLF end a line, and undecodable bytes become U+FFFD."""
        return split_lines(self.raw.decode(self.encoding, "replace"))


def split_lines(text: str) -> list[str]:
    """Return the lines of *text* without their ends; only CR, LF and CRLF end a line."""
    return re.split(r"\r\n|\r|\n", text)


def line_starts(text: str) -> list[int]:
    """Return the offsets at which the lines of *text* begin."""
    if "\r" in text:
        return [0, *(match.end() for match in _LINE_END.finditer(text))]
    return list(accumulate((len(line) + 1 for line in text.split("\n")[:-1]), initial=0))


_LINE_END = regex(r"\r\n|\r|\n")
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
