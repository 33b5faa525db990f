"""What changed since a git ref, so that a merge request hears of its own changes only."""

import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from archlint.errors import UsageError
from archlint.findings.finding import Finding
from archlint.source.location import Location

type Changes = dict[str, list[tuple[int, int]]]
"""Path, relative to the root, to ranges of changed lines (first, last); a file that is new as a whole has (1, a large number)."""

_HUNK = re.compile(r"@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@")
_ALL = (1, 1 << 30)
_SAFE = (
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.quotePath=false",
    "-c",
    "safe.bareRepository=explicit",
    "-c",
    "diff.noprefix=false",
)


def changed_since(root: Path, ref: str) -> Changes:
    """Return the lines below *root* that differ from the git *ref*, in the index and the work tree; untracked files are all new.

    Raise `UsageError` when there is no git, no repository or no such ref.
    """
    if shutil.which("git") is None:
        raise UsageError("`--since` needs git, which is not installed")
    if ref.startswith("-") or not _git(
        root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}"
    ):
        raise UsageError(f"`{ref}` is no commit of a git repository at `{root}`")
    text = _git(
        root,
        "diff",
        "--unified=0",
        "--no-color",
        "--no-ext-diff",
        "--no-textconv",
        "--no-renames",
        "--relative",
        ref,
        "--",
        ".",
    )
    changes = _parse(text)
    for path in _git(root, "ls-files", "--others", "--exclude-standard", "-z").split("\0"):
        if path:
            changes[path] = [_ALL]
    return changes


def only_changed(findings: Iterable[Finding], changes: Changes) -> list[Finding]:
    """Return the *findings* whose own place, or a related one, meets a change."""
    return [finding for finding in findings if any(_meets(at, changes) for at in _places(finding))]


def _places(finding: Finding) -> Sequence[Location]:
    return [finding.at, *(related.at for related in (*finding.related, *finding.flow))]


def _meets(at: Location, changes: Changes) -> bool:
    ranges = changes.get(at.path)
    if not ranges:
        return False
    if at.region is None:
        return True
    first, last = at.region.start_line, at.region.end_line
    return any(start <= last and first <= end for start, end in ranges)


def _parse(text: str) -> Changes:
    changes: Changes = {}
    path = ""
    for line in text.split("\n"):
        if line.startswith("+++ "):
            name = line[4:].rstrip("\t\r")
            path = "" if name == "/dev/null" else name.removeprefix('"').removesuffix('"').removeprefix("b/")
        elif path and (match := _HUNK.match(line)):
            start, count = int(match[1]), int(match[2] or 1)
            changes.setdefault(path, []).append((start, start + count - 1) if count else (start, start + 1))
    return changes


def _git(root: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - the arguments are ours; the ref was checked
            ("git", *_SAFE, *arguments),  # noqa: S607
            cwd=root,
            capture_output=True,
            check=False,
            timeout=120,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(f"git does not answer: {error}") from None
    return done.stdout.decode("utf-8", "surrogateescape") if done.returncode == 0 else ""
