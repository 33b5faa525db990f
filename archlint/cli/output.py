"""Writing to standard output: in one go, and quiet when the reader has gone away."""

import os
import sys

from archlint.errors import UsageError


class ReaderGone(Exception):  # noqa: N818 - no error: `| head` is content with what it has
    """Whoever reads standard output has closed it."""


def emit(text: str) -> None:
    """Write *text* to standard output, ANSI escapes and all; raise `ReaderGone`, or `UsageError` when it cannot be written."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        silence()
        raise ReaderGone from None
    except OSError as error:
        silence()
        raise UsageError(
            f"standard output cannot be written: {(error.strerror or str(error)).lower()}"
        ) from None


def silence() -> None:
    """Keep Python from complaining at its end that standard output cannot be flushed."""
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
    except (OSError, ValueError):
        return
