"""A project as it was at a git ref, written to a folder of its own."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from archlint.engine.since import SAFE, commit_of
from archlint.errors import UsageError
from archlint.source.files import MOST_BYTES

_REGULAR = ("100644", "100755")


@contextmanager
def snapshot(root: Path, ref: str, option: str) -> Iterator[Path]:
    """Yield a temporary folder with the files below *root* as they are in *ref*, which *option* named.

    Contents come straight from the object database: no filter, hook or attribute of the repository runs. Links and files too large to
    be read are left out. Raise `UsageError` when there is no git, no repository or no such ref.
    """
    commit = commit_of(root, ref, option)
    with tempfile.TemporaryDirectory(prefix="archlint-") as name:
        folder = Path(name)
        entries = list(_entries(root, commit))
        blobs = "".join(f"{blob}\n" for blob, _ in entries).encode()
        done = _git(root, "cat-file", "--batch", given=blobs)
        at = 0
        for _, path in entries:
            end = done.index(b"\n", at)
            size = int(done[at:end].rpartition(b" ")[2])
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(done[end + 1 : end + 1 + size])
            at = end + 1 + size + 1
        yield folder


def _entries(root: Path, commit: str) -> Iterator[tuple[str, str]]:
    """Yield object name and path, relative to *root*, of the files in *commit*."""
    for entry in _git(root, "ls-tree", "-r", "-l", "-z", commit).split(b"\0"):
        fields, _, path = entry.partition(b"\t")
        mode, _, blob, size = fields.decode().split() if path else ("", "", "", "-")
        if mode in _REGULAR and int(size) <= MOST_BYTES:
            yield blob, os.fsdecode(path)


def _git(root: Path, *arguments: str, given: bytes = b"") -> bytes:
    try:
        done = subprocess.run(  # noqa: S603 - the arguments are ours; the commit was resolved
            ("git", *SAFE, *arguments),  # noqa: S607
            cwd=root,
            input=given,
            capture_output=True,
            check=True,
            timeout=600,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise UsageError(f"git cannot say what the project was: {error}") from None
    return done.stdout
