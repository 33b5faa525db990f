"""`archlint baseline`."""

import os
from pathlib import Path
from typing import Any

import click

from archlint.cli.common import Project, open_project, project_options, request_of
from archlint.engine.baseline import DEFAULT, Baseline, load, looks_for, save, update
from archlint.engine.pipeline import run
from archlint.errors import UsageError


@click.command()
@project_options
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False),
    help=f"Where to write it.  [default: `baseline` of the configuration, else {DEFAULT} in the project's root]",
)
def baseline(paths: tuple[str, ...], output: str | None, **options: Any) -> int:
    """Write the known findings, so that later runs report new ones only; the notes of an existing baseline are kept.

    What an existing baseline says of files and rules that are not checked stays as it is.
    """
    project = open_project(paths, options)
    path = Path(output) if output else project.root / (project.config.baseline or DEFAULT)
    project.config.baseline = ""
    old = load(path) if path.exists() else None
    request = request_of(project, paths, options)
    found = run(request).report.findings
    new = update(
        found,
        old,
        judged=lambda entry: looks_for(
            entry,
            project.config,
            files={entry.path} if _covered(entry.path, request.paths, project) else (),
            whole=request.is_whole,
        ),
    )
    try:
        save(new, path)
    except OSError as error:
        raise UsageError(f"`{path}` cannot be written: {(error.strerror or '').lower()}") from None
    click.echo(f"wrote {_many(len(new.findings), 'finding')} to {path}{_difference(old, new)}", err=True)
    return 0


def _covered(entry: str, paths: tuple[str, ...], project: Project) -> bool:
    root = os.path.realpath(project.root)
    names = [os.path.relpath(os.path.realpath(path), root).replace(os.sep, "/") for path in paths]
    return any(name in {".", entry} or entry.startswith(f"{name}/") for name in names)


def _difference(old: Baseline | None, new: Baseline) -> str:
    if old is None:
        return ""
    before = {entry.fingerprint for entry in old.findings}
    after = {entry.fingerprint for entry in new.findings}
    return f": {len(after - before)} new, {len(before - after)} gone"


def _many(count: int, name: str) -> str:
    return f"{count} {name}" if count == 1 else f"{count} {name}s"
