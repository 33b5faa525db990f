"""Backstage's software catalog: components, APIs, resources, systems."""

from collections.abc import Iterator

from archlint.api import Document, Fact, Format, Node, Problem
from archlint.formats.backstage.definitions import (
    SUBJECTS,
    definition_of,
    facts_of_definition,
    faults_of_definition,
)
from archlint.formats.backstage.entities import Entity, full_reference
from archlint.formats.backstage.facts import facts_of
from archlint.formats.backstage.structure import structure_of

__all__ = ["FORMAT", "Entity", "full_reference"]


class BackstageFormat(Format):
    """Recognises entities by `apiVersion: backstage.io/…`."""

    name = "backstage"
    subjects = (Entity, *SUBJECTS)

    def sniff(self, document: Document) -> str:
        """Return `backstage Component` and the like."""
        data = document.data
        if not isinstance(data, dict):
            return ""
        version, kind = data.get("apiVersion"), data.get("kind")
        known = isinstance(version, str) and version.startswith("backstage.io/")
        return f"backstage {kind}" if known and isinstance(kind, str) else ""

    def visit(self, document: Document, wanted: frozenset[type[Node]]) -> Iterator[Node]:
        """Yield the entity, and the views of the description that it holds."""
        entity = Entity(document, (), document.data)
        if Entity in wanted:
            yield entity
        found = None if wanted.isdisjoint(SUBJECTS) else definition_of(entity)
        if found is not None:
            definition, form = found
            yield from form.visit(definition, wanted)

    def facts(self, document: Document) -> Iterator[Fact]:
        """Yield services, APIs, datastores and what they depend on."""
        entity = Entity(document, (), document.data)
        yield from facts_of(entity)
        yield from facts_of_definition(entity)

    def validate(self, document: Document) -> Iterator[Problem]:
        """Yield what breaks the descriptor format of the entity's kind; a template is not an entity yet."""
        entity = Entity(document, (), document.data)
        if entity.is_template:
            return
        for fault in structure_of(entity.kind, entity.text("type")).faults(document.data):
            yield Problem(fault.message, document.at(fault.pointer, on_key=fault.on_key), help=fault.help)
        yield from faults_of_definition(entity)


FORMAT = BackstageFormat()
