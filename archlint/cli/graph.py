"""`archlint graph`."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import click

from archlint.cli.common import open_project, project_options, request_of
from archlint.cli.output import emit
from archlint.engine.pipeline import Request, run
from archlint.engine.snapshot import snapshot
from archlint.errors import UsageError
from archlint.findings.sanitize import json_text, plain
from archlint.findings.severity import Confidence
from archlint.model.draw import Grouping, changes_to_dot, changes_to_mermaid, to_dot, to_mermaid
from archlint.model.export import Difference, difference, difference_to_json, explain, to_json
from archlint.model.graph import Dependency, Evidence, ServiceGraph
from archlint.model.policy import PolicyValue

_SECONDS = 120


@click.command()
@project_options
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "mermaid", "dot", "svg", "text"]),
    help="How to print it; SVG needs Graphviz and is Mermaid without it.  [default: mermaid; text with --diff]",
)
@click.option(
    "--group-by",
    type=click.Choice(["namespace", "system"]),
    help="Draw what belongs together in one box.",
)
@click.option(
    "--diff", "ref", metavar="REF", help="Show the edges that were added or removed since a git ref."
)
@click.option(
    "--explain", "pair", nargs=2, metavar="A B", help="Say why there is an edge between two elements."
)
def graph(
    paths: tuple[str, ...],
    form: str | None,
    group_by: Grouping | None,
    ref: str | None,
    pair: tuple[str, str] | None,
    **options: Any,
) -> int:
    """Print the service graph, with the evidence, confidence and policies of every edge."""
    project = open_project(paths, options)
    request = request_of(project, paths, options)
    if ref and pair:
        raise UsageError("`--diff` and `--explain` exclude each other")
    found = run(request).graph
    if pair:
        edges = explain(found, *pair)
        if not edges:
            raise UsageError(f"there is no edge between `{pair[0]}` and `{pair[1]}`")
        emit("".join(f"{line}\n" for edge, evidence in edges for line in _explained(edge, evidence)))
    elif ref:
        changes = difference(_graph_at(request, ref), found)
        emit(_changes(changes, form or "text", group_by or ""))
    else:
        emit(_whole(found, form or "mermaid", group_by or ""))
    return 0


def _graph_at(request: Request, ref: str) -> ServiceGraph:
    """Return the graph of what *request* checks as it was at *ref*."""
    root = os.path.realpath(request.root)
    names = [os.path.relpath(os.path.realpath(path), root) for path in request.paths]
    with snapshot(request.root, ref, "--diff") as folder:
        paths = tuple(str(path) for name in names if (path := folder / name).exists())
        if not paths:
            return ServiceGraph()
        return run(replace(request, root=folder, paths=paths, cache=False)).graph


def _whole(found: ServiceGraph, form: str, group_by: Grouping) -> str:
    if form == "json":
        return json_text(to_json(found))
    if form == "text":
        return "".join(f"{_line(edge)}\n" for edge in found.dependencies)
    return _drawn(
        form, partial(to_dot, found, group_by=group_by), partial(to_mermaid, found, group_by=group_by)
    )


def _changes(changes: Difference, form: str, group_by: Grouping) -> str:
    added, removed = changes.added, changes.removed
    if form == "json":
        return json_text(difference_to_json(changes))
    if form == "text":
        lines = [f"+ {_line(edge)}\n" for edge in added] + [f"- {_line(edge)}\n" for edge in removed]
        return "".join(lines)
    return _drawn(
        form,
        partial(changes_to_dot, added, removed, group_by=group_by),
        partial(changes_to_mermaid, added, removed, group_by=group_by),
    )


def _drawn(form: str, dot: Callable[[], str], mermaid: Callable[[], str]) -> str:
    """Return the picture in *form*: DOT, SVG made of it, or Mermaid, which also stands in for an SVG that cannot be made."""
    if form == "dot":
        return dot()
    return (_svg(dot()) if form == "svg" else None) or mermaid()


def _line(edge: Dependency) -> str:
    at = edge.location
    return f"{plain(edge.source.name)} {edge.kind} {plain(edge.target.name)} ({plain(str(at))})"


def _svg(dot: str) -> str | None:
    """Return what Graphviz draws of *dot*; `None`, with a note, when it is not installed."""
    program = shutil.which("dot")
    if program is None:
        click.echo("Graphviz is not installed; this is Mermaid", err=True)
        return None
    try:
        done = subprocess.run(  # noqa: S603 - the text goes in by standard input
            (str(Path(program)), "-Tsvg"),
            input=dot.encode(),
            capture_output=True,
            check=True,
            timeout=_SECONDS,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise UsageError(f"Graphviz cannot draw the graph: {error}") from None
    return done.stdout.decode()


def _explained(edge: Dependency, evidence: Sequence[Evidence]) -> Iterator[str]:
    yield f"{plain(edge.source.name)} {edge.kind} {plain(edge.target.name)} ({edge.level}, {edge.confidence:.2f})"
    for item in evidence:
        said = f" {plain(item.detail)}" if item.detail else ""
        host = f" → {plain(item.host)}{f':{item.port}' if item.port else ''}" if item.host else ""
        level = Confidence.of(item.confidence)
        yield f"  {plain(str(item.at))}{said}{host} ({level}, read by {item.extractor})"
    for policy in edge.policies:
        for key, value in policy.values.items():
            where = plain(str(value.at)) if value.at else f"the default of {policy.tool}"
            yield f"  {policy.layer} {policy.tool}: {key} {_said(value)} ({where})"


def _said(value: PolicyValue) -> str:
    said = value.value
    if isinstance(said, bool):
        return "on" if said else "off"
    return plain(said) if isinstance(said, str) else f"{said:g}"
