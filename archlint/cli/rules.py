"""`archlint rules`."""

from collections.abc import Iterable, Iterator

import click

from archlint.cli.common import registry_here
from archlint.cli.output import emit
from archlint.errors import UsageError, hint
from archlint.findings.sanitize import json_text, markdown
from archlint.rule.rule import Rule


@click.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    show_default=True,
    help="How to print them.",
)
@click.option("--category", help="Only the rules of this category.")
def rules(form: str, category: str | None) -> int:
    """List the rules: id, severity, profile, category, whether archlint can fix what they find, and what each reports."""
    everything = registry_here().rules.values()
    categories = {rule.category for rule in everything}
    if category not in {None, *categories}:
        raise UsageError(f"there is no category `{category}`{hint(category or '', categories)}")
    found = [rule for rule in everything if category in {None, rule.category}]
    if form == "json":
        emit(json_text([_data(rule) for rule in found]))
    else:
        lines = _table(found) if form == "markdown" else _lines(found)
        emit("".join(f"{line}\n" for line in lines))
    return 0


def _lines(found: Iterable[Rule]) -> Iterator[str]:
    rows = [
        (
            rule.id,
            str(rule.severity),
            rule.profile,
            rule.category,
            "fix" if fixable(rule) else "",
            rule.summary,
        )
        for rule in found
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _table(found: Iterable[Rule]) -> Iterator[str]:
    yield "| rule | category | severity | profile | fixable | |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for rule in found:
        fixes = "yes" if fixable(rule) else ""
        yield (
            f"| `{rule.id}` | {rule.category} | {rule.severity} | {rule.profile} | {fixes} | {markdown(rule.summary)} |"
        )


def fixable(rule: Rule) -> bool:
    """Tell whether the rule offers repairs: one of its examples shows one."""
    return any(example.fixed for example in rule.examples)


def _data(rule: Rule) -> dict[str, object]:
    return {
        "id": rule.id,
        "category": rule.category,
        "severity": rule.severity,
        "profile": rule.profile,
        "since": rule.since,
        "fixable": fixable(rule),
        "summary": rule.summary,
        "subjects": [subject.__name__ for subject in rule.subjects],
        "references": list(rule.references),
        "tags": list(rule.tags),
    }
