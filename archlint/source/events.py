"""YAML through PyYAML's event stream: exact places of keys and values, and data for texts that yamlrocks refuses.

Only events are used, never constructors. libyaml takes U+0085, U+2028 and U+2029 for line ends, YAML 1.2 does not: they are
replaced by another character before, so that lines count as everywhere else.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

import yaml

from archlint.source.fault import SyntaxFault
from archlint.source.location import Region
from archlint.source.pointer import Pointer
from archlint.source.scalars import key_text, resolve_plain
from archlint.source.source import split_lines

_LINE_ENDS = str.maketrans({"\x85": "\xa0", "\u2028": "\xa0", "\u2029": "\xa0"})
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NODES = frozenset((yaml.ScalarEvent, yaml.AliasEvent, yaml.MappingStartEvent, yaml.SequenceStartEvent))
_MOST_DEPTH = 1_000
_MOST_NODES = 5_000_000

type Place = tuple[Pointer, bool]


def events(text: str) -> Iterator[Any]:
    """Yield PyYAML's events of *text*; raise `SyntaxFault` where it is broken."""
    loader = _LOADER(text.translate(_LINE_ENDS))
    depth = 0
    try:
        while loader.check_event():
            event = loader.get_event()
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > _MOST_DEPTH:
                    raise SyntaxFault(f"nested more than {_MOST_DEPTH} levels deep", _point(event.start_mark))
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            yield event
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise SyntaxFault(
            error.problem or "broken YAML", _point(mark) if mark else Region.point(1, 1)
        ) from None
    except yaml.YAMLError as error:
        position = getattr(error, "position", 0)
        line = text.count("\n", 0, position) + 1
        column = position - (text.rfind("\n", 0, position) + 1) + 1
        raise SyntaxFault("a character that YAML does not allow", Region.point(line, column)) from None
    finally:
        loader.dispose()


class _Want:
    """A node of the tree of wanted places."""

    __slots__ = ("below", "key", "pointer", "value")

    def __init__(self, pointer: Pointer) -> None:
        self.pointer = pointer
        self.key = False
        self.value = False
        self.below: dict[str | int, _Want] = {}


class _Frame:
    """An open collection of the event stream."""

    __slots__ = ("after_key", "count", "is_mapping", "merge", "start", "want")

    def __init__(self, want: "_Want | None", start: Any, *, is_mapping: bool) -> None:
        self.want = want
        self.start = start
        self.is_mapping = is_mapping
        self.after_key = False
        self.count = 0
        self.merge: Region | None = None


def locate_in_events(text: str, index: int, places: Iterable[Place]) -> dict[Place, Region]:
    """Return the regions of *places* in document *index* of *text*.

    What cannot be found gets the region of its merge key, its alias or its nearest ancestor.
    """
    root = _wanted(places)
    found: dict[Place, Region] = {}
    number = -1
    for event in events(text):
        if isinstance(event, yaml.DocumentStartEvent):
            number += 1
            walk = _Walk(root, found, text)
        elif number == index and not isinstance(event, yaml.StreamEndEvent):
            if isinstance(event, yaml.DocumentEndEvent):
                break
            walk.take(event)
    for place in _places_of(root):
        if place not in found:
            found[place] = _nearest(place[0], found)
    return found


