"""Places inside of a document that another one holds as the text of a literal block (`envoy.yaml: |` in a ConfigMap)."""

from collections.abc import Iterable, Mapping
from typing import Any

from archlint.api import Document, Pointer, Region
from archlint.formats.kubernetes.placed import PlacedDocument

type Place = tuple[Pointer, bool]


def look_inside(outer: Document, pointer: Pointer, inner: Document) -> None:
    """Let places of *outer* below *pointer*, where the text of *inner* stands, be found in that text.

    Only where the text is a literal block that is read as it is written; elsewhere they are that of the whole text.
    """
    if isinstance(outer, PlacedDocument):
        origin, rest = outer.origin_of(pointer)
        if origin.inner is None and origin.region is None and origin.document is not outer:
            look_inside(origin.document, (*origin.pointer, *rest), inner)
        return
    found: dict[Pointer, _Shifted] = outer.memo.setdefault("inner places", {})
    if pointer in found:
        return
    block = outer.locator.locate([(pointer, False)]).get((pointer, False))
    if block is None:
        return
    indent = _indent(outer.source.lines, block, inner.source.lines)
    if indent is None:
        return
    if not found:
        outer.locator = _Locator(outer.locator, found)
    found[pointer] = _Shifted(inner.locator, block.start_line, indent)


def _indent(lines: list[str], block: Region, text: list[str]) -> int | None:
    """Return by how many columns *text* is indented below the head of *block*; `None` where it does not stand there so."""
    head = lines[block.start_line - 1 : block.start_line]
    if not head or not head[0][block.start_column - 1 :].startswith("|"):
        return None
    below = lines[block.start_line : block.start_line + len(text)]
    first = next((index for index, line in enumerate(text) if line.strip()), len(text))
    if first >= min(len(text), len(below)) or not below[first].endswith(text[first]):
        return None
    return len(below[first]) - len(text[first])


class _Shifted:
    """The locator of a text that begins one line below *line*, indented by *columns*."""

    def __init__(self, locator: Any, line: int, columns: int) -> None:
        self._locator = locator
        self._line = line
        self._columns = columns

    def locate(self, places: Iterable[Place]) -> Mapping[Place, Region]:
        return {
            place: Region(
                region.start_line + self._line,
                region.start_column + self._columns,
                region.end_line + self._line,
                region.end_column + self._columns,
            )
            for place, region in self._locator.locate(places).items()
        }


class _Locator:
    """Finds places in a document, and in the texts that it holds."""

    def __init__(self, locator: Any, inner: Mapping[Pointer, _Shifted]) -> None:
        self._locator = locator
        self._inner = inner

    def locate(self, places: Iterable[Place]) -> Mapping[Place, Region]:
        """Return the regions of *places*, each asked of the text that it stands in."""
        own: list[Place] = []
        groups: dict[Pointer, list[Place]] = {}
        for pointer, on_key in places:
            held = next(
                (one for one in self._inner if len(one) < len(pointer) and pointer[: len(one)] == one), None
            )
            if held is None:
                own.append((pointer, on_key))
            else:
                groups.setdefault(held, []).append((pointer[len(held) :], on_key))
        found = dict(self._locator.locate(own))
        for held, asked in groups.items():
            for (pointer, on_key), region in self._inner[held].locate(asked).items():
                found[(*held, *pointer), on_key] = region
        return found
