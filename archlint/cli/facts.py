"""`archlint facts`."""

from typing import Any

import click
import msgspec

from archlint.cli.check import Progress
from archlint.cli.common import open_project, project_options
from archlint.engine.pipeline import Request, run
from archlint.model.facts import public


@click.command()
@project_options
def facts(paths: tuple[str, ...], **options: Any) -> int:
    """Print what the documents say of the system, as JSON; configured values that are credentials are left out."""
    project = open_project(paths, options)
    request = Request(
        project.root,
        project.registry,
        project.config,
        paths or (".",),
        cache=not options["no_cache"],
        progress=Progress(),
    )
    found = run(request).facts
    click.echo(msgspec.json.format(msgspec.json.encode([public(fact) for fact in found]), indent=2).decode())
    return 0