class _Walk:
    """Follows the events of one document and notes the regions of wanted nodes."""

    def __init__(self, root: _Want, found: dict[Place, Region], text: str) -> None:
        self._text = text
        self._found = found
        self._frames: list[_Frame] = []
        self._next: _Want | None = root
        self._end: Any = None

    def take(self, event: Any) -> None:
        kind = type(event)
        if kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            self._close(event)
            return
        frame = self._frames[-1] if self._frames else None
        want = self._next
        is_key = False
        if frame is not None:
            if not frame.is_mapping:
                want = frame.want.below.get(frame.count) if frame.want else None
                frame.count += 1
            elif not frame.after_key:
                is_key = True
                want = None
            else:
                frame.after_key = False
        if kind is yaml.ScalarEvent or kind is yaml.AliasEvent:
            self._end = event
            if is_key and frame is not None:
                self._key(frame, event)
            elif want is not None:
                self._value(want, event, frame)
        else:
            self._frames.append(_Frame(want, event.start_mark, is_mapping=kind is yaml.MappingStartEvent))
            if is_key and frame is not None:
                frame.after_key = True
                self._next = None

    def _key(self, frame: _Frame, event: Any) -> None:
        frame.after_key = True
        self._next = None
        if type(event) is not yaml.ScalarEvent:
            return
        if frame.want is None:
            return
        name = event.value if not event.implicit[0] else key_text(resolve_plain(event.value))
        if name == "<<" and event.implicit[0]:
            frame.merge = _region(event.start_mark, event.end_mark)
        want = frame.want.below.get(name)
        self._next = want
        if want is not None:
            self._found[want.pointer, True] = _region(event.start_mark, event.end_mark)

    def _value(self, want: _Want, event: Any, frame: _Frame | None) -> None:
        region = self._span(event)
        self._found[want.pointer, False] = region
        if frame is None or not frame.is_mapping:
            self._found.setdefault((want.pointer, True), region)

    def _span(self, event: Any) -> Region:
        region = _region(event.start_mark, event.end_mark)
        if type(event) is not yaml.ScalarEvent or event.style not in {"|", ">"}:
            return region
        last = region.end_line - (region.end_column == 1)
        while last > region.start_line and not self._lines[last - 1].strip():
            last -= 1
        return Region(region.start_line, region.start_column, last, len(self._lines[last - 1]) + 1)

    @cached_property
    def _lines(self) -> list[str]:
        return split_lines(self._text)

    def _close(self, event: Any) -> None:
        frame = self._frames.pop()
        if event.end_mark.index > event.start_mark.index or self._end is None:
            self._end = event
        want = frame.want
        if want is not None:
            end = self._span(self._end)
            region = Region(frame.start.line + 1, frame.start.column + 1, end.end_line, end.end_column)
            self._found[want.pointer, False] = region
            self._found.setdefault((want.pointer, True), region)
            if frame.merge is not None:
                for below in want.below.values():
                    self._found.setdefault((below.pointer, False), frame.merge)
                    self._found.setdefault((below.pointer, True), frame.merge)


def lines_of_nodes(text: str, lines: frozenset[int]) -> tuple[dict[tuple[int, int], Pointer], list[Region]]:
    """Return the outermost node that starts on each of *lines*, as (document, line) to pointer, and the regions of all scalars there.

    A node starts where its key or its dash stands. Lines count from 1.
    """
    nodes: dict[tuple[int, int], Pointer] = {}
    scalars: list[Region] = []
    number = -1
    frames: list[list[Any]] = []
    event: Any
    for event in events(text):
        kind = type(event)
        if kind is yaml.DocumentStartEvent:
            number += 1
            frames = []
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            frames.pop()
        elif kind in _NODES:
            line = event.start_mark.line + 1
            is_key, name = _step(frames, event)
            if line in lines and (is_key or (frames and not frames[-1][0])):
                pointer = (*(frame[1] for frame in frames[:-1]), name)
                nodes.setdefault((number, line), pointer)
            if kind is yaml.ScalarEvent:
                last = event.end_mark.line + 1
                if any(line <= wanted <= last for wanted in lines):
                    scalars.append(_region(event.start_mark, event.end_mark))
            elif kind is not yaml.AliasEvent:
                frames.append([kind is yaml.MappingStartEvent, None, False])
    return nodes, scalars


def _step(frames: list[list[Any]], event: Any) -> tuple[bool, str | int]:
    if not frames:
        return False, ""
    frame = frames[-1]
    if not frame[0]:
        frame[1] = 0 if frame[1] is None else frame[1] + 1
        return False, frame[1]
    if frame[2]:
        frame[2] = False
        return False, frame[1]
    frame[2] = True
    value = getattr(event, "value", "?")
    frame[1] = key_text(resolve_plain(value)) if getattr(event, "implicit", (False,))[0] else value
    return True, frame[1]


