"""From text to plain data: JSON through msgspec, YAML 1.2 through yamlrocks, PyYAML's events as second opinion."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from archlint.source.complaints import json_fault, repeated_fault, undecodable, yaml_fault
from archlint.source.document import Document
from archlint.source.fault import SyntaxFault
from archlint.source.garbage import uncollected
from archlint.source.location import Region
from archlint.source.patterns import regex
from archlint.source.pointer import Pointer
from archlint.source.scalars import key_text, template_name
from archlint.source.source import Source

_LEAST_PARTS = 2
_MOST_REPEATED = 100
_TEMPLATE = regex(rb"\{\{[-\s]*[^{}\n]+\}\}|\{%")
_UNQUOTED = regex(r"[-:\[,{][ \t]+\{\{|^\{\{", re.MULTILINE)
_BOUNDARY = regex(r"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
_OLD_VERSION = regex(r"^%YAML[ \t]+1\.[01]\b", re.MULTILINE)
_LINE_END = regex(r"\r\n|\r|\n")
_BOMBS = ("document expands to too many nodes", "maximum nesting depth")

type _Place = tuple[Pointer, bool]


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a text holds: its documents, and what is broken in it. Both can be there."""

    documents: tuple[Document, ...]
    faults: tuple[SyntaxFault, ...] = ()


def parse(source: Source) -> Parsed:
    """Parse *source* as JSON or as a stream of YAML documents; never raises for what the text says.

    A file called `.json` that is not JSON has a fault even where YAML makes sense of it.
    """
    try:
        text = source.text
    except UnicodeDecodeError as error:
        return Parsed((), (undecodable(source, error),))
    if not text.strip():
        return Parsed(())
    with uncollected():
        fault = None
        if text.lstrip()[0] in "{[":
            parsed = _parse_json(source, text)
            if not isinstance(parsed, SyntaxFault):
                return parsed
            fault = parsed if source.name.endswith(".json") else None
        parsed = _parse_yaml(source, text)
        return Parsed(() if parsed.faults else parsed.documents, (fault,)) if fault else parsed


def looks_templated(raw: bytes) -> bool:
    """Tell whether the text holds template directives (Helm, Jinja) that were not rendered."""
    return _TEMPLATE.search(raw) is not None


def _parse_json(source: Source, text: str) -> Parsed | SyntaxFault:
    from msgspec import DecodeError, json  # noqa: PLC0415

    try:
        data = json.decode(text)
    except (DecodeError, ValueError) as error:
        return json_fault(error, text)
    except RecursionError:
        return SyntaxFault("nested too deeply", Region.point(1, 1))
    faults: tuple[SyntaxFault, ...] = ()
    if _keys_written(text) != _keys_in(data):
        from archlint.source.json_places import has_repeated_keys, repeated_keys  # noqa: PLC0415

        if has_repeated_keys(text):
            faults = tuple(repeated_fault(*repeated) for repeated in repeated_keys(text)[:_MOST_REPEATED])
    return Parsed((Document(source, 0, data, _JsonLocator(text)),), faults)


def _keys_written(text: str) -> int:
    """Return about how many keys the JSON *text* has: the number of keys in its data, unless one stands twice or a string looks alike."""
    return text.count('":') + text.count('" :') - text.count('\\":')


def _keys_in(data: Any) -> int:
    count = 0
    pending = [data]
    while pending:
        value = pending.pop()
        if type(value) is dict:
            count += len(value)
            pending.extend([item for item in value.values() if type(item) is dict or type(item) is list])
        elif type(value) is list:
            pending.extend([item for item in value if type(item) is dict or type(item) is list])
    return count


def _parse_yaml(source: Source, text: str, *, line: int = 0, index: int | None = None) -> Parsed:
    """Parse *text*, which starts *line* lines into the source; *index* is its number when it is one document of a stream."""
    import yamlrocks  # noqa: PLC0415

    plain = _OLD_VERSION.sub("%YAML 1.2", text) if "%YAML" in text else text
    faults: list[SyntaxFault] = []
    strict = True
    try:
        try:
            data = yamlrocks.loads_all(plain, option=yamlrocks.OPT_DUPLICATE_KEYS_ERROR)
        except yamlrocks.YAMLRocksDuplicateKeyError as error:
            data = yamlrocks.loads_all(plain)
            faults = _repeated(error, text)
        collided = _with_text_keys(data, templated=_UNQUOTED.search(text) is not None)
        if collided and not faults:
            faults = _repeated(None, text)
    except (yamlrocks.YAMLRocksError, RecursionError, ValueError) as error:
        first = yaml_fault(error, text)
        if str(error).startswith(_BOMBS):
            return Parsed((), (_moved(first, line),))
        strict = False
        try:
            data, faults = _second_opinion(text)
        except SyntaxFault:
            if index is None:
                return _by_document(source, text, first)
            return Parsed((), (_moved(first, line),))
    documents = tuple(
        Document(
            source, number if index is None else index, value, _YamlLocator(text, number, line, strict=strict)
        )
        for number, value in enumerate(data if index is None else data[:1])
    )
    return Parsed(documents, tuple(_moved(fault, line) for fault in faults))


