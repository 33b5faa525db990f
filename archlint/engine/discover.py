"""Which files to look at."""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from archlint.config.model import glob_matches
from archlint.engine.ignore import IgnoreFile
from archlint.errors import UsageError
from archlint.findings.report import Notice
from archlint.findings.severity import Severity
from archlint.source.files import MOST_BYTES, PASSED_OVER, inside, too_large

NAMES = ("*.yaml", "*.yml", "*.json")
"""File names that may hold one of the data formats."""

_MOST_IGNORE_BYTES = 1 << 20

type _Ignores = tuple[IgnoreFile, ...]


@dataclass(frozen=True, slots=True)
class Discovered:
    """The files to check, relative to the root and sorted, and what was passed over."""

    files: tuple[str, ...]
    skipped: tuple[Notice, ...]


def discover(
    root: Path, paths: Sequence[str], *, exclude: Sequence[str] = (), patterns: Sequence[str] = ()
) -> Discovered:
    """Return the candidates among *paths*, files and folders (glob patterns too) relative to the working folder.

    Folders are walked as git would, respecting every `.gitignore`; files and folders that are named are taken even if they are
    ignored. *exclude* holds glob patterns relative to *root*, which win over all. *patterns* are more file names than those of
    the data formats. Links are followed inside the root; a file is found once. Raise `UsageError` for a path that does not
    exist or lies outside the root.
    """
    walk = _Walk(os.path.realpath(root), tuple(exclude), (*NAMES, *patterns))
    for path in paths:
        if os.path.lexists(path):
            walk.add(path)
        else:
            walk.add_matches(path)
    return walk.result()


