"""The command `archlint`: sub-commands are imported when they are called, so that each starts as fast as it can."""

import importlib
import os
import sys

import click

import archlint
from archlint.cli.output import ReaderGone
from archlint.errors import ArchlintError
from archlint.source.garbage import uncollected

COMMANDS = {
    "baseline": "Write the known findings, so that later runs report new ones only.",
    "check": "Check files and folders, and report what breaks good design.",
    "clean": "Remove the cache.",
    "config": "Show, check or describe the configuration.",
    "explain": "Show the page of a rule, or what was understood of an API.",
    "facts": "Print what the documents say of the system, as JSON.",
    "graph": "Print the service graph.",
    "init": "Write a first configuration.",
    "new": "Write the file of a new rule.",
    "plugins": "List the installed plugins.",
    "rules": "List the rules.",
}
"""The sub-commands, each the function of the same name in the module of the same name."""


class _Commands(click.Group):
    """A group whose commands are imported on use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        with uncollected(forever=True):
            command = getattr(importlib.import_module(f"archlint.cli.{cmd_name}"), cmd_name)
        return command if isinstance(command, click.Command) else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches  # noqa: PLC0415 - for mistakes only

            close = get_close_matches(args[0], COMMANDS, 1)
            hint = f" Did you mean `{close[0]}`?" if close else ""
            raise click.UsageError(f"There is no command `{args[0]}`.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, text in sorted(COMMANDS.items())])


@click.group(
    cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(archlint.__version__, prog_name="archlint")
def cli() -> None:
    """Lint backend architecture: one service graph from all the artifacts of a repository, and rules over it."""


def main() -> None:
    """Run the command line and exit with its status: 0 nothing to report, 1 findings, 2 usage or configuration."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - for the life of the process
        getattr(sys, name).reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.exit(run())


def run(arguments: list[str] | None = None) -> int:
    """Run the command line and return its status: of those that `main` names, 130 after Ctrl-C, 141 when the reader went away."""
    try:
        status = cli.main(arguments, prog_name="archlint", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return 2
    except ArchlintError as error:
        click.echo(f"archlint: {error}", err=True)
        return 2
    except (click.Abort, KeyboardInterrupt):
        return 130
    except ReaderGone:
        return 141
    except Exception as error:
        if os.environ.get("ARCHLINT_DEBUG"):
            raise
        from archlint.findings.sanitize import plain  # noqa: PLC0415 - needed for this alone

        text = plain(f"{type(error).__name__}: {error}")
        click.echo(f"archlint: internal error: {text} (ARCHLINT_DEBUG=1 shows where)", err=True)
        return 2
    return status if isinstance(status, int) else 0


if __name__ == "__main__":
    main()
