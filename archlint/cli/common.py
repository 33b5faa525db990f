"""What several commands share: the options that choose a project, and the project itself."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from archlint.config.load import CliOverrides, load_config
from archlint.config.model import Config
from archlint.errors import UsageError
from archlint.plugins.registry import Registry

_MARKERS = (".git", ".archlint.yaml", ".archlint.yml")


@dataclass(frozen=True, slots=True)
class Project:
    """A project: its root, what is installed, and how it is configured."""

    root: Path
    registry: Registry
    config: Config


def project_options[F: Callable[..., Any]](command: F) -> F:
    """Add the options that choose the project and its configuration."""
    for option in reversed(
        (
            click.argument("paths", nargs=-1, type=click.Path()),
            click.option(
                "--config",
                "config_file",
                type=click.Path(dir_okay=False),
                help="Use this configuration file.",
            ),
            click.option(
                "--root",
                type=click.Path(file_okay=False),
                help="The project; nothing outside of it is read. [default: the git work tree]",
            ),
            click.option("--profile", help="recommended, strict, all, or one of a plugin."),
            click.option(
                "--select",
                multiple=True,
                help="Run only these rules or categories (repeat or separate by commas).",
            ),
            click.option("--ignore", multiple=True, help="Do not run these rules or categories."),
            click.option("--exclude", multiple=True, help="Leave out files that match this pattern."),
            click.option("--jobs", help="Processes: a number, or auto.  [default: auto]"),
            click.option("--no-cache", is_flag=True, help="Neither read nor write the cache."),
        )
    ):
        command = option(command)
    return command


def open_project(paths: tuple[str, ...], options: dict[str, Any]) -> Project:
    """Return the project that *paths* are in, configured by *options* over its files; raise `UsageError` or `ConfigError`."""
    registry = Registry.load()
    explicit = options.get("config_file")
    if explicit is not None and not Path(explicit).is_file():
        raise UsageError(f"`{explicit}` does not exist")
    root = Path(options["root"]) if options.get("root") else find_root(paths)
    if not root.is_dir():
        raise UsageError(f"`{root}` is not a folder")
    overrides = CliOverrides(
        profile=options.get("profile"),
        select=split(options.get("select", ())),
        ignore=split(options.get("ignore", ())),
        exclude=split(options.get("exclude", ())),
        fail_on=options.get("fail_on"),
        baseline=options.get("baseline"),
        jobs=options.get("jobs"),
        aggregate=not options.get("no_aggregate", False),
    )
    start = _folder(paths[0]) if paths else Path.cwd()
    config = load_config(
        root, registry, start=start, explicit=Path(explicit) if explicit else None, cli=overrides
    )
    return Project(root, registry, config)


def find_root(paths: tuple[str, ...]) -> Path:
    """Return the project of *paths*: the nearest folder above all of them that is a git work tree or has a configuration.

    Without one, the folder itself.
    """
    folders = [_folder(path) for path in paths] or [Path.cwd()]
    common = Path(os.path.commonpath([folder.resolve() for folder in folders]))
    for folder in (common, *common.parents):
        if any((folder / name).exists() for name in _MARKERS):
            return folder
    return common


def split(values: tuple[str, ...]) -> tuple[str, ...]:
    """Return repeated and comma-separated *values* as one tuple."""
    return tuple(part.strip() for value in values for part in value.split(",") if part.strip())


def _folder(path: str) -> Path:
    target = Path(path)
    while not target.is_dir():
        if target.parent == target:
            return Path.cwd()
        target = target.parent
    return target