def _second_opinion(text: str) -> tuple[list[Any], list[SyntaxFault]]:
    from archlint.source.events import load_events  # noqa: PLC0415

    data, repeated = load_events(text)
    return data, [repeated_fault(one.key, one.region) for one in repeated[:_MOST_REPEATED]]


def _repeated(error: Exception | None, text: str) -> list[SyntaxFault]:
    """Return a fault for every key that stands twice, or for the one that yamlrocks saw where PyYAML gives up."""
    try:
        faults = _second_opinion(text)[1]
    except SyntaxFault:
        faults = []
    if faults or error is None:
        return faults
    key = str(error).partition(": ")[2].rpartition(" at line ")[0]
    return [repeated_fault(key, yaml_fault(error, text).region)]


def _by_document(source: Source, text: str, first: SyntaxFault) -> Parsed:
    """Parse each document of a stream by itself, since one of them is broken."""
    cuts = [match.start() for match in _BOUNDARY.finditer(text)]
    head = text[: cuts[0]] if cuts else text
    if any(line.strip() and not line.lstrip().startswith(("#", "%")) for line in head.splitlines()):
        cuts.insert(0, 0)
    if len(cuts) < _LEAST_PARTS:
        return Parsed((), (first,))
    documents: list[Document] = []
    faults: list[SyntaxFault] = []
    line = len(_LINE_END.findall(text, 0, cuts[0]))
    for index, (start, end) in enumerate(zip(cuts, [*cuts[1:], len(text)], strict=True)):
        alone = text[start:end]
        parsed = _parse_yaml(source, alone, line=line, index=index)
        faults.extend(parsed.faults)
        documents.extend(parsed.documents)
        line += len(_LINE_END.findall(alone))
    return Parsed(tuple(documents), tuple(faults[:_MOST_REPEATED]) or (first,))


def _with_text_keys(root: list[Any], *, templated: bool) -> bool:
    """Make all mapping keys below *root* text, in place; return whether two keys of a mapping became one.

    With *templated*, `{{ name }}` becomes text again; YAML takes it for two mappings.
    """
    collided = False
    pending: list[Any] = [root]
    while pending:
        value = pending.pop()
        if type(value) is dict:
            if templated:
                value.update([(key, text) for key, item in value.items() if (text := template_name(item))])
            for key in value:
                if type(key) is not str:
                    items = [(key_text(name), item) for name, item in value.items()]
                    value.clear()
                    value.update(items)
                    collided = collided or len(value) < len(items)
                    break
            pending.extend([item for item in value.values() if type(item) is dict or type(item) is list])
        else:
            if templated:
                value[:] = [template_name(item) or item for item in value]
            pending.extend([item for item in value if type(item) is dict or type(item) is list])
    return collided


def _moved(fault: SyntaxFault, line: int) -> SyntaxFault:
    return SyntaxFault(fault.message, fault.region.moved(line)) if line else fault


class _JsonLocator:
    def __init__(self, text: str) -> None:
        self._text = text

    def locate(self, places: Iterable[_Place]) -> Mapping[_Place, Region]:
        from archlint.source.json_places import locate_in_json  # noqa: PLC0415

        return locate_in_json(self._text, places)


class _YamlLocator:
    """Finds places in a document of *text*, which starts *line* lines into its file; *strict* as for `locate_in_yaml`."""

    def __init__(self, text: str, index: int, line: int, *, strict: bool) -> None:
        self._strict = strict
        self._text = text
        self._index = index
        self._line = line

    def locate(self, places: Iterable[_Place]) -> Mapping[_Place, Region]:
        from archlint.source.yaml_places import locate_in_yaml  # noqa: PLC0415

        found = locate_in_yaml(self._text, self._index, places, strict=self._strict)
        if not self._line:
            return found
        return {place: region.moved(self._line) for place, region in found.items()}
