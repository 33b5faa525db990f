"""`archlint graph`."""

import json
from typing import Any

import click

from archlint.cli.check import Progress
from archlint.cli.common import open_project, project_options
from archlint.engine.pipeline import Request, run
from archlint.errors import UsageError
from archlint.findings.sanitize import plain
from archlint.findings.severity import Confidence
from archlint.model.export import explain, to_dot, to_json, to_mermaid


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
    request = Request(
        project.root,
        project.registry,
        project.config,
        paths or (".",),
        cache=not options["no_cache"],
        progress=Progress(),
    )
    found = run(request).graph
    if pair:
        edges = explain(found, *pair)
        if not edges:
            raise UsageError(f"there is no edge between `{pair[0]}` and `{pair[1]}`")
        for edge, evidence in edges:
            click.echo(
                f"{plain(edge.source.name)} {edge.kind} {plain(edge.target.name)} ({edge.level}, {edge.confidence:.2f})"
            )
            for item in evidence:
                said = f" {plain(item.detail)}" if item.detail else ""
                host = f" → {plain(item.host)}{f':{item.port}' if item.port else ''}" if item.host else ""
                click.echo(
                    f"  {plain(str(item.at))}{said}{host} ({Confidence.of(item.confidence)}, read by {item.extractor})"
                )
        return 0
    if form == "json":
        click.echo(json.dumps(to_json(found), indent=2))
    else:
        click.echo(to_mermaid(found) if form == "mermaid" else to_dot(found), nl=False)
    return 0
