"""Places: where something stands, as a pointer and, once it was looked up, as a region of text."""

from typing import Self

from msgspec import Struct

from archlint.source.pointer import Pointer, format_pointer


class Region(Struct, frozen=True, order=True):
    """A stretch of text: lines and columns count from 1, columns in Unicode code points, the end is exclusive."""

    start_line: int
    start_column: int
    end_line: int
    end_column: int

    @classmethod
    def point(cls, line: int, column: int) -> Self:
        """Return the empty region at *line* and *column*."""
        return cls(line, column, line, column)

    def moved(self, lines: int) -> "Region":
        """Return the region *lines* further down."""
        return Region(self.start_line + lines, self.start_column, self.end_line + lines, self.end_column)


class Location(Struct):
    """A node of a document, or a whole file.

    `path` is relative to the project root, with `/`. `document` counts from 0 in a stream of several.
    `on_key` means the key of the node in its mapping rather than its value. The engine fills in `region`
    (all of a file in one batch, late) and `anchor`, the pointer with list indices replaced by the items' own names.
    """

    path: str
    pointer: Pointer = ()
    document: int = 0
    on_key: bool = False
    region: Region | None = None
    anchor: str = ""

    @property
    def node(self) -> tuple[str, int, Pointer]:
        """What the location points at, as a value that can be a key of a `dict`."""
        return self.path, self.document, self.pointer

    def __str__(self) -> str:
        """Return `path:line:column`, or `path#pointer` while the region is not known."""
        if self.region is None:
            return f"{self.path}#{format_pointer(self.pointer)}"
        return f"{self.path}:{self.region.start_line}:{self.region.start_column}"
