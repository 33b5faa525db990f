"""Places behind aliases and merge keys: a tree of one YAML document, built only where something is wanted there."""

from collections.abc import Iterable
from typing import Any

import yaml

from archlint.source.events import events, span
from archlint.source.fault import SyntaxFault
from archlint.source.location import Region
from archlint.source.yaml_places import Place, key_of, scalar_span


def locate_in_tree(text: str, index: int, places: Iterable[Place]) -> dict[Place, Region]:
    """Return the regions of *places*, or of their nearest ancestors, in document *index* of *text*."""
    root = _tree(text, index)
    if root is None:
        return {}
    return {place: _find(root, place) for place in places}


class _Node:
    """A value; `items` are its members with the regions of their keys, `target` is what an alias stands for."""

    __slots__ = ("items", "merged", "region", "target")

    def __init__(self, region: Region) -> None:
        self.region = region
        self.items: dict[str | int, tuple[Region, _Node]] = {}
        self.merged: list[_Node] = []
        self.target: _Node | None = None


def _tree(text: str, index: int) -> _Node | None:
    number = -1
    build = _Build(text)
    try:
        for event in events(text):
            kind = type(event)
            if kind is yaml.DocumentStartEvent:
                number += 1
            elif kind is yaml.DocumentEndEvent and number == index:
                break
            elif number == index:
                build.take(event)
    except SyntaxFault:
        return None
    return build.root


class _Build:
    def __init__(self, text: str) -> None:
        self.root: _Node | None = None
        self._text = text
        self._stack: list[tuple[_Node, bool, list[Any]]] = []
        self._anchors: dict[str, _Node] = {}
        self._last = Region.point(1, 1)

    def take(self, event: Any) -> None:
        kind = type(event)
        if kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            node = self._stack.pop()[0]
            if event.end_mark.column != event.start_mark.column:
                self._last = span(event.start_mark, event.end_mark)
            start = node.region
            node.region = Region(
                start.start_line, start.start_column, self._last.end_line, self._last.end_column
            )
            return
        is_scalar = kind is yaml.ScalarEvent or kind is yaml.AliasEvent
        node = _Node(scalar_span(event, self._text) if is_scalar else span(event.start_mark, event.end_mark))
        if is_scalar:
            self._last = node.region
        if kind is yaml.AliasEvent:
            node.target = self._anchors.get(event.anchor)
        elif event.anchor:
            self._anchors[event.anchor] = node
        self._add(node, event)
        if not is_scalar:
            self._stack.append((node, kind is yaml.MappingStartEvent, []))

    def _add(self, node: _Node, event: Any) -> None:
        if not self._stack:
            self.root = node
            return
        parent, is_mapping, key = self._stack[-1]
        if not is_mapping:
            parent.items[len(parent.items)] = (node.region, node)
        elif not key:
            key.extend((event, node.region))
        else:
            name, region = key
            key.clear()
            if type(name) is not yaml.ScalarEvent:
                return
            if name.value == "<<" and name.implicit[0]:
                parent.merged.append(node)
            else:
                parent.items[key_of(name)] = (region, node)


def _find(root: _Node, place: Place) -> Region:
    pointer, on_key = place
    region, node = root.region, root
    for key in pointer:
        member = _member(node, key)
        if member is None:
            return node.region
        region, node = member
    return region if on_key and pointer and isinstance(pointer[-1], str) else node.region


def _member(node: _Node, key: str | int) -> tuple[Region, _Node] | None:
    """Return what stands at *key*: in the mapping itself, or in what is merged into it, the first first."""
    pending = [node]
    seen: set[int] = set()
    while pending:
        one = pending.pop()
        while one.target is not None and id(one) not in seen:
            seen.add(id(one))
            one = one.target
        if id(one) in seen:
            continue
        seen.add(id(one))
        if key in one.items:
            return one.items[key]
        for merged in reversed(one.merged):
            source = merged.target or merged
            listed = [item for _, item in source.items.values()] if 0 in source.items else [source]
            pending.extend(reversed(listed))
    return None
