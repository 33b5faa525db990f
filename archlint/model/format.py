"""What a format must be able to do."""

from collections.abc import Iterator

from archlint.findings.problem import Problem
from archlint.model.facts import Fact
from archlint.source.document import Document, Node, Resolver
from archlint.source.source import Source


class Format:
    """The base of all formats: recognises documents, walks them, reads facts from them.

    `name` is one word (`openapi`). `subjects` are the views it yields. `reads` holds file-name patterns (`*.proto`) of texts
    that are neither YAML nor JSON: those files are given to `parse`. `claims` are sets of root keys by which a text that does
    not parse still claims to be of the format.
    """

    name: str = ""
    subjects: tuple[type[Node], ...] = ()
    reads: tuple[str, ...] = ()
    claims: tuple[tuple[str, ...], ...] = ()

    def parse(self, source: Source) -> tuple[Document, ...]:
        """Return the documents of a file that matches `reads`; raise `SyntaxFault` when it is broken."""
        raise NotImplementedError

    def template(self, source: Source, resolver: Resolver) -> tuple[Document, ...] | None:
        """Return the documents of *source*, a text with template directives, as far as they can be read unrendered; `None` when it is not ours."""
        del source, resolver
        return None

    def sniff(self, document: Document) -> str:
        """Return what *document* is (`openapi 3.1`), or an empty string when it is not of this format.

        Decided by content and cheaply: a few keys of the root. The file's name may only break a tie.
        """
        raise NotImplementedError

    def visit(self, document: Document, wanted: frozenset[type[Node]]) -> Iterator[Node]:
        """Walk *document* once and yield its subjects of the *wanted* types, each node once, in document order.

        What stands behind a `$ref` is yielded where it is defined, in whichever file that is.
        """
        raise NotImplementedError

    def facts(self, document: Document) -> Iterator[Fact]:
        """Yield what *document* says of the system. Locations need no region; the engine adds it."""
        del document
        yield from ()

    def validate(self, document: Document) -> Iterator[Problem]:
        """Yield the structural faults of *document*: one per cause, at the offending node, in a user's words."""
        del document
        yield from ()

    def describe(self, document: Document) -> list[tuple[str, ...]]:
        """Return what was understood of *document* as rows, the first of which are headings; empty where there is nothing to say."""
        del document
        return []
