"""`archlint rules`."""

import json

import click

from archlint.findings.sanitize import markdown
from archlint.plugins.registry import Registry
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
    """List the rules: id, category, severity, profile, what each reports."""
    found = [rule for rule in Registry.load().rules.values() if category in {None, rule.category}]
    if form == "json":
        click.echo(json.dumps([_data(rule) for rule in found], indent=2))
    elif form == "markdown":
        click.echo("| rule | category | severity | profile | |\n| --- | --- | --- | --- | --- |")
        for rule in found:
            click.echo(
                f"| `{rule.id}` | {rule.category} | {rule.severity} | {rule.profile} | {markdown(rule.summary)} |"
            )
    else:
        width = max((len(rule.id) for rule in found), default=0)
        for rule in found:
            click.echo(
                f"{rule.id:{width}}  {rule.severity:7}  {rule.profile:11}  {rule.category:13}  {rule.summary}"
            )
    return 0


def _data(rule: Rule) -> dict[str, object]:
    return {
        "id": rule.id,
        "category": rule.category,
        "severity": rule.severity,
        "profile": rule.profile,
        "since": rule.since,
        "summary": rule.summary,
        "subjects": [subject.__name__ for subject in rule.subjects],
        "references": list(rule.references),
        "tags": list(rule.tags),
    }
