"""From text to plain data: JSON through msgspec, YAML 1.2 through yamlrocks, PyYAML's events as second opinion."""

import gc
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from archlint.source.document import Document
from archlint.source.fault import SyntaxFault
from archlint.source.location import Region
from archlint.source.pointer import Pointer
from archlint.source.scalars import key_text
from archlint.source.source import Source

_LEAST_PARTS = 2
_TEMPLATE = re.compile(rb"\{\{[-\s]*[^{}\n]+\}\}|\{%")
_BOUNDARY = re.compile(r"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
_PLACE = re.compile(r"(?: at|,)? line (\d+),? column (\d+)")
_INDEX = re.compile(r"(?:index|byte) (\d+)")


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a text holds: its documents, and what is broken in it. Both can be there."""

    documents: tuple[Document, ...]
    faults: tuple[SyntaxFault, ...] = ()


def parse(source: Source) -> Parsed:
    """Parse *source* as JSON or as a stream of YAML documents; never raises for what the text says."""
    try:
        text = source.text
    except UnicodeDecodeError as error:
        return Parsed((), (_undecodable(source, error),))
    if not text.strip():
        return Parsed(())
    with _no_collection():
        if text.lstrip()[0] in "{[":
            parsed = _parse_json(source, text)
            if parsed is not None:
                return parsed
        return _parse_yaml(source, text)


def looks_templated(raw: bytes) -> bool:
    """Tell whether the text holds template directives (Helm, Jinja) that were not rendered."""
    return _TEMPLATE.search(raw) is not None


def _parse_json(source: Source, text: str) -> Parsed | None:
    from msgspec import DecodeError, json  # noqa: PLC0415

    try:
        data = json.decode(text)
    except (DecodeError, RecursionError, ValueError):
        return None
    return Parsed((Document(source, 0, data, _JsonLocator(text)),))


def _parse_yaml(source: Source, text: str, *, by_document: bool = True) -> Parsed:
    import yamlrocks  # noqa: PLC0415

    faults: list[SyntaxFault] = []
    data: list[Any] | None = None
    try:
        try:
            data = yamlrocks.loads_all(text, option=yamlrocks.OPT_DUPLICATE_KEYS_ERROR)
        except yamlrocks.YAMLRocksDuplicateKeyError as error:
            faults.append(_fault(error, text))
            data = yamlrocks.loads_all(text)
    except (yamlrocks.YAMLRocksError, RecursionError, ValueError) as error:
        first = _fault(error, text)
        try:
            data = _second_opinion(text)
        except SyntaxFault:
            return _by_document(source, text, first) if by_document else Parsed((), (first,))
    documents: list[Document] = []
    for index, value in enumerate(data):
        try:
            documents.append(Document(source, index, _with_text_keys(value), _YamlLocator(text, index)))
        except SyntaxFault as fault:
            faults.append(fault)
    return Parsed(tuple(documents), tuple(faults))


def _second_opinion(text: str) -> list[Any]:
    from archlint.source.events import load_events  # noqa: PLC0415

    return load_events(text)


def _by_document(source: Source, text: str, first: SyntaxFault) -> Parsed:
    """Parse each document of a stream by itself, since one of them is broken; lines keep their numbers."""
    cuts = [match.start() for match in _BOUNDARY.finditer(text)]
    head = text[: cuts[0]] if cuts else text
    if any(line.strip() and not line.lstrip().startswith(("#", "%")) for line in head.splitlines()):
        cuts.insert(0, 0)
    if len(cuts) < _LEAST_PARTS:
        return Parsed((), (first,))
    documents: list[Document] = []
    faults: list[SyntaxFault] = []
    for index, (start, end) in enumerate(zip(cuts, [*cuts[1:], len(text)], strict=True)):
        alone = re.sub(r"[^\r\n]", "", text[:start]) + text[start:end]
        parsed = _parse_yaml(
            Source(source.path, alone.encode("utf-8", "surrogatepass")), alone, by_document=False
        )
        faults.extend(parsed.faults)
        documents.extend(Document(source, index, found.data, found.locator) for found in parsed.documents[:1])
    return Parsed(tuple(documents), tuple(faults) or (first,))


def _with_text_keys(root: Any) -> Any:
    """Return *root* with all mapping keys made text, in place; raise `SyntaxFault` when aliases expand beyond all bounds."""
    pending = [root]
    seen: set[int] = set()
    while pending:
        value = pending.pop()
        kind = type(value)
        if kind is dict:
            if id(value) in seen:
                continue
            seen.add(id(value))
            for key in value:
                if type(key) is not str:
                    items = [(key_text(name), item) for name, item in value.items()]
                    value.clear()
                    value.update(items)
                    break
            pending.extend([item for item in value.values() if type(item) is dict or type(item) is list])
        elif kind is list:
            if id(value) in seen:
                continue
            seen.add(id(value))
            pending.extend([item for item in value if type(item) is dict or type(item) is list])
    return root


def _fault(error: Exception, text: str) -> SyntaxFault:
    message = str(error)
    line = getattr(error, "line", None)
    column = getattr(error, "column", None)
    if not line and (place := _PLACE.search(message)):
        line, column = int(place[1]), int(place[2])
    if not line and (index := _INDEX.search(message)):
        before = text.encode("utf-8", "surrogatepass")[: int(index[1])].decode("utf-8", "replace")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    return SyntaxFault(_words(message), Region.point(line or 1, column or 1))


def _words(message: str) -> str:
    message = _PLACE.sub("", " ".join(message.split())).rstrip(" .:;,")
    return message[:1].lower() + message[1:] if message[1:2].islower() else message


def _undecodable(source: Source, error: UnicodeDecodeError) -> SyntaxFault:
    before = source.raw[: error.start].decode(source.encoding, "replace")
    line = before.count("\n") + 1
    column = len(before) - before.rfind("\n")
    byte = source.raw[error.start]
    return SyntaxFault(
        f"byte 0x{byte:02X} is not {source.encoding.upper().removesuffix('-SIG')}", Region.point(line, column)
    )


@contextmanager
def _no_collection() -> Iterator[None]:
    """Keep the garbage collector off: what is built here is a tree and stays alive."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class _JsonLocator:
    def __init__(self, text: str) -> None:
        self._text = text

    def locate(self, places: Iterable[tuple[Pointer, bool]]) -> Mapping[tuple[Pointer, bool], Region]:
        from archlint.source.json_places import locate_in_json  # noqa: PLC0415

        return locate_in_json(self._text, places)


class _YamlLocator:
    def __init__(self, text: str, index: int) -> None:
        self._text = text
        self._index = index

    def locate(self, places: Iterable[tuple[Pointer, bool]]) -> Mapping[tuple[Pointer, bool], Region]:
        from archlint.source.events import locate_in_events  # noqa: PLC0415

        return locate_in_events(self._text, self._index, places)
