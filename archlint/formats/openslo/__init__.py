"""Service level objectives as OpenSLO writes them (`openslo/v1`, `openslo/v1alpha`)."""

from collections.abc import Iterator

from archlint.api import Document, Fact, Format, Node, Problem
from archlint.formats.openslo.facts import facts_of
from archlint.formats.openslo.objectives import Objective, ServiceFinder, objectives_of
from archlint.formats.openslo.views import Slo, SloObject, objects

__all__ = ["FORMAT", "Objective", "ServiceFinder", "Slo", "SloObject", "objectives_of"]


class OpenSloFormat(Format):
    """Recognises objects by their `apiVersion`; a document may hold a list of them."""

    name = "openslo"
    subjects = (Slo, SloObject)
    claims = (("apiVersion", "kind"),)

    def sniff(self, document: Document) -> str:
        """Return `openslo v1 SLO` and the like."""
        first = next(objects(document), None)
        return f"openslo {first.version} {first.kind}" if first is not None else ""

    def visit(self, document: Document, wanted: frozenset[type[Node]]) -> Iterator[Node]:
        """Yield the objects, those of the kind `SLO` as such as well."""
        for found in objects(document):
            if SloObject in wanted:
                yield found
            if Slo in wanted and found.kind == "SLO":
                yield Slo(document, found.pointer, found.data)

    def facts(self, document: Document) -> Iterator[Fact]:
        """Yield objectives with the service that they are for, and what they refer to."""
        for found in objects(document):
            yield from facts_of(found)

    def validate(self, document: Document) -> Iterator[Problem]:
        """Yield what breaks the OpenSLO specification; the numbers of objectives are a rule's business."""
        from archlint.formats.openslo.validate import structure_of  # noqa: PLC0415

        for found in objects(document):
            structure = structure_of(found.kind)
            for fault in structure.faults(found.data) if structure is not None else ():
                yield Problem(fault.message, found.at(*fault.pointer, on_key=fault.on_key), help=fault.help)


FORMAT = OpenSloFormat()
