"""The errors that archlint raises: one small tree, and nothing else leaves the engine."""

from collections.abc import Iterable


class ArchlintError(Exception):
    """Any error that is the user's to mend; the message is shown as it is."""


class UsageError(ArchlintError):
    """The command line asks for something that cannot be done."""


class ConfigError(ArchlintError):
    """The configuration is wrong.

    `path`, `line` and `column` (both from 1) say where, when it is known.
    """

    def __init__(self, message: str, *, path: str = "", line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.path = path
        self.line = line
        self.column = column

    def __str__(self) -> str:
        """Return `path:line:column: message`, as far as the place is known."""
        place = self.path
        if self.line:
            place += f":{self.line}:{self.column}"
        message = super().__str__()
        return f"{place}: {message}" if place else message


class PluginError(ArchlintError):
    """A plugin cannot be loaded or breaks the contract of a hook; the message names it and its version."""


def hint(name: str, names: Iterable[str]) -> str:
    """Return `, did you mean …?` when one of *names* is close to *name*, else nothing."""
    from difflib import get_close_matches  # noqa: PLC0415 - for mistakes only

    close = get_close_matches(name, list(names), 1)
    return f", did you mean `{close[0]}`?" if close else ""
