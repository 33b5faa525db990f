"""`archlint graph`."""

from collections.abc import Iterator, Sequence
from typing import Any

import click

from archlint.cli.common import open_project, project_options, request_of
from archlint.cli.output import emit
from archlint.engine.pipeline import run
from archlint.errors import UsageError
from archlint.findings.sanitize import json_text, plain
from archlint.findings.severity import Confidence
from archlint.model.export import explain, to_dot, to_json, to_mermaid
from archlint.model.graph import Dependency, Evidence


@click.command()
@project_options
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "mermaid", "dot"]),
    default="mermaid",
    show_default=True,
    help="How to print it.",
)
@click.option(
    "--explain", "pair", nargs=2, metavar="A B", help="Say why there is an edge between two elements."
)
def graph(paths: tuple[str, ...], form: str, pair: tuple[str, str] | None, **options: Any) -> int:
    """Print the service graph, with the evidence and confidence of every edge."""
    project = open_project(paths, options)
    found = run(request_of(project, paths, options)).graph
    if pair:
        edges = explain(found, *pair)
        if not edges:
            raise UsageError(f"there is no edge between `{pair[0]}` and `{pair[1]}`")
        emit("".join(f"{line}\n" for edge, evidence in edges for line in _explained(edge, evidence)))
        return 0
    if form == "json":
        emit(json_text(to_json(found)))
    else:
        emit(to_mermaid(found) if form == "mermaid" else to_dot(found))
    return 0


def _explained(edge: Dependency, evidence: Sequence[Evidence]) -> Iterator[str]:
    yield f"{plain(edge.source.name)} {edge.kind} {plain(edge.target.name)} ({edge.level}, {edge.confidence:.2f})"
    for item in evidence:
        said = f" {plain(item.detail)}" if item.detail else ""
        host = f" → {plain(item.host)}{f':{item.port}' if item.port else ''}" if item.host else ""
        level = Confidence.of(item.confidence)
        yield f"  {plain(str(item.at))}{said}{host} ({level}, read by {item.extractor})"
