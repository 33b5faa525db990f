"""Exact places in YAML texts, from PyYAML's event stream: what nobody asked for is skipped."""

from collections.abc import Iterable, Iterator
from typing import Any

import yaml

from archlint.source.events import event_source, span, value_of
from archlint.source.location import Region
from archlint.source.pointer import Pointer
from archlint.source.scalars import key_text

type Place = tuple[Pointer, bool]

_SPACE = " \t\r\n"
_BEFORE_NOTHING = ":-?"


_LARGE = 100_000
_MOST_WINDOWS = 2_000


def locate_in_yaml(
    text: str, index: int, places: Iterable[Place], *, strict: bool = False
) -> dict[Place, Region]:
    """Return the regions of *places* in document *index* of *text*; *strict* tells that yamlrocks accepts the text.

    What stands behind an alias or a merge key is found where the anchored node is written. What cannot be found gets the
    region of its nearest ancestor.
    """
    wanted = list(places)
    if (
        strict
        and not index
        and len(text) > _LARGE
        and sum(not on_key for _, on_key in wanted) < _MOST_WINDOWS
    ):
        from archlint.source.yaml_windows import locate_in_windows  # noqa: PLC0415

        windows = locate_in_windows(text, wanted)
        if windows is not None:
            return {place: windows[place] for place in wanted}
    scan = Scan(text, index, trie(wanted))
    scan.run()
    found = scan.found
    missing = [place for place in wanted if place not in found]
    if missing and scan.indirect:
        from archlint.source.yaml_tree import locate_in_tree  # noqa: PLC0415

        found.update(locate_in_tree(text, index, missing))
    elif missing and scan.broken:
        found.update(_roughly(text, index, missing))
    last = _end_of(text)
    return {place: _clamped(found.get(place) or _nearest(place[0], found), last) for place in wanted}


def _end_of(text: str) -> tuple[int, int]:
    line = text.count("\n") + text.count("\r") - text.count("\r\n") + 1
    return line, len(text) - max(text.rfind("\n"), text.rfind("\r"))


def _clamped(region: Region, last: tuple[int, int]) -> Region:
    """Return *region* within the text, of whose end libyaml thinks that a line follows."""
    if region.end_line <= last[0]:
        return region
    start = min((region.start_line, region.start_column), last)
    return Region(*start, *last)


def key_of(event: Any) -> str:
    """Return the text of the key that a scalar event gives."""
    return key_text(value_of(event))


def scalar_span(event: Any, text: str) -> Region:
    """Return the region of a scalar or alias; a block scalar ends with its last line that is not empty."""
    region = span(event.start_mark, event.end_mark)
    if getattr(event, "style", None) not in {"|", ">"}:
        return region
    start, mark = event.start_mark.index, event.end_mark.index
    end = mark
    while end > start + 1 and text[end - 1] in _SPACE:
        end -= 1
    tail = text[end:mark]
    line = region.end_line - tail.count("\n") - tail.count("\r") + tail.count("\r\n")
    if line == region.start_line:
        return Region(region.start_line, region.start_column, line, region.start_column + end - start)
    before = max(text.rfind("\n", start, end), text.rfind("\r", start, end))
    return Region(region.start_line, region.start_column, line, end - before)


class Want:
    """A node of the tree of wanted places."""

    __slots__ = ("below", "pointer")

    def __init__(self, pointer: Pointer) -> None:
        self.pointer = pointer
        self.below: dict[str | int, Want] = {}


def trie(places: Iterable[Place]) -> Want:
    """Return the tree of all nodes on the way to *places*."""
    root = Want(())
    for pointer, _ in places:
        node = root
        for depth, key in enumerate(pointer):
            if key not in node.below:
                node.below[key] = Want(pointer[: depth + 1])
            node = node.below[key]
    return root


class _Frame:
    """An open collection below which something is wanted."""

    __slots__ = ("count", "is_mapping", "merges", "next", "start", "want")

    def __init__(self, want: Want, event: Any) -> None:
        self.want = want
        self.start = event.start_mark
        self.is_mapping = type(event) is yaml.MappingStartEvent
        self.count = 0
        self.merges = False
        self.next: Want | None = None


