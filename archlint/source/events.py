"""YAML through PyYAML's event stream: data for texts that yamlrocks refuses.

Only events are used, never constructors. libyaml takes U+0085, U+2028 and U+2029 for line ends, YAML 1.2 does not: they are
replaced by characters for private use before, so that lines count as everywhere else, and put back into the values.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from archlint.source.fault import SyntaxFault
from archlint.source.location import Region
from archlint.source.patterns import regex
from archlint.source.scalars import key_text, resolve_plain

MOST_DEPTH = 1_000
"""Deeper nesting is refused."""

_LINE_ENDS = str.maketrans("\x85\u2028\u2029", "\ue985\ue928\ue929")
_BACK = str.maketrans("\ue985\ue928\ue929", "\x85\u2028\u2029")
_LINE_END = regex("[\x85\u2028\u2029]")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MOST_ALIASED = 1_000_000


def event_source(text: str) -> Any:
    """Return the loader whose `get_event` gives the events of *text*; what it raises is for `fault_of`."""
    return _LOADER(_without_line_ends(text))


def value_of(event: Any) -> Any:
    """Return the value of a scalar event."""
    text = event.value if event.value.isascii() else event.value.translate(_BACK)
    return resolve_plain(text) if event.implicit[0] else text


def fault_of(error: yaml.YAMLError, text: str) -> SyntaxFault:
    """Return what PyYAML says of *text* as a fault."""
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        return SyntaxFault(error.problem or "broken YAML", point(mark) if mark else Region.point(1, 1))
    position = getattr(error, "position", 0)
    line = text.count("\n", 0, position) + 1
    return SyntaxFault(
        "a character that YAML does not allow", Region.point(line, position - text.rfind("\n", 0, position))
    )


def events(text: str) -> Iterator[Any]:
    """Yield PyYAML's events of *text*; raise `SyntaxFault` where it is broken."""
    depth = 0
    try:
        loader = event_source(text)
        while type(event := loader.get_event()) is not yaml.StreamEndEvent:
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > MOST_DEPTH:
                    raise too_deep(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            yield event
    except yaml.YAMLError as error:
        raise fault_of(error, text) from error


def too_deep(event: Any) -> SyntaxFault:
    """Return the fault of nesting beyond all bounds."""
    return SyntaxFault(f"nested more than {MOST_DEPTH} levels deep", point(event.start_mark))


def unclosed(text: str) -> Region | None:
    """Return where the innermost bracket that is never closed stands."""
    stack = []
    try:
        for token in yaml.scan(_without_line_ends(text), Loader=_LOADER):
            if isinstance(token, yaml.FlowSequenceStartToken | yaml.FlowMappingStartToken):
                stack.append(token)
            elif stack and isinstance(token, yaml.FlowSequenceEndToken | yaml.FlowMappingEndToken):
                stack.pop()
    except yaml.YAMLError:
        return None
    return span(stack[-1].start_mark, stack[-1].end_mark) if stack else None


def _without_line_ends(text: str) -> str:
    return text.translate(_LINE_ENDS) if _LINE_END.search(text) else text


@dataclass(frozen=True, slots=True)
class Repeated:
    """A key that stands in its mapping for a second time."""

    document: int
    key: str
    region: Region


def load_events(text: str) -> tuple[list[Any], list[Repeated]]:
    """Return the data of every document of *text*, and the repeated keys; raise `SyntaxFault`.

    Aliases share the anchored value. The last of equal keys counts.
    """
    documents: list[Any] = []
    repeated: list[Repeated] = []
    build = _Build(0, repeated)
    for event in events(text):
        kind = type(event)
        if kind is yaml.DocumentStartEvent:
            build = _Build(len(documents), repeated)
        elif kind is yaml.DocumentEndEvent:
            documents.append(build.root)
        elif kind is not yaml.StreamStartEvent:
            build.take(event)
    return documents, repeated


class _Open:
    """A collection that is being read."""

    __slots__ = ("anchor", "data", "key", "merged", "size", "templated")

    def __init__(self, data: Any, anchor: str | None) -> None:
        self.data = data
        self.anchor = anchor
        self.key: Any = _NONE
        self.merged: list[Any] = []
        self.size = 1
        self.templated = False


class _Build:
    """Makes plain data of the events of one document."""

    def __init__(self, number: int, repeated: list[Repeated]) -> None:
        self.root: Any = None
        self._number = number
        self._repeated = repeated
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._aliased = 0

    def take(self, event: Any) -> None:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            value = value_of(event)
            if event.anchor:
                self._anchors[event.anchor] = (value, 1)
            self._add(value, 1, event)
        elif kind is yaml.AliasEvent:
            value, size = self._alias(event)
            self._add(value, size, event)
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            done = self._stack.pop()
            data = _finished(done)
            if done.anchor:
                self._anchors[done.anchor] = (data, done.size)
            self._add(data, done.size, event)
        else:
            data = {} if kind is yaml.MappingStartEvent else []
            if event.anchor:
                self._anchors[event.anchor] = (data, 0)
            self._stack.append(_Open(data, event.anchor))

    def _alias(self, event: Any) -> tuple[Any, int]:
        value, size = self._anchors.get(event.anchor, (_NONE, 0))
        if value is _NONE:
            raise SyntaxFault(f"there is no anchor `{event.anchor}`", point(event.start_mark))
        if not size:
            raise SyntaxFault(f"the alias `{event.anchor}` contains itself", point(event.start_mark))
        self._aliased += size
        if self._aliased > _MOST_ALIASED:
            raise SyntaxFault("the aliases expand to more than a million nodes", point(event.start_mark))
        return value, size

    def _add(self, value: Any, size: int, event: Any) -> None:
        if not self._stack:
            self.root = value
            return
        top = self._stack[-1]
        top.size += size
        if isinstance(top.data, list):
            top.data.append(value)
        elif top.key is _NONE:
            top.key = _MERGE if value == "<<" and _is_plain(event) else value
            top.templated = not top.data and _is_template(value, event)
            name = template_text(value) if top.templated else key_text(value)
            if top.key is not _MERGE:
                if name in top.data:
                    self._repeated.append(
                        Repeated(self._number, name, span(event.start_mark, event.end_mark))
                    )
                top.key = name
        else:
            if top.key is _MERGE:
                top.merged.extend([value] if value is not None else [])
            else:
                top.data[top.key] = value
            top.templated = top.templated and value is None
            top.key = _NONE


_NONE = object()
_MERGE = object()


def _is_plain(event: Any) -> bool:
    return type(event) is yaml.ScalarEvent and event.implicit[0]


def _finished(done: _Open) -> Any:
    if done.templated and len(done.data) == 1:
        return next(iter(done.data))
    for merged in done.merged:
        sources = merged if isinstance(merged, list) else [merged]
        if all(isinstance(source, dict) for source in sources):
            for source in sources:
                for key, value in source.items():
                    done.data.setdefault(key, value)
        else:
            done.data["<<"] = merged
    return done.data


def _is_template(key: Any, end: Any) -> bool:
    """Tell whether *key*, a value that ends with the event *end*, stands between the outer braces of `{{ name }}`."""
    return (
        isinstance(key, dict)
        and len(key) == 1
        and next(iter(key.values())) is None
        and end.end_mark.column > end.start_mark.column
    )


def template_text(key: Any) -> str:
    """Return the text of `{{ name }}`, of which YAML makes a mapping with the mapping *key* as its only key."""
    return f"{{{{ {next(iter(key))} }}}}"


def span(start: Any, end: Any) -> Region:
    """Return the region between two of PyYAML's marks."""
    return Region(start.line + 1, start.column + 1, end.line + 1, end.column + 1)


def point(mark: Any) -> Region:
    """Return the empty region at one of PyYAML's marks."""
    return Region.point(mark.line + 1, mark.column + 1)
