"""Which node starts on a line of a YAML text, and whether a place lies inside a scalar."""

from bisect import bisect_left, bisect_right
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import yaml

from archlint.source.events import events, span
from archlint.source.fault import SyntaxFault
from archlint.source.location import Region
from archlint.source.pointer import Pointer
from archlint.source.yaml_places import key_of

_NODES = frozenset((yaml.ScalarEvent, yaml.AliasEvent, yaml.MappingStartEvent, yaml.SequenceStartEvent))


@dataclass(slots=True)
class Lines:
    """What stands on some lines: the outermost node that starts there, by line, and all scalars there."""

    nodes: dict[int, tuple[int, Pointer]] = field(default_factory=dict)
    scalars: list[Region] = field(default_factory=list)

    def in_scalar(self, line: int, column: int) -> bool:
        """Tell whether the place lies inside a scalar."""
        after = bisect_right(self.scalars, (line, column), key=_start)
        if not after:
            return False
        region = self.scalars[after - 1]
        return (line, column) < (region.end_line, region.end_column)


def lines_of_nodes(text: str, lines: frozenset[int]) -> Lines:
    """Return what stands on *lines*, up to where the text is broken.

    A node starts where its key or its dash stands, and is given as document and pointer.
    """
    result = Lines()
    with suppress(SyntaxFault):
        _read(text, lines, result)
    return result


def _read(text: str, lines: frozenset[int], result: Lines) -> None:
    ordered = sorted(lines)
    number = -1
    frames: list[_Frame] = []
    for event in events(text):
        kind = type(event)
        if kind is yaml.DocumentStartEvent:
            number += 1
            frames = []
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            frames.pop()
        elif kind in _NODES:
            line = event.start_mark.line + 1
            starts = _step(frames, event)
            if starts and line in lines and line not in result.nodes:
                result.nodes[line] = (number, tuple(frame.name for frame in frames))
            if kind is yaml.ScalarEvent:
                if (after := bisect_left(ordered, line)) < len(ordered) and ordered[
                    after
                ] <= event.end_mark.line + 1:
                    result.scalars.append(_inner(event))
            elif kind is not yaml.AliasEvent:
                frames.append(_Frame(is_mapping=kind is yaml.MappingStartEvent))


def _start(region: Region) -> tuple[int, int]:
    return region.start_line, region.start_column


class _Frame:
    """An open collection: the key or index of the member that is being read."""

    __slots__ = ("after_key", "is_mapping", "name")

    def __init__(self, *, is_mapping: bool) -> None:
        self.is_mapping = is_mapping
        self.after_key = False
        self.name: str | int = "" if is_mapping else -1


def _step(frames: list[_Frame], event: Any) -> bool:
    """Count *event* as a member of the innermost collection; tell whether a member starts with it."""
    if not frames:
        return False
    frame = frames[-1]
    if isinstance(frame.name, int):
        frame.name += 1
        return True
    frame.after_key = not frame.after_key
    if frame.after_key:
        frame.name = key_of(event) if type(event) is yaml.ScalarEvent else "?"
    return frame.after_key


def _inner(event: Any) -> Region:
    """Return the region of a scalar without the header of a block scalar, after which a comment may stand."""
    region = span(event.start_mark, event.end_mark)
    if event.style in {"|", ">"}:
        return Region(region.start_line + 1, 1, region.end_line, region.end_column)
    return region
