"""A plugin of a third party: a format, facts of it, a rule, a profile, a reporter, and a hook on findings."""

import os
from collections.abc import Iterator
from typing import Any

from archlint.api import (
    Bad,
    Context,
    DependencyFact,
    Document,
    Fact,
    Finding,
    Format,
    Good,
    Location,
    Node,
    Problem,
    Region,
    Report,
    Reporter,
    ReportOptions,
    Rule,
    ServiceFact,
    Severity,
    Source,
    SyntaxFault,
    hook,
    rule,
)


class Card(Node):
    """A service card."""


class Lines:
    """Finds the line of a key in a card."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()

    def locate(self, places: Any) -> Any:
        """Return the region of each place: the line of its first key."""
        found = {}
        for pointer, on_key in places:
            names = [str(key) for key in pointer[:1]]
            line = next(
                (n for n, text in enumerate(self._lines, 1) if names and text.startswith(names[0])), 1
            )
            found[pointer, on_key] = Region(line, 1, line, len(self._lines[line - 1]) + 1)
        return found


class CardFormat(Format):
    """Cards: lines of `key = value` in files that end in `.card`."""

    name = "card"
    subjects = (Card,)
    reads = ("*.card",)

    def parse(self, source: Source) -> tuple[Document, ...]:
        """Return the card."""
        data = {}
        for number, line in enumerate(source.text.splitlines(), 1):
            key, equals, value = line.partition("=")
            if not equals:
                raise SyntaxFault("a line without `=`", Region.point(number, 1))
            data[key.strip()] = value.strip()
        return (Document(source, 0, data, Lines(source.text)),)

    def sniff(self, document: Document) -> str:
        """Return `card`."""
        return "card" if document.source.name.endswith(".card") else ""

    def visit(self, document: Document, wanted: frozenset[type[Node]]) -> Iterator[Node]:
        """Yield the card."""
        if Card in wanted:
            yield Card(document, (), document.data)

    def facts(self, document: Document) -> Iterator[Fact]:
        """Yield the service and what it calls."""
        yield ServiceFact(
            at=document.at(("name",)), name=document.data["name"], extractor="card", declares=True
        )
        if "calls" in document.data:
            at: Location = document.at(("calls",))
            yield DependencyFact(
                at=at,
                source=document.data["name"],
                target=document.data["calls"],
                kind="calls",
                extractor="card",
                declared=True,
            )


@rule(
    id="card-without-owner",
    category="acme",
    severity=Severity.WARNING,
    subject=Card,
    since="1.0.0",
    examples=(Bad({"a.card": "name = a"}), Good({"a.card": "name = a\nowner = b"})),
)
def card_without_owner(card: Card, context: Context) -> Iterator[Problem]:
    """Report cards without an owner."""
    del context
    if card.get("breaks"):
        os._exit(3)
    if "owner" not in card.data:
        yield Problem(f"`{card.get('name')}` has no owner", card.at("name"))


class Counter:
    """Prints how many findings there are."""

    name = "acme-count"
    help = "a number"

    def render(self, report: Report, options: ReportOptions) -> str:
        """Return the number."""
        del options
        return f"{len(report.reported)}\n"


@hook
def archlint_formats() -> list[Format]:
    """Return the format of cards."""
    return [CardFormat()]


@hook
def archlint_rules() -> list[Rule]:
    """Return the rule."""
    return [card_without_owner]


@hook
def archlint_profiles() -> dict[str, dict[str, Any]]:
    """Return a profile in which the rule is an error."""
    return {"acme": {"extends": "strict", "rules": {"card-without-owner": "error"}}}


@hook
def archlint_reporters() -> list[Reporter]:
    """Return the reporter."""
    return [Counter()]


@hook
def archlint_findings(findings: list[Finding], config: Any) -> list[Finding]:
    """Point to the handbook in every finding of ours."""
    del config
    for finding in findings:
        if finding.category == "acme":
            finding.help = "see the handbook"
    return findings
