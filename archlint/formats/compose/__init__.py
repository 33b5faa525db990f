"""Compose files: services, their environment, networks and volumes."""

from collections.abc import Iterator

from archlint.api import Document, Fact, Format, Node, Problem
from archlint.formats.compose.facts import facts_of, settings_in
from archlint.formats.compose.project import ComposeService, Project, is_compose, project_of

__all__ = ["FORMAT", "ComposeService", "Project", "project_of", "settings_in"]


class ComposeFormat(Format):
    """Recognises compose files by `services` that have images or builds."""

    name = "compose"
    subjects = (Project, ComposeService)
    claims = (("services", "version"),)

    def sniff(self, document: Document) -> str:
        """Return `compose`."""
        return "compose" if is_compose(document) else ""

    def visit(self, document: Document, wanted: frozenset[type[Node]]) -> Iterator[Node]:
        """Yield the project and its services; files that another one extends are visited with that one."""
        project = project_of(document)
        if project is None:
            return
        if Project in wanted:
            yield project
        if ComposeService in wanted:
            yield from project.services.values()

    def facts(self, document: Document) -> Iterator[Fact]:
        """Yield workloads and endpoints."""
        project = project_of(document)
        if project is not None:
            yield from facts_of(project)

    def validate(self, document: Document) -> Iterator[Problem]:
        """Yield what breaks the Compose Specification."""
        from archlint.formats.compose.validate import STRUCTURE  # noqa: PLC0415

        for fault in STRUCTURE.faults(document.data):
            yield Problem(fault.message, document.at(fault.pointer, on_key=fault.on_key), help=fault.help)


FORMAT = ComposeFormat()
