"""Which files to look at."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from archlint.config.model import glob_matches
from archlint.errors import UsageError
from archlint.findings.report import Notice
from archlint.findings.severity import Severity
from archlint.source.files import MOST_BYTES, inside

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

NAMES = ("*.yaml", "*.yml", "*.json")
"""File names that may hold one of the data formats."""

_NEVER = frozenset(
    (".git", ".hg", ".svn", "node_modules", ".venv", "venv", "__pycache__", ".tox", ".mypy_cache")
)


@dataclass(frozen=True, slots=True)
class Discovered:
    """The files to check, relative to the root and sorted, and what was passed over."""

    files: tuple[str, ...]
    skipped: tuple[Notice, ...]


@dataclass(frozen=True, slots=True)
class _Ignore:
    """The patterns of one `.gitignore`; `base` is its folder, relative to the root."""

    base: str
    spec: "GitIgnoreSpec"

    def says(self, path: str, *, folder: bool) -> bool | None:
        """Tell whether *path* is ignored (`None`: no pattern speaks of it)."""
        name = path[len(self.base) + 1 :] if self.base else path
        return self.spec.check_file(name + "/" if folder else name).include


def discover(
    root: Path, paths: Sequence[str], *, exclude: Sequence[str] = (), patterns: Sequence[str] = ()
) -> Discovered:
    """Return the candidates among *paths*, files and folders (glob patterns too) relative to the working folder.

    Folders are walked as git would, respecting every `.gitignore`; files that are named are taken even if they are ignored.
    *exclude* holds glob patterns relative to *root*, which win over all. *patterns* are more file names than those of the data
    formats. Raise `UsageError` for a path that does not exist or lies outside the root.
    """
    walk = _Walk(os.path.realpath(root), tuple(exclude), (*NAMES, *patterns))
    for path in paths:
        for target in _expand(path):
            walk.add(target)
    return Discovered(tuple(sorted(walk.files)), tuple(walk.skipped))


def _expand(path: str) -> Iterable[Path]:
    target = Path(path)
    if target.exists() or target.is_symlink():
        return [target]
    if any(mark in path for mark in "*?["):
        base = Path(target.anchor) if target.is_absolute() else Path()
        pattern = str(target.relative_to(target.anchor)) if target.is_absolute() else path
        found = sorted(base.glob(pattern))
        if found:
            return found
    raise UsageError(f"`{path}` does not exist")


class _Walk:
    def __init__(self, root: str, exclude: tuple[str, ...], names: tuple[str, ...]) -> None:
        self.root = root
        self.files: set[str] = set()
        self.skipped: list[Notice] = []
        self._exclude = exclude
        self._endings = tuple(
            name[1:] for name in names if name.startswith("*.") and not any(c in name[1:] for c in "*?[")
        )
        self._names = tuple(
            name for name in names if not name.startswith("*.") or any(c in name[1:] for c in "*?[")
        )
        self._seen: set[tuple[int, int]] = set()

    def add(self, target: Path) -> None:
        full = (
            os.path.realpath(target)
            if target.is_dir()
            else os.path.join(os.path.realpath(target.parent), target.name)
        )
        if full != self.root and not full.startswith(self.root.rstrip(os.sep) + os.sep):
            raise UsageError(f"`{target}` is outside the project root `{self.root}`")
        path = os.path.relpath(full, self.root).replace(os.sep, "/")
        path = "" if path == "." else path
        if not os.path.isdir(full):
            if not self._excluded(path):
                self._take(path, full, named=True)
            return
        self._folder(path, self._ignores_above(path))

    def _ignores_above(self, path: str) -> tuple[_Ignore, ...]:
        """Return the ignore files of all folders above *path*, the root's first."""
        parts = path.split("/") if path else []
        ignores = self._ignore_file("", ".git/info/exclude")
        for depth in range(len(parts)):
            ignores += self._ignore_file("/".join(parts[:depth]), ".gitignore")
        return ignores

    def _ignore_file(self, base: str, name: str) -> tuple[_Ignore, ...]:
        path = os.path.join(self.root, base, name)
        if not inside(self.root, path):
            return ()
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                lines = file.read(1 << 20).splitlines()
        except OSError:
            return ()
        from pathspec import GitIgnoreSpec  # noqa: PLC0415 - most small runs see no ignore file

        return (_Ignore(base, GitIgnoreSpec.from_lines(lines)),)

    def _folder(self, top: str, ignores: tuple[_Ignore, ...]) -> None:
        pending = [(top, ignores)]
        while pending:
            path, known = pending.pop()
            full = os.path.join(self.root, path) if path else self.root
            try:
                status = os.stat(full)
                entries = sorted(os.scandir(full), key=lambda entry: entry.name)
            except OSError as error:
                self._skip(path, f"the folder cannot be read: {(error.strerror or '').lower()}")
                continue
            if (status.st_dev, status.st_ino) in self._seen:
                continue
            self._seen.add((status.st_dev, status.st_ino))
            if any(entry.name == ".gitignore" for entry in entries):
                known += self._ignore_file(path, ".gitignore")
            pending.extend(self._entries(path, entries, known))

    def _entries(
        self, path: str, entries: list[os.DirEntry[str]], ignores: tuple[_Ignore, ...]
    ) -> Iterator[tuple[str, tuple[_Ignore, ...]]]:
        for entry in entries:
            below = f"{path}/{entry.name}" if path else entry.name
            try:
                folder = entry.is_dir()
                linked = entry.is_symlink()
            except OSError:
                continue
            if folder:
                if (
                    entry.name in _NEVER
                    or self._ignored(below, ignores, folder=True)
                    or self._excluded(below)
                ):
                    continue
                if linked and not inside(self.root, entry.path):
                    self._skip(below, "it leads outside the project root")
                else:
                    yield below, ignores
            elif self._is_candidate(entry.name) and not (
                self._ignored(below, ignores, folder=False) or self._excluded(below)
            ):
                self._take(below, entry.path, named=False)

    def _take(self, path: str, full: str, *, named: bool) -> None:
        try:
            status = os.stat(full)
        except OSError as error:
            self._skip(path, f"it cannot be read: {(error.strerror or '').lower()}")
            return
        if not os.path.isfile(full):
            self._skip(path, "it is not a regular file")
        elif not inside(self.root, full):
            self._skip(path, "it leads outside the project root")
        elif status.st_size > MOST_BYTES:
            self._skip(path, f"it is larger than {MOST_BYTES // (1024 * 1024)} MiB")
        elif named or (status.st_dev, status.st_ino) not in self._seen:
            self.files.add(path)

    def _skip(self, path: str, reason: str) -> None:
        self.skipped.append(Notice(Severity.WARNING, reason, path))

    def _is_candidate(self, name: str) -> bool:
        return name.endswith(self._endings) or any(fnmatch(name, pattern) for pattern in self._names)

    def _excluded(self, path: str) -> bool:
        return any(glob_matches(path, pattern) for pattern in self._exclude)

    @staticmethod
    def _ignored(path: str, ignores: tuple[_Ignore, ...], *, folder: bool) -> bool:
        for ignore in reversed(ignores):
            said = ignore.says(path, folder=folder)
            if said is not None:
                return said
        return False
