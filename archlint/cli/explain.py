"""`archlint explain`."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from archlint.cli.common import find_root, registry_here
from archlint.cli.output import emit
from archlint.engine.detect import Detector
from archlint.engine.resolve import Workspace
from archlint.errors import UsageError, hint
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
    registry = registry_here()
    if api is not None:
        _explain_api(registry, api)
        return 0
    if rule is None:
        raise UsageError("name a rule, or a description with `--api`")
    if rule not in registry.rules:
        raise UsageError(f"there is no rule `{rule}`{hint(rule, registry.rules)}")
    emit(page(registry.rules[rule]))
    return 0


def _explain_api(registry: Registry, file: str) -> None:
    root = find_root((file,)).resolve()
    workspace = Workspace(root, registry.formats)
    detector = Detector(registry.formats)
    name = Path(file).resolve().relative_to(root).as_posix()
    lines: list[str] = []
    for document in workspace.documents(name):
        form = detector.recognise(document)
        rows = form.describe(document) if form is not None else []
        if rows:
            lines.append(f"{plain(document.path)}: {document.kind}")
            lines.extend(_columns(rows))
    if not lines:
        raise UsageError(f"`{file}` is no API description")
    emit("".join(f"{line}\n" for line in lines))


def _columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    shown = [[plain(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    for row in shown:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
