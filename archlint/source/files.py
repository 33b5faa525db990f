"""Reading and writing files safely: regular files inside the project root, and nothing half-written."""

import os
import stat
import tempfile
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

_MIB = 1024 * 1024
MOST_BYTES = 64 * _MIB
"""Larger files are not read."""

PASSED_OVER = frozenset(
    (".git", ".hg", ".svn", ".jj", "node_modules", ".venv", "venv", "__pycache__", ".tox", ".mypy_cache")
)
"""Names of folders that nothing is looked for in."""


class FileRefused(Exception):  # noqa: N818 - says what happened, as `SyntaxFault` does
    """A file that is not read; the message says why, in lower case. `outside` tells paths that leave the root."""

    def __init__(self, reason: str, *, outside: bool = False, missing: bool = False) -> None:
        super().__init__(reason)
        self.outside = outside
        self.missing = missing


def read_bytes(root: str, path: str, *, limit: int = MOST_BYTES) -> bytes:
    """Return the content of the regular file *path* (relative to *root*, a real path); raise `FileRefused`.

    Symbolic links are followed as long as they stay inside the root.
    """
    try:
        full = os.path.realpath(os.path.join(root, path))
        if not _below(root, full):
            raise FileRefused("it is outside the project root", outside=True)
        handle = os.open(full, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError as error:
        raise FileRefused(_reason(error), missing=isinstance(error, FileNotFoundError)) from None
    except ValueError:
        raise FileRefused("no file has such a name", missing=True) from None
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise FileRefused("it is not a regular file")
        if status.st_size > limit:
            raise FileRefused(too_large(limit))
        parts = []
        left = limit + 1
        while left > 0 and (part := os.read(handle, min(left, 1 << 20))):
            parts.append(part)
            left -= len(part)
        if left <= 0:
            raise FileRefused(too_large(limit))
        return b"".join(parts)
    except OSError as error:
        raise FileRefused(_reason(error)) from None
    finally:
        os.close(handle)


def files_named(root: str, names: Collection[str]) -> list[str]:
    """Return the paths of all regular files below *root* that have one of *names*, relative to it and sorted; links are not followed."""
    found: list[str] = []
    pending = [""]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(os.path.join(root, folder)) as scan:
                for entry in scan:
                    path = f"{folder}/{entry.name}" if folder else entry.name
                    if entry.is_dir(follow_symlinks=False):
                        if entry.name not in PASSED_OVER:
                            pending.append(path)
                    elif entry.name in names and entry.is_file(follow_symlinks=False):
                        found.append(path)
        except OSError:
            continue
    return sorted(found)


def inside(root: str, path: str) -> bool:
    """Tell whether *path*, with all symbolic links followed, lies in *root*, which is a real path."""
    return _below(root, os.path.realpath(path))


def too_large(limit: int = MOST_BYTES) -> str:
    """Return why a file of more than *limit* bytes is not read."""
    return f"it is larger than {limit // _MIB} MiB" if limit >= _MIB else f"it is larger than {limit} bytes"


def write_atomic(path: Path, data: bytes) -> None:
    """Write *data* to *path*: the old or the new file, never less. Mode and symbolic links are kept; raise `OSError`.

    What is no regular file, such as `/dev/stdout`, is written to and not replaced.
    """
    if path.exists() and not path.is_file():
        path.write_bytes(data)
        return
    target = Path(os.path.realpath(path))
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            os.chmod(name, stat.S_IMODE(target.stat().st_mode))
        else:
            mask = os.umask(0)
            os.umask(mask)
            os.chmod(name, 0o666 & ~mask)
        os.replace(name, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise


def _below(root: str, real: str) -> bool:
    return real == root or real.startswith(root.rstrip(os.sep) + os.sep)


def _reason(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "the file does not exist"
    text = (error.strerror or type(error).__name__).lower()
    return f"it cannot be read: {text}"
