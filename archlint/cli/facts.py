"""`archlint facts`."""

from typing import Any

import click
import msgspec

from archlint.cli.common import open_project, project_options, request_of
from archlint.cli.output import emit
from archlint.engine.pipeline import run
from archlint.findings import sanitize
from archlint.model.facts import public


@click.command()
@project_options
def facts(paths: tuple[str, ...], **options: Any) -> int:
    """Print what the documents say of the system, as JSON; configured values that are credentials are left out."""
    project = open_project(paths, options)
    found = run(request_of(project, paths, options)).facts
    emit(sanitize.json_text(msgspec.to_builtins([public(fact) for fact in found])))
    return 0
