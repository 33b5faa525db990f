"""Pact files, versions 1 to 4: what a consumer expects of a provider, interaction by interaction."""

from collections.abc import Iterator

from archlint.api import Document, Fact, Format, Node, Problem
from archlint.formats.pact.facts import facts_of
from archlint.formats.pact.views import Interaction, Pact

__all__ = ["FORMAT", "Interaction", "Pact"]


class PactFormat(Format):
    """Recognises pacts by a named consumer and provider, and interactions or messages between them."""

    name = "pact"
    subjects = (Pact, Interaction)
    claims = (("consumer", "provider", "interactions"), ("consumer", "provider", "messages"))

    def sniff(self, document: Document) -> str:
        """Return `pact 4` and the like, `pact` alone where no version is told."""
        data = document.data
        if not isinstance(data, dict) or not any(
            isinstance(data.get(key), list) for key in ("interactions", "messages")
        ):
            return ""
        pact = Pact(document)
        return f"pact {pact.version}".strip() if pact.consumer and pact.provider else ""

    def visit(self, document: Document, wanted: frozenset[type[Node]]) -> Iterator[Node]:
        """Yield the pact and its interactions."""
        pact = Pact(document)
        if Pact in wanted:
            yield pact
        if Interaction in wanted:
            yield from pact.interactions

    def facts(self, document: Document) -> Iterator[Fact]:
        """Yield that the consumer depends on the provider, and what it expects."""
        yield from facts_of(Pact(document))

    def validate(self, document: Document) -> Iterator[Problem]:
        """Yield what breaks the specification."""
        from archlint.formats.pact.validate import STRUCTURE  # noqa: PLC0415

        for fault in STRUCTURE.faults(document.data):
            yield Problem(fault.message, document.at(fault.pointer, on_key=fault.on_key), help=fault.help)


FORMAT = PactFormat()