def load_events(text: str) -> list[Any]:
    """Return the data of every document of *text*; raise `SyntaxFault`. Aliases share the anchored value."""
    documents: list[Any] = []
    build = _Build()
    for event in events(text):
        if isinstance(event, yaml.DocumentStartEvent):
            build = _Build()
        elif isinstance(event, yaml.DocumentEndEvent):
            documents.append(build.root)
        elif not isinstance(event, yaml.StreamStartEvent | yaml.StreamEndEvent):
            build.take(event)
    return documents


class _Build:
    """Makes plain data of the events of one document."""

    def __init__(self) -> None:
        self.root: Any = None
        self._open: list[Any] = []
        self._keys: list[Any] = []
        self._anchors: dict[str, Any] = {}
        self._nodes = 0

    def take(self, event: Any) -> None:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            value = resolve_plain(event.value) if event.implicit[0] else event.value
            if event.anchor:
                self._anchors[event.anchor] = value
            self._add(value)
        elif kind is yaml.AliasEvent:
            if event.anchor not in self._anchors:
                raise SyntaxFault(f"there is no anchor `{event.anchor}`", _point(event.start_mark))
            value = self._anchors[event.anchor]
            if any(value is container for container in self._open):
                raise SyntaxFault(f"the alias `{event.anchor}` contains itself", _point(event.start_mark))
            self._nodes += _size(value)
            if self._nodes > _MOST_NODES:
                raise SyntaxFault(
                    "the aliases expand to more than five million nodes", _point(event.start_mark)
                )
            self._add(value)
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            container = self._open.pop()
            if isinstance(container, dict):
                self._keys.pop()
                _merge(container)
            self._add(container)
        else:
            container = {} if kind is yaml.MappingStartEvent else []
            if event.anchor:
                self._anchors[event.anchor] = container
            self._open.append(container)
            if isinstance(container, dict):
                self._keys.append(_NONE)

    def _add(self, value: Any) -> None:
        self._nodes += 1
        if not self._open:
            self.root = value
            return
        container = self._open[-1]
        if isinstance(container, list):
            container.append(value)
        elif self._keys[-1] is _NONE:
            self._keys[-1] = value
        else:
            container[key_text(self._keys[-1])] = value
            self._keys[-1] = _NONE


_NONE = object()


def _merge(mapping: dict[str, Any]) -> None:
    merged = mapping.pop("<<", None)
    for source in merged if isinstance(merged, list) else [merged]:
        if isinstance(source, dict):
            for key, value in source.items():
                mapping.setdefault(key, value)


def _size(value: Any) -> int:
    count, pending, seen = 0, [value], set()
    while pending and count <= _MOST_NODES:
        item = pending.pop()
        count += 1
        if isinstance(item, dict | list) and id(item) not in seen:
            seen.add(id(item))
            pending.extend(item.values() if isinstance(item, dict) else item)
    return count


def _wanted(places: Iterable[Place]) -> _Want:
    root = _Want(())
    for pointer, on_key in places:
        node = root
        for depth, key in enumerate(pointer):
            if key not in node.below:
                node.below[key] = _Want(pointer[: depth + 1])
            node = node.below[key]
        if on_key:
            node.key = True
        else:
            node.value = True
    return root


def _places_of(root: _Want) -> Iterator[Place]:
    pending = [root]
    while pending:
        node = pending.pop()
        if node.key:
            yield node.pointer, True
        if node.value:
            yield node.pointer, False
        pending.extend(node.below.values())


def _nearest(pointer: Pointer, found: Mapping[Place, Region]) -> Region:
    for length in range(len(pointer), -1, -1):
        for on_key in (False, True):
            region = found.get((pointer[:length], on_key))
            if region is not None:
                return region
    return Region.point(1, 1)


def _region(start: Any, end: Any) -> Region:
    return Region(start.line + 1, start.column + 1, end.line + 1, end.column + 1)


def _point(mark: Any) -> Region:
    return Region.point(mark.line + 1, mark.column + 1)
