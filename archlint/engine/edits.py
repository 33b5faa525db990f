"""From changes of data to the smallest changes of text that make them: comments, order, quoting and line ends stay.

What cannot be said safely in the text as it is written (behind an alias or a merge key, the only entry of a block) is refused rather
than guessed.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from archlint.engine.texts import Lines, rendered
from archlint.findings.finding import Finding, TextEdit, TextFix
from archlint.findings.problem import Edit, Fix
from archlint.source.document import Document, Resolver
from archlint.source.location import Region
from archlint.source.patterns import regex
from archlint.source.pointer import Pointer

type _Places = dict[tuple[Pointer, bool], Region]

_REST_OF_LINE = regex(r"[ \t]*+(?:#[^\r\n]*+)?(?=\r|\n|\Z)")
_LINES_OF_SPACES = regex(r"(?:[ \t]++(?:\r\n|\r|\n))*+")
_DASHES = regex(r"[ ]*(?:-[ ]+)+")
_BLANKS = " \t"


class _Refused(Exception):  # noqa: N818 - says what happened
    """A change that the text, as it is written, does not allow."""


def text_fixes(fixes: Iterable[Fix], resolver: Resolver) -> list[TextFix | None]:
    """Return each of *fixes* as edits of text; `None` for what cannot be said so."""
    wanted = list(fixes)
    by_document: dict[tuple[str, int], list[Edit]] = defaultdict(list)
    for fix in wanted:
        for edit in fix.edits:
            by_document[edit.at.path, edit.at.document].append(edit)
    writers: dict[tuple[str, int], _Writer] = {}
    for (path, index), edits in by_document.items():
        document = next((known for known in resolver.documents(path) if known.index == index), None)
        if document is not None:
            writers[path, index] = _Writer(document, edits)
    return [_as_text(fix, writers) for fix in wanted]


def attach(fixes: Sequence[tuple[Finding, Fix]], resolver: Resolver) -> None:
    """Give each finding its fix as edits of text; one that cannot be said so is no fix."""
    made = text_fixes((fix for _, fix in fixes), resolver)
    for (finding, _), fix in zip(fixes, made, strict=True):
        finding.fix = fix


def _as_text(fix: Fix, writers: "dict[tuple[str, int], _Writer]") -> TextFix | None:
    try:
        edits = tuple(writers[edit.at.path, edit.at.document].text_edit(edit) for edit in fix.edits)
    except (_Refused, KeyError, IndexError, TypeError):
        return None
    return TextFix(fix.title, edits, fix.applicability)


class _Writer:
    """Says changes of one document as changes of its text."""

    def __init__(self, document: Document, edits: Iterable[Edit]) -> None:
        self._document = document
        self._text = document.source.text
        self._lines = Lines(self._text)
        places = {place for edit in edits for place in self._places_for(edit.at.pointer)}
        self._places: _Places = dict(document.locator.locate(places))
        self._is_json = _is_json(self._text)

    def text_edit(self, edit: Edit) -> TextEdit:
        """Return *edit* as a change of text; raise `_Refused`, or a lookup's error where the pointer leads nowhere."""
        pointer = edit.at.pointer
        if edit.kind != "set" and not (pointer and self._is_there(pointer)):
            raise _Refused
        if edit.kind == "rename":
            self._check(pointer)
            start, end = self._span(pointer, on_key=True)
            text = rendered(str(edit.value), like=self._text[start:end], is_json=self._is_json)
        elif edit.kind == "remove":
            self._check(pointer)
            start, end, text = self._removed(pointer)
        elif self._is_there(pointer):
            self._check(pointer)
            start, end, text = self._replaced(pointer, edit.value)
        else:
            self._check(pointer[:-1])
            start, end, text = self._added(pointer, edit.value)
        return TextEdit(self._document.path, self._lines.region(start, end), text)

    def _places_for(self, pointer: Pointer) -> Iterator[tuple[Pointer, bool]]:
        """Yield the places that a change at *pointer* needs: the way down, and the neighbours."""
        for length in range(len(pointer) + 1):
            yield pointer[:length], False
        parent = pointer[:-1]
        try:
            keys = self._keys(parent)
        except _Refused:
            return
        last = pointer[-1] if pointer else None
        near = {*keys[:1], *keys[-1:]}
        if last in keys:
            index = keys.index(last)
            near.update(keys[max(index - 1, 0) : index + 2])
        for key in near:
            yield (*parent, key), False
            yield (*parent, key), True

    def _value(self, pointer: Pointer) -> Any:
        value = self._document.data
        for key in pointer:
            value = value[key]
        return value

    def _is_there(self, pointer: Pointer) -> bool:
        try:
            self._value(pointer)
        except (KeyError, IndexError, TypeError):
            return False
        return True

    def _keys(self, pointer: Pointer) -> list[str | int]:
        try:
            value = self._value(pointer)
        except (KeyError, IndexError, TypeError):
            raise _Refused from None
        if isinstance(value, dict):
            return list(value)
        if isinstance(value, list):
            return list(range(len(value)))
        raise _Refused

    def _span(self, pointer: Pointer, *, on_key: bool = False) -> tuple[int, int]:
        region = self._places[pointer, on_key]
        return self._lines.offset(region.start_line, region.start_column), self._lines.offset(
            region.end_line, region.end_column
        )

    def _check(self, pointer: Pointer) -> None:
        """Refuse what does not stand inside of what holds it: behind an alias or a merge key."""
        outer = (0, len(self._text))
        for length in range(len(pointer) + 1):
            inner = self._span(pointer[:length])
            if not outer[0] <= inner[0] <= inner[1] <= outer[1]:
                raise _Refused
            if length < len(pointer) and self._text[inner[0] : inner[0] + 1] in {"*", "&", "!", "?"}:
                raise _Refused
            outer = inner

    def _opening(self, pointer: Pointer) -> str:
        """Return the bracket that the collection at *pointer* begins with; empty where it is written as a block."""
        first = self._text[self._span(pointer)[0] :][:1]
        return first if first in {"{", "["} else ""

    def _replaced(self, pointer: Pointer, value: Any) -> tuple[int, int, str]:
        start, end = self._span(pointer)
        old = self._value(pointer)
        if isinstance(old, dict | list) and not self._opening(pointer):
            raise _Refused
        if old is None and start == end:
            if self._is_json or not pointer:
                raise _Refused
            space = "" if self._text[start - 1 : start] in {*_BLANKS} else " "
            return start, end, space + rendered(value)
        return start, end, rendered(value, like=self._text[start:end], is_json=self._is_json)

    def _removed(self, pointer: Pointer) -> tuple[int, int, str]:
        parent, key = pointer[:-1], pointer[-1]
        keys = self._keys(parent)
        index = keys.index(key)
        start, end = self._entry(pointer)
        if self._opening(parent):
            if len(keys) == 1:
                first, last = self._span(parent)
                return first + 1, last - 1, ""
            if index + 1 < len(keys):
                return start, self._entry((*parent, keys[index + 1]))[0], ""
            return self._entry((*parent, keys[index - 1]))[1], end, ""
        if len(keys) == 1:
            raise _Refused
        return self._removed_from_block(
            start, end, (*parent, keys[index + 1]) if index + 1 < len(keys) else None
        )

    def _removed_from_block(self, start: int, end: int, following: Pointer | None) -> tuple[int, int, str]:
        line = self._lines.start_of_line(start)
        before = self._text[line:start]
        rest = _REST_OF_LINE.match(self._text, end)
        if rest is None:
            raise _Refused
        if not before.strip(" "):
            if rest.end() == len(self._text):
                return self._lines.end_of_line_before(line), rest.end(), ""
            # A line of spaces behind the entry could become a part of a block scalar before it.
            spaces = _LINES_OF_SPACES.match(self._text, self._lines.next_line(rest.end()))
            return line, spaces.end() if spaces else self._lines.next_line(rest.end()), ""
        if _DASHES.fullmatch(before) and following is not None:
            next_start = self._entry(following)[0]
            if self._text[rest.end() : next_start].strip():
                raise _Refused
            return start, next_start, ""
        raise _Refused

    def _entry(self, pointer: Pointer) -> tuple[int, int]:
        """Return where the entry at *pointer* begins, with its key or its dash, and ends."""
        start, end = self._span(pointer)
        if isinstance(pointer[-1], str):
            start = self._span(pointer, on_key=True)[0]
        elif not self._opening(pointer[:-1]):
            line = self._lines.start_of_line(start)
            before = self._text[line:start]
            if before.strip(" ") != "-":
                raise _Refused
            start = line + before.index("-")
        if end < start:
            raise _Refused
        return start, end

    def _added(self, pointer: Pointer, value: Any) -> tuple[int, int, str]:
        parent, key = pointer[:-1], pointer[-1]
        holder = self._value(parent)
        if not isinstance(holder, dict if isinstance(key, str) else list) or (
            isinstance(key, int) and key != len(holder)
        ):
            raise _Refused
        keys = self._keys(parent)
        if not self._opening(parent):
            return self._added_to_block((*parent, keys[0]), (*parent, keys[-1]), key, value)
        as_json = self._is_json or not keys
        entry = rendered(value, is_json=as_json, in_flow=True)
        if not keys:
            first, last = self._span(parent)
            name = f"{json.dumps(key, ensure_ascii=False)}: " if isinstance(key, str) else ""
            return first + 1, last - 1, name + entry
        if isinstance(key, str):
            first_key = self._text[slice(*self._span((*parent, keys[0]), on_key=True))]
            entry = f"{rendered(key, like=first_key, is_json=self._is_json, in_flow=True)}: {entry}"
        end = self._entry((*parent, keys[-1]))[1]
        return end, end, f",{self._gap(parent, (*parent, keys[-1]))}{entry}"

    def _gap(self, parent: Pointer, last: Pointer) -> str:
        """Return what stands between the entries of a flow collection: a space, or a line end and the indentation."""
        start = self._entry(last)[0]
        line = self._lines.start_of_line(start)
        if line <= self._span(parent)[0] or self._text[line:start].strip():
            before = self._text[start - 1 : start]
            return "" if before == "," else " "
        return self._lines.end + self._text[line:start]

    def _added_to_block(
        self, first: Pointer, last: Pointer, key: str | int, value: Any
    ) -> tuple[int, int, str]:
        start = self._entry(first)[0]
        indent = start - self._lines.start_of_line(start)
        before = self._text[start - indent : start]
        if before.strip(" ") and not _DASHES.fullmatch(before):
            raise _Refused
        rest = _REST_OF_LINE.match(self._text, self._entry(last)[1])
        if rest is None:
            raise _Refused
        if isinstance(key, str):
            first_key = self._text[slice(*self._span(first, on_key=True))]
            name = f"{rendered(key, like=first_key)}: "
        else:
            name = "- "
        return rest.end(), rest.end(), f"{self._lines.end}{' ' * indent}{name}{rendered(value)}"


def _is_json(text: str) -> bool:
    from msgspec import DecodeError  # noqa: PLC0415
    from msgspec import json as decoder  # noqa: PLC0415

    if text.lstrip()[:1] not in {"{", "["}:
        return False
    try:
        decoder.decode(text)
    except (DecodeError, ValueError, RecursionError):
        return False
    return True
