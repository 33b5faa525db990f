"""`archlint config`."""

import json
from pathlib import Path
from typing import Any

import click

from archlint.cli.common import open_project, registry_here
from archlint.cli.output import emit
from archlint.config.schema import configuration_schema
from archlint.config.show import settings_of
from archlint.engine.examples import failures
from archlint.errors import UsageError
from archlint.findings.sanitize import plain
from archlint.rule.declarative import SCHEMA as RULE_SCHEMA

_CHOICE = (
    click.argument("path", required=False, type=click.Path()),
    click.option(
        "--config", "config_file", type=click.Path(dir_okay=False), help="Use this configuration file."
    ),
    click.option(
        "--root", type=click.Path(file_okay=False), help="The project. [default: the git work tree]"
    ),
)


def _choice[F: Any](command: F) -> F:
    for option in reversed(_CHOICE):
        command = option(command)
    return command


@click.group()
def config() -> None:
    """Show, check or describe the configuration."""


@config.command()
@_choice
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def show(path: str | None, form: str, **options: Any) -> int:
    """Print what holds for PATH (default: the project), and where each value comes from."""
    paths = (path,) if path else ()
    project = open_project(paths, options)
    top, target = project.root.resolve(), Path(path or project.root).resolve()
    if not target.is_relative_to(top):
        raise UsageError(f"`{path}` is outside the project root")
    name = target.relative_to(top).as_posix() if path else ""
    settings = settings_of(project.config, name)
    if form == "json":
        emit(json.dumps(settings, indent=2) + "\n")
        return 0
    lines = []
    for key, (value, origin) in settings["settings"].items():
        lines.append((f"{key}: {json.dumps(value)}", origin))
    lines.append(("rules:", ""))
    for key, (value, origin) in settings["rules"].items():
        lines.append((f"  {key}: {json.dumps(value).strip('"')}", origin))
    width = min(60, max(len(text) for text, _ in lines))
    emit("".join(f"{text:{width}}  # {origin}\n" if origin else f"{text}\n" for text, origin in lines))
    return 0


@config.command()
@click.option("--rule-files", is_flag=True, help="Print that of rules written in YAML instead.")
def schema(*, rule_files: bool) -> int:
    """Print the JSON Schema of the configuration, for editors; it knows the installed rules and their options."""
    if rule_files:
        emit(json.dumps(RULE_SCHEMA, indent=2) + "\n")
        return 0
    emit(json.dumps(configuration_schema(registry_here()), indent=2) + "\n")
    return 0


@config.command()
@_choice
def check(path: str | None, **options: Any) -> int:
    """Read the configuration that holds for PATH, and run the examples of the project's own rules.

    What is wrong with either is said, and makes the exit status 2 or 1.
    """
    project = open_project((path,) if path else (), options)
    files = sorted({layer.origin for layer in project.config.layers})
    click.echo(f"read {', '.join(files)}" if files else "there is no configuration", err=True)
    own = [rule for rule in project.registry.rules.values() if rule.module in project.config.rule_files]
    failed = [
        f"{plain(rule.module)}: {rule.id}: {plain(failure)}"
        for rule in own
        for failure in failures(rule, project.registry)
    ]
    if own:
        count = sum(len(rule.examples) for rule in own)
        click.echo(f"examples run: {count}, of the project's own rules: {len(own)}", err=True)
    emit("".join(f"{line}\n" for line in failed))
    return int(bool(failed))
