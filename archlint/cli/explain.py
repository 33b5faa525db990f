"""`archlint explain`."""

from difflib import get_close_matches
from pathlib import Path

import click

from archlint.cli.common import find_root
from archlint.engine.detect import Detector
from archlint.engine.resolve import Workspace
from archlint.errors import UsageError
from archlint.findings.sanitize import plain
from archlint.plugins.registry import Registry
from archlint.rule.docs import page


@click.command()
@click.argument("rule", required=False)
@click.option(
    "--api",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False),
    help="Show what was understood of an API description.",
)
def explain(rule: str | None, api: str | None) -> int:
    """Show the page of RULE: why, how to fix, a bad and a good example, options and sources."""
    registry = Registry.load()
    if api is not None:
        _explain_api(registry, api)
        return 0
    if rule is None:
        raise UsageError("name a rule, or a description with `--api`")
    if rule not in registry.rules:
        close = get_close_matches(rule, registry.rules, 1)
        raise UsageError(f"there is no rule `{rule}`" + (f", did you mean `{close[0]}`?" if close else ""))
    click.echo(page(registry.rules[rule]), nl=False)
    return 0


def _explain_api(registry: Registry, file: str) -> None:
    root = find_root((file,)).resolve()
    workspace = Workspace(root, registry.formats)
    detector = Detector(registry.formats)
    shown = False
    for document in workspace.documents(Path(file).resolve().relative_to(root).as_posix()):
        form = detector.recognise(document)
        rows = form.describe(document) if form is not None else []
        if not rows:
            continue
        shown = True
        click.echo(f"{plain(document.path)}: {document.kind}")
        widths = [max(len(plain(row[column])) for row in rows) for column in range(len(rows[0]))]
        for row in rows:
            click.echo(
                "  ".join(plain(cell).ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            )
    if not shown:
        raise UsageError(f"`{file}` is no API description")
