"""What changed since a git ref, so that a merge request hears of its own changes only."""

import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from archlint.errors import UsageError
from archlint.findings.finding import Finding
from archlint.source.location import Location
from archlint.source.patterns import regex

type Changes = dict[str, list[tuple[int, int]]]
"""Path, relative to the root, to ranges of changed lines (first, last); a file that is new as a whole has (1, a large number)."""

_HUNK = regex(r"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_ESCAPE = regex(rb"\\([0-7]{3}|.)")
_ESCAPES = {b"a": b"\a", b"b": b"\b", b"t": b"\t", b"n": b"\n", b"v": b"\v", b"f": b"\f", b"r": b"\r"}
_ALL = (1, 1 << 30)
SAFE = (
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.quotePath=false",
    "-c",
    "safe.bareRepository=explicit",
)
"""What keeps git from running what a repository configures."""
_DIFF = (
    "diff",
    "--unified=0",
    "--inter-hunk-context=0",
    "--src-prefix=a/",
    "--dst-prefix=b/",
    "--text",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--no-renames",
    "--relative",
)
"""How git is asked: whatever the user's configuration or the attributes in the repository say, the same comes out."""


def changed_since(root: Path, ref: str) -> Changes:
    """Return the lines below *root* that differ from the git *ref*, in the index and the work tree; untracked files are all new.

    Raise `UsageError` when there is no git, no repository or no such ref.
    """
    commit_of(root, ref, "--since")
    changes = _parse(_git(root, *_DIFF, ref, "--", ".", needed=True))
    untracked = _git(root, "ls-files", "--others", "--exclude-standard", "-z", needed=True)
    changes |= {path: [_ALL] for path in untracked.split("\0") if path}
    return changes


def commit_of(root: Path, ref: str, option: str) -> str:
    """Return the commit that *ref*, given with *option*, names in the repository at *root*; raise `UsageError` when there is none."""
    if shutil.which("git") is None:
        raise UsageError(f"`{option}` needs git, which is not installed")
    wanted = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    commit = "" if ref.startswith("-") else _git(root, *wanted).strip()
    if not commit:
        raise UsageError(f"`{ref}` is no commit of a git repository at `{root}`")
    return commit


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
    """Return the changed lines in a diff without context; what the lines themselves say does not count."""
    changes: Changes = {}
    path = ""
    content = 0
    for line in text.split("\n"):
        if content and line.startswith(("+", "-")):
            content -= 1
        elif line.startswith("+++ "):
            path = _name(line[4:])
        elif match := _HUNK.match(line):
            removed, start, added = int(match[1] or 1), int(match[2]), int(match[3] or 1)
            content = removed + added
            last = start + added - 1 if added else start + 1
            changes.setdefault(path, []).append((start, last))
    changes.pop("", None)
    return changes


def _name(text: str) -> str:
    """Return the path that a `+++` line names, empty for a file that is gone; git quotes names with odd characters as C does."""
    text = text.removesuffix("\t")
    if text.startswith('"') and text.endswith('"'):
        raw = text[1:-1].encode("utf-8", "surrogateescape")
        text = _ESCAPE.sub(_unescaped, raw).decode("utf-8", "surrogateescape")
    return text.removeprefix("b/") if text.startswith("b/") else ""


def _unescaped(match: re.Match[bytes]) -> bytes:
    code = match[1]
    return bytes([int(code, 8)]) if code.isdigit() else _ESCAPES.get(code, code)


def _git(root: Path, *arguments: str, needed: bool = False) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - the arguments are ours; the ref was checked
            ("git", *SAFE, *arguments),  # noqa: S607
            cwd=root,
            capture_output=True,
            check=False,
            timeout=120,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(f"git does not answer: {error}") from None
    if needed and done.returncode:
        reason = " ".join(done.stderr.decode("utf-8", "replace").split())
        raise UsageError(f"git cannot say what changed: {reason}")
    return done.stdout.decode("utf-8", "surrogateescape") if done.returncode == 0 else ""
