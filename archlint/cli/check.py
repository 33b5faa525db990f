"""`archlint check`."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from shutil import get_terminal_size
from typing import Any

import click

from archlint.cli.common import Project, is_terminal, open_project, project_options, request_of
from archlint.cli.others import facts_of_others
from archlint.cli.output import emit
from archlint.engine.pipeline import Outcome, Request, run
from archlint.errors import UsageError, hint
from archlint.findings.report import Report, Reporter, ReportOptions
from archlint.findings.sanitize import plain
from archlint.findings.severity import Severity
from archlint.source.files import write_atomic
from archlint.source.source import Source

_STDIN = "stdin.yaml"


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
@click.option("--fix", is_flag=True, help="Apply the safe fixes, then report what is left.")
@click.option("--diff", is_flag=True, help="Show what --fix would change, and change nothing.")
@click.option(
    "--unsafe-fixes", is_flag=True, help="With --fix or --diff: also fixes that may change the meaning."
)
@click.option("--stdin-filename", metavar="PATH", help="Check standard input as if it were this file.")
@click.option(
    "--facts",
    multiple=True,
    type=click.Path(),
    help="Facts of other repositories, as `archlint facts` prints them: a file, or a folder of such.",
)
def check(paths: tuple[str, ...], **options: Any) -> int:
    """Check files and folders (default: the current one), and report what breaks good design. `-` is standard input.

    Exit status: 0 nothing at or above --fail-on (with --diff: nothing to change), 1 findings, 2 usage or configuration.
    """
    outputs = _outputs(options["formats"])
    others = tuple(path for path in paths if path != "-")
    name = _stdin_name(paths, others, options)
    project = open_project((*others, name) if name else others, options)
    reporters = [_reporter(output, project) for output, _ in outputs]
    stdin = _stdin(name, project) if name else None
    request = request_of(
        project,
        others,
        options,
        stdin=stdin,
        facts=facts_of_others(options["facts"]),
        since=options["since"] or "",
        show_suppressed=options["show_suppressed"],
    )
    if options["diff"]:
        return _diff(request, unsafe=options["unsafe_fixes"])
    outcome = _fixed(request, unsafe=options["unsafe_fixes"]) if options["fix"] else run(request)
    for reporter, (_, file) in zip(reporters, outputs, strict=True):
        _write(reporter, outcome, project, file, options)
    if not outcome.report.documents and not outcome.report.findings:
        click.echo("archlint: there is no document of a known format here", err=True)
    return _status(outcome.report, project.config.fail_on)


def _diff(request: Request, *, unsafe: bool) -> int:
    """Print what would change; return 1 when there is something."""
    from archlint.engine.repair import repair  # noqa: PLC0415 - most runs fix nothing

    text = repair(request, unsafe=unsafe).diff()
    emit(text)
    return int(bool(text))


def _fixed(request: Request, *, unsafe: bool) -> Outcome:
    """Fix what can be fixed, say on standard error what was done, and return what is left."""
    from archlint.engine.repair import repair, write  # noqa: PLC0415 - most runs fix nothing

    repaired = repair(request, unsafe=unsafe)
    try:
        moved = write(repaired, request.root)
    except OSError as error:
        raise UsageError(
            f"a fixed file cannot be written: {(error.strerror or str(error)).lower()}"
        ) from None
    if moved:
        names = ", ".join(f"`{plain(path)}`" for path in moved)
        raise UsageError(f"{names} changed during the run, and nothing was written to what changed")
    if repaired.changes:
        fixes = "1 fix" if repaired.applied == 1 else f"{repaired.applied} fixes"
        files = "1 file" if len(repaired.changes) == 1 else f"{len(repaired.changes)} files"
        click.echo(f"made {fixes} in {files}", err=True)
    return repaired.outcome


def _stdin_name(paths: tuple[str, ...], others: tuple[str, ...], options: dict[str, Any]) -> str:
    """Return what standard input is called; an empty text when it is not read."""
    name: str = options["stdin_filename"] or ""
    if "-" not in paths and not name:
        return ""
    if "-" not in paths and others:
        raise UsageError("`--stdin-filename` names standard input, give `-` to check it beside other paths")
    if options["fix"] or options["diff"]:
        raise UsageError("standard input is not fixed, `--fix` and `--diff` take files")
    return name or _STDIN


def _stdin(name: str, project: Project) -> Source:
    path = os.path.relpath(os.path.abspath(name), os.path.abspath(project.root)).replace(os.sep, "/")
    if path.startswith("../"):
        raise UsageError(f"`{name}` is outside the project root")
    return Source(path, sys.stdin.buffer.read() if sys.stdin is not None else b"")


def _outputs(texts: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return the names of the formats and the files they go to; raise `UsageError` when two go to one place."""
    outputs = [(name, file) for name, _, file in (text.partition("=") for text in texts or ("text",))]
    seen: dict[str, str] = {}
    for name, file in outputs:
        if file in seen:
            place = f"`{file}`" if file else "standard output"
            raise UsageError(
                f"`{seen[file]}` and `{name}` both go to {place}; `--format {name}=FILE` writes a file"
            )
        seen[file] = name
    return outputs


def _reporter(name: str, project: Project) -> Reporter:
    reporters = project.registry.reporters
    if name not in reporters:
        advice = hint(name, reporters) or f", it is one of {', '.join(reporters)}"
        raise UsageError(f"there is no format `{name}`{advice}")
    return reporters[name]


def _write(
    reporter: Reporter, outcome: Outcome, project: Project, file: str, options: dict[str, Any]
) -> None:
    settings = ReportOptions(
        colour=not file and use_colour(),
        width=_width(),
        statistics=options["statistics"],
        shown_path=_shown(project.root, unnamed=not options["stdin_filename"]),
    )
    text = reporter.render(outcome.report, settings)
    if not file:
        emit(text)
        return
    try:
        write_atomic(Path(file), text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise UsageError(f"`{file}` cannot be written: {(error.strerror or str(error)).lower()}") from None


def _shown(root: Path, *, unnamed: bool) -> Callable[[str], str]:
    """Return a function from a path below *root* to the same relative to the working folder, as an editor opens it.

    Standard input is `<stdin>` where it is *unnamed*; reports for machines have a path there.
    """
    top, here = os.path.realpath(root), os.path.realpath(os.curdir)
    stdin = os.path.relpath(os.path.join(here, _STDIN), top).replace(os.sep, "/") if unnamed else ""

    def shown(path: str) -> str:
        if path == stdin and path and not os.path.exists(os.path.join(top, path)):
            return "<stdin>"
        return os.path.relpath(os.path.join(top, path), here) if path and top != here else path

    return shown


def use_colour() -> bool:
    """Tell whether standard output takes colours: a terminal, unless `NO_COLOR` or `FORCE_COLOR` says otherwise."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in {"", "0"}:
        return True
    return is_terminal(sys.stdout) and os.environ.get("TERM") != "dumb"


def _width() -> int:
    return (get_terminal_size((120, 24)).columns or 120) if is_terminal(sys.stdout) else 120


def _status(report: Report, fail_on: str) -> int:
    if fail_on == "never":
        return 0
    least = Severity(fail_on)
    return int(any(finding.severity.rank <= least.rank for finding in report.reported))
