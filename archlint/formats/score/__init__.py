"""Score workloads (`score.dev/v1b1`): containers, ports, and the resources that they need."""

from collections.abc import Iterator

from archlint.api import Document, Fact, Format, Node, Problem, Setting
from archlint.formats.score.facts import facts_of
from archlint.formats.score.views import ScoreWorkload

__all__ = ["FORMAT", "ScoreWorkload", "settings_in"]


class ScoreFormat(Format):
    """Recognises workloads by their `apiVersion`."""

    name = "score"
    subjects = (ScoreWorkload,)
    claims = (("apiVersion", "containers"),)

    def sniff(self, document: Document) -> str:
        """Return `score v1b1`."""
        version = document.data.get("apiVersion") if isinstance(document.data, dict) else None
        if not isinstance(version, str) or not version.startswith("score.dev/"):
            return ""
        return f"score {version.partition('/')[2]}"

    def visit(self, document: Document, wanted: frozenset[type[Node]]) -> Iterator[Node]:
        """Yield the workload."""
        if ScoreWorkload in wanted:
            yield ScoreWorkload(document)

    def facts(self, document: Document) -> Iterator[Fact]:
        """Yield the service, its datastores and what it depends on."""
        yield from facts_of(ScoreWorkload(document))

    def validate(self, document: Document) -> Iterator[Problem]:
        """Yield what breaks the Score specification."""
        from archlint.formats.score.validate import STRUCTURE  # noqa: PLC0415

        for fault in STRUCTURE.faults(document.data):
            yield Problem(fault.message, document.at(fault.pointer, on_key=fault.on_key), help=fault.help)


def settings_in(document: Document) -> Iterator[tuple[Setting, str]]:
    """Yield the variables of the containers of *document*, each with the name of the workload."""
    workload = ScoreWorkload(document)
    for setting in workload.settings:
        yield setting, workload.name


FORMAT = ScoreFormat()
