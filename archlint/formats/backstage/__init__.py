"""Backstage's software catalog: components, APIs, resources, systems."""

from collections.abc import Iterator

from archlint.api import Document, Fact, Format, Node, Problem
from archlint.formats.backstage.entities import Entity, full_reference
from archlint.formats.backstage.facts import facts_of
from archlint.formats.backstage.structure import structure_of

__all__ = ["FORMAT", "Entity", "full_reference"]


class BackstageFormat(Format):
    """Recognises entities by `apiVersion: backstage.io/…`."""

    name = "backstage"
    subjects = (Entity,)

    def sniff(self, document: Document) -> str:
        """Return `backstage Component` and the like."""
        data = document.data
        if not isinstance(data, dict):
            return ""
        version, kind = data.get("apiVersion"), data.get("kind")
        known = isinstance(version, str) and version.startswith("backstage.io/")
        return f"backstage {kind}" if known and isinstance(kind, str) else ""

    def visit(self, document: Document, wanted: frozenset[type[Node]]) -> Iterator[Node]:
        """Yield the entity."""
        if Entity in wanted:
            yield Entity(document, (), document.data)

    def facts(self, document: Document) -> Iterator[Fact]:
        """Yield services, APIs, datastores and what they depend on."""
        yield from facts_of(Entity(document, (), document.data))

    def validate(self, document: Document) -> Iterator[Problem]:
        """Yield what breaks the descriptor format of the entity's kind; a template is not an entity yet."""
        entity = Entity(document, (), document.data)
        if entity.is_template:
            return
        for fault in structure_of(entity.kind, entity.text("type")).faults(document.data):
            yield Problem(fault.message, document.at(fault.pointer, on_key=fault.on_key), help=fault.help)


FORMAT = BackstageFormat()
