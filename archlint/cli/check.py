"""`archlint check`."""

import os
import sys
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click

from archlint.cli.common import Project, open_project, project_options
from archlint.engine.pipeline import Outcome, Request, run
from archlint.errors import UsageError
from archlint.findings.report import Report, ReportOptions
from archlint.findings.severity import Severity
from archlint.source.files import write_atomic
from archlint.source.source import Source


@click.command()
@project_options
@click.option(
    "--format",
    "formats",
    multiple=True,
    metavar="NAME[=FILE]",
    help="Output format, and where to; repeatable.  [default: text]",
)
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "info", "never"]),
    help="The least severity that makes the exit status 1.  [default: error]",
)
@click.option(
    "--since",
    metavar="REF",
    help="Report only what meets lines changed since this git ref; the graph still sees everything.",
)
@click.option(
    "--baseline", type=click.Path(dir_okay=False), help="Report only findings that are not in this baseline."
)
@click.option("--statistics", is_flag=True, help="Count the findings per rule.")
@click.option("--show-suppressed", is_flag=True, help="Show suppressed and known findings as well.")
@click.option(
    "--no-aggregate", is_flag=True, help="Report every place, even where most of a document breaks a rule."
)
@click.option("--stdin-filename", metavar="PATH", help="Check standard input as if it were this file.")
def check(paths: tuple[str, ...], **options: Any) -> int:
    """Check files and folders (default: the current one), and report what breaks good design.

    Exit status: 0 nothing at or above --fail-on, 1 findings, 2 usage or configuration.
    """
    stdin = _stdin(paths, options.get("stdin_filename"))
    if stdin is not None:
        paths = tuple(path for path in paths if path != "-") or (stdin.path,)
    project = open_project(paths, options)
    outputs = [_output(text, project) for text in options["formats"] or ("text",)]
    outcome = run(_request(project, paths or (".",), stdin, options))
    for name, file in outputs:
        _write(project, outcome, name, file, options)
    return _status(outcome.report, project.config.fail_on)


def _request(
    project: Project, paths: tuple[str, ...], stdin: Source | None, options: dict[str, Any]
) -> Request:
    return Request(
        root=project.root,
        registry=project.registry,
        config=project.config,
        paths=paths,
        stdin=stdin,
        cache=not options["no_cache"],
        since=options.get("since") or "",
        show_suppressed=options["show_suppressed"],
        progress=Progress(),
    )


def _stdin(paths: tuple[str, ...], name: str | None) -> Source | None:
    if "-" not in paths and not name:
        return None
    return Source((name or "stdin.yaml").replace(os.sep, "/"), sys.stdin.buffer.read())


def _output(text: str, project: Project) -> tuple[str, str]:
    name, _, file = text.partition("=")
    if name not in project.registry.reporters:
        names = list(project.registry.reporters)
        close = get_close_matches(name, names, 1)
        hint = f", did you mean `{close[0]}`?" if close else f", it is one of {', '.join(names)}"
        raise UsageError(f"there is no format `{name}`{hint}")
    return name, file


def _write(project: Project, outcome: Outcome, name: str, file: str, options: dict[str, Any]) -> None:
    reporter = project.registry.reporters[name]
    settings = ReportOptions(
        colour=not file and use_colour(), width=_width(), statistics=options["statistics"]
    )
    text = reporter.render(outcome.report, settings)
    if file:
        try:
            write_atomic(Path(file), text.encode("utf-8", "backslashreplace"))
        except OSError as error:
            raise UsageError(f"`{file}` cannot be written: {(error.strerror or '').lower()}") from None
    else:
        click.echo(text, nl=False, color=settings.colour)


def use_colour() -> bool:
    """Tell whether standard output takes colours: a terminal, unless `NO_COLOR` or `FORCE_COLOR` says otherwise."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def _width() -> int:
    return os.get_terminal_size().columns if sys.stdout.isatty() else 120


def _status(report: Report, fail_on: str) -> int:
    if fail_on == "never":
        return 0
    least = Severity(fail_on)
    return int(any(finding.severity.rank <= least.rank for finding in report.reported))


class Progress:
    """Says on the terminal how far a run is, once it has taken a second."""

    def __init__(self) -> None:
        import time  # noqa: PLC0415

        self._clock = time.monotonic
        self._start = self._shown = self._clock()
        self._on = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def __call__(self, done: int, everything: int) -> None:
        """Show that *done* of *everything* files are checked."""
        now = self._clock()
        if not self._on or now - self._start < 1:
            return
        if done == everything:
            click.echo("\r\x1b[K", err=True, nl=False)
        elif now - self._shown > 0.2:  # noqa: PLR2004 - seconds between two updates
            self._shown = now
            click.echo(f"\r\x1b[K{done} of {everything} files", err=True, nl=False)
