"""What several commands share: the options that choose a project, and the project itself."""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import click

from archlint.config.load import CliOverrides, load_config
from archlint.config.model import Config
from archlint.engine.pipeline import Request
from archlint.errors import ConfigError, UsageError
from archlint.plugins.registry import Registry
from archlint.source.garbage import uncollected

_PAUSE = 0.2
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


@uncollected(forever=True)
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
        baseline=os.path.abspath(options["baseline"]) if options.get("baseline") else None,
        jobs=options.get("jobs"),
        aggregate=not options.get("no_aggregate", False),
    )
    start = _folder(paths[0]) if paths else Path.cwd()
    config = load_config(
        root, registry, start=start, explicit=Path(explicit) if explicit else None, cli=overrides
    )
    return Project(root, registry, config)


def request_of(project: Project, paths: tuple[str, ...], options: dict[str, Any], **more: Any) -> Request:
    """Return the request to check *paths* (default: the working folder) of *project*, with progress on the terminal."""
    return Request(
        root=project.root,
        registry=project.registry,
        config=project.config,
        paths=paths if paths or more.get("stdin") else (".",),
        cache=not options["no_cache"],
        progress=Progress(),
        **more,
    )


class Progress:
    """Says on the terminal how far a run is, once it has taken a second."""

    def __init__(self) -> None:
        self._start = self._shown = time.monotonic()
        self._on = is_terminal(sys.stderr) and os.environ.get("TERM") != "dumb"
        self._visible = False

    def __call__(self, done: int, everything: int) -> None:
        """Show that *done* of *everything* files are checked; at the end, take the line away."""
        now = time.monotonic()
        if done >= everything:
            if self._visible:
                click.echo("\r\x1b[K", err=True, nl=False)
                self._visible = False
        elif self._on and now - self._start >= 1 and now - self._shown > _PAUSE:
            self._shown = now
            self._visible = True
            click.echo(f"\r\x1b[K{done} of {everything} files", err=True, nl=False)


def is_terminal(stream: TextIO | None) -> bool:
    """Tell whether *stream* is open and a terminal."""
    return stream is not None and not stream.closed and stream.isatty()


def registry_here() -> Registry:
    """Return what is installed, with the rules of the project around the working folder unless its configuration is broken."""
    try:
        return open_project((), {}).registry
    except ConfigError:
        return Registry.load()


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