class Scan:
    """Follows the events of one document and notes the regions of wanted nodes.

    `indirect` tells that an alias or a merge key stands where something is wanted, `broken` that libyaml gave up.
    """

    def __init__(self, text: str, index: int, root: Want) -> None:
        self.found: dict[Place, Region] = {}
        self.indirect = False
        self.broken = False
        self._text = text
        self._index = index
        self._root = root
        self._frames: list[_Frame] = []
        self._last: Any = None
        self._before: Any = None

    def run(self) -> None:
        """Read the document."""
        try:
            self._get = event_source(self._text).get_event
            if self._enter():
                while self._take(self._get()):
                    pass
        except yaml.YAMLError:
            self.broken = True

    def _enter(self) -> bool:
        number = -1
        while number < self._index:
            kind = type(self._get())
            if kind is yaml.StreamEndEvent:
                return False
            number += kind is yaml.DocumentStartEvent
        return True

    def _take(self, event: Any) -> bool:
        kind = type(event)
        if kind is yaml.ScalarEvent or kind is yaml.AliasEvent:
            self._before, self._last = self._last, event
            frame = self._frames[-1] if self._frames else None
            if frame is not None and frame.is_mapping and not frame.count & 1:
                frame.count += 1
                self._key(frame, event)
                return True
            want = self._next(frame)
            if want is not None:
                self._note(
                    want,
                    frame,
                    self._end(event) if kind is yaml.ScalarEvent else scalar_span(event, self._text),
                )
                self.indirect |= kind is yaml.AliasEvent and bool(want.below)
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            frame = self._frames[-1] if self._frames else None
            is_key = frame is not None and frame.is_mapping and not frame.count & 1
            want = self._next(frame)
            if want is None or is_key or not want.below:
                self._skip(None if is_key else want, frame, event)
            else:
                self._frames.append(_Frame(want, event))
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            self._close(event)
        else:
            return False
        return True

    def _next(self, frame: _Frame | None) -> Want | None:
        """Return what is wanted of the node that comes next, and count it."""
        if frame is None:
            return self._root
        frame.count += 1
        if frame.is_mapping:
            want, frame.next = frame.next, None
            return want
        return frame.want.below.get(frame.count - 1)

    def _key(self, frame: _Frame, event: Any) -> None:
        frame.next = None
        if type(event) is not yaml.ScalarEvent:
            return
        if event.value == "<<" and event.implicit[0]:
            frame.merges = True
        frame.next = frame.want.below.get(key_of(event))
        if frame.next is not None:
            self.found[frame.next.pointer, True] = span(event.start_mark, event.end_mark)

    def _skip(self, want: Want | None, frame: _Frame | None, start: Any) -> None:
        """Read the collection that *start* opens to its end."""
        get, depth = self._get, 1
        last, before = self._last, self._before
        scalar, alias = yaml.ScalarEvent, yaml.AliasEvent
        starts = (yaml.MappingStartEvent, yaml.SequenceStartEvent)
        while depth:
            event = get()
            kind = type(event)
            if kind is scalar or kind is alias:
                before, last = last, event
            elif kind in starts:
                depth += 1
            else:
                depth -= 1
                if event.end_mark.column != event.start_mark.column:
                    before, last = last, event
        self._last, self._before = last, before
        if want is not None:
            self._note_collection(want, frame, start.start_mark)

    def _close(self, event: Any) -> None:
        frame = self._frames.pop()
        if event.end_mark.column != event.start_mark.column:
            self._before, self._last = self._last, event
        outer = self._frames[-1] if self._frames else None
        self._note_collection(frame.want, outer, frame.start)
        if frame.merges and any(
            (below.pointer, False) not in self.found for below in frame.want.below.values()
        ):
            self.indirect = True

    def _note_collection(self, want: Want, frame: _Frame | None, start: Any) -> None:
        first = (start.line + 1, start.column + 1)
        end = self._end(self._last)
        self._note(want, frame, Region(*first, *max(first, (end.end_line, end.end_column))))

    def _note(self, want: Want, frame: _Frame | None, region: Region) -> None:
        self.found[want.pointer, False] = region
        if frame is None or not frame.is_mapping:
            self.found[want.pointer, True] = region

    def _end(self, event: Any) -> Region:
        """Return the region of *event*; nothing that libyaml places at the next token ends with what is before it."""
        mark = event.start_mark
        before = self._before
        is_empty = mark.index == event.end_mark.index
        if before is not None and is_empty and self._text[mark.index - 1 : mark.index] not in _BEFORE_NOTHING:
            region = scalar_span(before, self._text)
            return Region.point(region.end_line, region.end_column)
        return scalar_span(event, self._text)


def _nearest(pointer: Pointer, found: dict[Place, Region]) -> Region:
    for length in range(len(pointer), -1, -1):
        for on_key in (False, True):
            region = found.get((pointer[:length], on_key))
            if region is not None:
                return region
    return Region.point(1, 1)


def _roughly(text: str, index: int, places: list[Place]) -> Iterator[tuple[Place, Region]]:
    """Yield regions by yamlrocks' tree, for texts that libyaml refuses: starts are exact, keys are not known."""
    import yamlrocks  # noqa: PLC0415

    try:
        tree = yamlrocks.loads_all(text, option=yamlrocks.OPT_ROUND_TRIP)[index]
        for place in places:
            node = tree.locate(place[0])
            if node is not None:
                line, column, *end = node.range()
                yield place, Region(line, column, *max((line, column), tuple(end)))
    except (yamlrocks.YAMLRocksError, IndexError, ValueError):
        return