class _Walk:
    def __init__(self, root: str, exclude: tuple[str, ...], names: tuple[str, ...]) -> None:
        self.root = root
        self._exclude = exclude
        endings = [name[1:] for name in names if name.startswith("*.") and not _is_pattern(name[1:])]
        self._endings = tuple(endings)
        self._names = tuple(name for name in names if name[1:] not in endings)
        self._files: set[str] = set()
        self._links: dict[str, str] = {}
        self._skipped: dict[str, str] = {}
        self._linked_folders: list[str] = []
        self._seen: set[tuple[int, int]] = set()

    def result(self) -> Discovered:
        """Return what was found, links last: what they lead to counts when it was found by itself."""
        while self._linked_folders:
            path = self._relative(self._linked_folders.pop())
            if not self._is_passed_over(path):
                self._walk(path, self._ignores_above(path))
        leads_to = set(self._files)
        for path, real in sorted(self._links.items()):
            if real not in leads_to:
                leads_to.add(real)
                self._files.add(path)
        skipped = [Notice(Severity.WARNING, reason, path) for path, reason in sorted(self._skipped.items())]
        return Discovered(tuple(sorted(self._files)), tuple(skipped))

    def add(self, target: str) -> None:
        """Take the file or folder *target*, which somebody named."""
        full = os.path.realpath(target)
        folder = os.path.isdir(full)
        if not folder:
            above, name = os.path.split(os.path.abspath(target))
            full = os.path.join(os.path.realpath(above), name)
        if full != self.root and not full.startswith(self.root.rstrip(os.sep) + os.sep):
            raise UsageError(f"`{target}` is outside the project root `{self.root}`")
        path = self._relative(full)
        if folder:
            ignores = self._ignores_above(path)
            self._walk(path, () if self._is_ignored_below(path) else ignores)
        elif not self._excluded(path) and self._is_readable(path, full, linked=os.path.islink(full)):
            self._files.add(path)

    def add_matches(self, pattern: str) -> None:
        """Take what matches the glob *pattern*."""
        base = Path(Path(pattern).anchor)
        below = str(Path(pattern).relative_to(base)) if base.anchor else pattern
        found = sorted(base.glob(below)) if _is_pattern(pattern) else []
        kept = [
            path
            for path in found
            if not any(part in PASSED_OVER and part not in pattern for part in path.parts)
            and (path.is_dir() or "." in os.path.basename(pattern) or self._is_candidate(path.name))
        ]
        if not kept:
            raise UsageError(f"`{pattern}` does not exist")
        for path in kept:
            self.add(str(path))

    def _relative(self, full: str) -> str:
        path = os.path.relpath(full, self.root).replace(os.sep, "/")
        return "" if path == "." else path

    def _ignores_above(self, path: str) -> _Ignores:
        """Return the ignore files that speak of *path*: of the repository and of all folders above."""
        parts = path.split("/") if path else []
        ignores = self._ignore_file("", ".git/info/exclude")
        for depth in range(len(parts)):
            ignores += self._ignore_file("/".join(parts[:depth]), ".gitignore")
        return ignores

    def _is_ignored_below(self, path: str) -> bool:
        """Tell whether git ignores the folder *path* or one above it."""
        parts = path.split("/") if path else []
        ignores = self._ignores_above(path)
        return any(
            _ignored("/".join(parts[:depth]), ignores, folder=True) for depth in range(1, len(parts) + 1)
        )

    def _is_passed_over(self, path: str) -> bool:
        parts = path.split("/")
        return not PASSED_OVER.isdisjoint(parts) or self._excluded(path) or self._is_ignored_below(path)

    def _ignore_file(self, base: str, name: str) -> _Ignores:
        path = os.path.join(self.root, base, name)
        try:
            if not stat.S_ISREG(os.lstat(path).st_mode):
                return ()
            with open(path, encoding="utf-8-sig", errors="replace", newline="") as file:
                lines = file.read(_MOST_IGNORE_BYTES).split("\n")
        except OSError:
            return ()
        return (IgnoreFile(base, lines),)

    def _walk(self, top: str, ignores: _Ignores) -> None:
        pending = [(top, ignores)]
        while pending:
            path, known = pending.pop()
            full = os.path.join(self.root, path) if path else self.root
            try:
                status = os.stat(full)
                with os.scandir(full) as scan:
                    entries = list(scan)
            except OSError as error:
                self._skip(path, f"the folder cannot be read: {(error.strerror or '').lower()}")
                continue
            if (status.st_dev, status.st_ino) in self._seen:
                continue
            self._seen.add((status.st_dev, status.st_ino))
            if any(entry.name == ".gitignore" for entry in entries):
                known += self._ignore_file(path, ".gitignore")
            pending.extend((below, known) for below in self._entries(path, entries, known))

    def _entries(self, path: str, entries: list[os.DirEntry[str]], ignores: _Ignores) -> Iterator[str]:
        """Take the files among *entries*, and yield the folders to walk."""
        for entry in entries:
            name = entry.name
            below = f"{path}/{name}" if path else name
            linked = entry.is_symlink()
            folder = os.path.isdir(entry.path) if linked else entry.is_dir(follow_symlinks=False)
            if folder:
                if name in PASSED_OVER or _ignored(below, ignores, folder=True) or self._excluded(below):
                    continue
                if not linked and self._is_text(below):
                    yield below
                elif linked and inside(self.root, entry.path):
                    self._linked_folders.append(os.path.realpath(entry.path))
                elif linked:
                    self._skip(below, "it leads outside the project root")
            elif self._is_candidate(name) and not (
                _ignored(below, ignores, folder=False) or self._excluded(below)
            ):
                self._take(below, entry, linked=linked)

    def _take(self, path: str, entry: os.DirEntry[str], *, linked: bool) -> None:
        if not self._is_readable(path, entry.path, linked=linked):
            return
        if linked:
            self._links[path] = self._relative(os.path.realpath(entry.path))
        else:
            self._files.add(path)

    def _is_readable(self, path: str, full: str, *, linked: bool) -> bool:
        try:
            status = os.stat(full)
        except OSError as error:
            self._skip(path, f"it cannot be read: {(error.strerror or '').lower()}")
            return False
        if linked and not inside(self.root, full):
            self._skip(path, "it leads outside the project root")
        elif not stat.S_ISREG(status.st_mode):
            self._skip(path, "it is not a regular file")
        elif status.st_size > MOST_BYTES:
            self._skip(path, too_large())
        else:
            return self._is_text(path)
        return False

    def _is_text(self, path: str) -> bool:
        """Tell whether *path* can be written in a report, and say so when it cannot."""
        try:
            path.encode()
        except UnicodeEncodeError:
            self._skip(path, "its name is not UTF-8")
            return False
        return True

    def _skip(self, path: str, reason: str) -> None:
        self._skipped[os.fsencode(path).decode("utf-8", "replace")] = reason

    def _is_candidate(self, name: str) -> bool:
        return name.lower().endswith(self._endings) or any(fnmatch(name, pattern) for pattern in self._names)

    def _excluded(self, path: str) -> bool:
        return any(glob_matches(path, pattern) for pattern in self._exclude)


def _is_pattern(text: str) -> bool:
    return any(mark in text for mark in "*?[")


def _ignored(path: str, ignores: _Ignores, *, folder: bool) -> bool:
    for ignore in reversed(ignores):
        said = ignore.says(path, folder=folder)
        if said is not None:
            return said
    return False
