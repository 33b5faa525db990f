"""The text of an API that an entity holds itself, as a document of its own format with places in the entity's file."""

from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from archlint.api import ApiFact, Document, Fact, Format, Location, Pointer, Problem, Region, Source, parse
from archlint.formats import asyncapi, openapi
from archlint.formats.backstage.entities import Entity

SUBJECTS = (*openapi.FORMAT.subjects, *asyncapi.FORMAT.subjects)
"""The views that definitions may hold."""
_FORMATS: dict[str, Format] = {"openapi": openapi.FORMAT, "asyncapi": asyncapi.FORMAT}
_WHERE: Pointer = ("spec", "definition")
_MEMO = "backstage definition"

type _Place = tuple[Pointer, bool]


class Definition(Document):
    """A description that stands in an entity: its nodes are located below `spec.definition`."""

    __slots__ = ()

    def at(self, pointer: Pointer = (), *, on_key: bool = False) -> Location:
        """Return the location of the node at *pointer* in the entity's file."""
        return Location(self.path, (*_WHERE, *pointer), self.index, on_key if pointer else False)


def definition_of(entity: Entity) -> tuple[Definition, Format] | None:
    """Return the description in *entity*, and its format; `None` where there is none that can be read."""
    document = entity.document
    if _MEMO not in document.memo:
        document.memo[_MEMO] = _read(entity)
    found: tuple[Definition, Format] | None = document.memo[_MEMO]
    return found


def facts_of_definition(entity: Entity) -> Iterator[Fact]:
    """Yield what the description in *entity* says: whoever provides the entity provides it."""
    found = definition_of(entity)
    if found is not None:
        document, form = found
        for fact in form.facts(document):
            own = isinstance(fact, ApiFact) and not fact.service
            yield replace(fact, service=entity.reference, confidence=1.0) if own else fact


def faults_of_definition(entity: Entity) -> Iterator[Problem]:
    """Yield what breaks the description in *entity*, and that its text is broken."""
    found = definition_of(entity)
    if found is not None:
        yield from found[1].validate(found[0])
    elif (text := _text(entity)) and (faults := parse(Source("definition.yaml", text)).faults):
        yield Problem(
            f"the definition cannot be read as {entity.text('type')}: {faults[0].message}",
            entity.at(*_WHERE),
            help="mend its syntax, or refer to a file by `$text`",
        )


def _text(entity: Entity) -> bytes:
    if entity.kind != "API" or entity.is_template or entity.text("type") not in _FORMATS:
        return b""
    text = entity.text("definition")
    return b"" if "{{" in text else text.encode("utf-8", "surrogatepass")


def _read(entity: Entity) -> tuple[Definition, Format] | None:
    text = _text(entity)
    parsed = parse(Source("definition.yaml", text)) if text else None
    if parsed is None or parsed.faults or len(parsed.documents) != 1:
        return None
    outer, inner, form = entity.document, parsed.documents[0], _FORMATS[entity.text("type")]
    kind = form.sniff(inner)
    if not kind:
        return None
    definition = Definition(outer.source, outer.index, inner.data, outer.locator)
    definition.kind, definition.format, definition.resolver = kind, form.name, outer.resolver
    outer.locator = _Places(outer, inner, entity.text("definition"))
    return definition, form


class _Places:
    """Finds regions in the entity's text, those of the description in the lines of its block."""

    def __init__(self, outer: Document, inner: Document, text: str) -> None:
        self._outer = outer.locator
        self._inner = inner.locator
        self._lines = outer.source.lines
        self._text = text

    def locate(self, places: Iterable[_Place]) -> Mapping[_Place, Region]:
        """Return the region of each place; of the description that of the whole text where its lines are not those of the file."""
        wanted = list(places)
        below = [
            place for place in wanted if len(place[0]) > len(_WHERE) and place[0][: len(_WHERE)] == _WHERE
        ]
        whole = (_WHERE, False)
        found = dict(self._outer.locate([*(place for place in wanted if place not in set(below)), whole]))
        if not below:
            return found
        moved = self._moved(found[whole])
        inner = self._inner.locate([(pointer[len(_WHERE) :], on_key) for pointer, on_key in below])
        for pointer, on_key in below:
            region = inner.get((pointer[len(_WHERE) :], on_key))
            found[pointer, on_key] = (
                found[whole] if moved is None or region is None else _shifted(region, *moved)
            )
        return found

    def _moved(self, region: Region) -> tuple[int, int] | None:
        """Return how many lines and columns the text starts after the file's; `None` where it is not a literal block."""
        if not self._lines[region.start_line - 1][region.start_column - 1 :].startswith("|"):
            return None
        own = self._text.splitlines()
        written = [
            line.rstrip("\r\n") for line in self._lines[region.start_line : region.start_line + len(own)]
        ]
        first = next((index for index, line in enumerate(own) if line.strip()), None)
        if first is None or len(written) < len(own):
            return None
        indent = len(written[first]) - len(own[first])
        same = all(line[indent:] == text for line, text in zip(written, own, strict=True) if text.strip())
        return (region.start_line, indent) if indent > 0 and same else None


def _shifted(region: Region, lines: int, columns: int) -> Region:
    return Region(
        region.start_line + lines,
        region.start_column + columns,
        region.end_line + lines,
        region.end_column + columns,
    )
