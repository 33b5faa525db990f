"""Results of the map step, kept between runs.

A result is valid when the file, every file and folder it looked at, the configuration and the versions of archlint and its plugins are what
they were. Contents decide: a file counts as unchanged without being read only when its size, its times of modification and
of status change and its inode are as recorded and the times lie well before the recording (as git's index does it, since a file that is written twice within one tick of the clock
would look unchanged).

One file per project, in the user's cache folder, encoded as MessagePack; never in the repository, never pickled. Whatever is wrong with it is a
miss.
"""

import os
import stat
import time
from collections.abc import Iterable
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, field

from archlint.engine.check import Checked
from archlint.source.files import files_named, write_atomic

_FORMAT = 3
_RACY = 2_000_000_000
_TICK = 20_000_000
_MOST_BYTES = 512 * 1024 * 1024
_OLD = 30 * 24 * 3600


class Stamp(Struct, array_like=True):
    """What a path was: size, times in ns, inode, and the digest of its content (of its listing, for a folder).

    `changed` is the time of the last change of status, which nobody can set; `seen` is when the stamp was taken.
    """

    size: int
    modified: int
    changed: int
    inode: int
    digest: str
    seen: int


class Entry(Struct, array_like=True):
    """A result with the digest of each path it depends on, its own among them.

    Encoded by itself, so that only what is used is decoded.
    """

    digests: dict[str, str]
    result: msgspec.Raw


class Store(Struct):
    """The cache of one project."""

    format: int
    key: str
    stamps: dict[str, Stamp] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)


def cache_folder() -> Path:
    """Return the folder of all caches: `archlint` in the user's cache folder (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_CACHE_HOME")
    if base and os.path.isabs(base):
        return Path(base, "archlint")
    with suppress(RuntimeError):
        return Path.home() / ".cache" / "archlint"
    return Path("/nonexistent/archlint")


class Cache:
    """The results of one project; `get` before checking a file, `put` after, `save` at the end."""

    def __init__(self, root: Path, key: str, *, folder: Path | None = None) -> None:
        self._root = os.path.realpath(root)
        self._path = (
            folder or cache_folder()
        ) / f"{_hash(self._root.encode('utf-8', 'surrogateescape'))}.msgpack"
        self._key = key
        self._store = self._load()
        self._now: dict[str, str] = {}
        self._paths: dict[str, list[str]] = {}
        self._made: set[str] = set()
        self._kept: dict[str, Entry] = {}
        self._changed = False
        self._started = time.time_ns()

    def get(self, path: str) -> Checked | None:
        """Return the result for *path*, if nothing that it depends on has changed."""
        entry = self._store.entries.get(path)
        if entry is None or any(self._digest(name) != digest for name, digest in entry.digests.items()):
            return None
        try:
            checked = msgspec.msgpack.decode(entry.result, type=Checked)
        except (msgspec.DecodeError, ValueError):
            return None
        self._kept[path] = entry
        return checked

    def put(self, checked: Checked) -> None:
        """Keep *checked* for later runs, unless something that it depends on was written since this one began."""
        names = (checked.path, *checked.dependencies)
        if any(self._is_new(name) for name in names):
            return
        self._changed = True
        self._made.add(checked.path)
        result = msgspec.Raw(msgspec.msgpack.encode(checked))
        self._kept[checked.path] = Entry({name: self._digest(name) for name in names}, result)

    def save(self) -> None:
        """Write what this run used or made; failing is no matter, and a run at the same time loses at most its own entries."""
        changed = {name for name, paths in self._paths.items() if any(self._is_new(path) for path in paths)}
        if changed:
            self._kept = {
                path: entry
                for path, entry in self._kept.items()
                if path not in self._made or changed.isdisjoint(entry.digests)
            }
        if not self._changed and len(self._kept) == len(self._store.entries):
            return
        data = self._encode({**self._store.entries, **self._kept})
        if len(data) > _MOST_BYTES:
            data = self._encode(self._kept)
        if len(data) > _MOST_BYTES:
            return
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_atomic(self._path, data)
            _forget(self._path.parent, keep=self._path.name)

    def _encode(self, entries: dict[str, Entry]) -> bytes:
        """Return the store with *entries*, without those of files that are no more."""
        there = {
            path: entry
            for path, entry in entries.items()
            if path in self._kept or os.path.lexists(os.path.join(self._root, path))
        }
        names = {name for entry in there.values() for name in entry.digests}
        stamps = {name: stamp for name, stamp in self._store.stamps.items() if name in names}
        return msgspec.msgpack.encode(Store(_FORMAT, self._key, stamps, there))

    def _load(self) -> Store:
        empty = Store(_FORMAT, self._key)
        try:
            status = self._path.stat()
            if (
                not stat.S_ISREG(status.st_mode)
                or status.st_size > _MOST_BYTES
                or (hasattr(os, "getuid") and status.st_uid != os.getuid())
            ):
                return empty
            store = msgspec.msgpack.decode(self._path.read_bytes(), type=Store)
        except (OSError, msgspec.DecodeError, ValueError):
            return empty
        return store if store.format == _FORMAT and store.key == self._key else empty

    def _digest(self, name: str) -> str:
        """Return the digest of what is at *name* now, without reading it where the recorded stamp allows that."""
        if name in self._now:
            return self._now[name]
        if name.startswith("**/"):
            return self._remember(name, self._digest_of_named(name))
        full = os.path.join(self._root, name)
        known = self._store.stamps.get(name)
        try:
            status = os.stat(full)
        except OSError:
            return self._remember(name, "missing")
        now = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
        if (
            known is not None
            and (known.size, known.modified, known.changed, known.inode) == now
            and known.seen - max(known.modified, known.changed) > _RACY
        ):
            return self._remember(name, known.digest)
        digest = _digest_of(full, is_folder=name.endswith("/") or stat.S_ISDIR(status.st_mode))
        self._store.stamps[name] = Stamp(*now, digest, self._started)
        self._changed = True
        return self._remember(name, digest)

    def _digest_of_named(self, name: str) -> str:
        """Return the digest of all files that *name* (`**/` and names with `|` between) stands for: where they are and what they say."""
        if name not in self._paths:
            self._paths[name] = files_named(self._root, name[3:].split("|"))
        told = "\0".join(f"{path}\0{self._digest(path)}" for path in self._paths[name])
        return _hash(told.encode("utf-8", "surrogateescape"))

    def _is_new(self, name: str) -> bool:
        """Tell whether *name* may have been written after it was read for a result."""
        if name.startswith("**/"):
            return False  # asked once, in `save`
        try:
            status = os.stat(os.path.join(self._root, name))
        except OSError:
            return False
        return max(status.st_mtime_ns, status.st_ctime_ns) > self._started - _TICK

    def _remember(self, name: str, digest: str) -> str:
        self._now[name] = digest
        return digest


def _forget(folder: Path, *, keep: str) -> None:
    """Remove the caches of projects that were not checked for a month."""
    limit = time.time() - _OLD
    for entry in os.scandir(folder):
        if entry.name.endswith(".msgpack") and entry.name != keep and entry.stat().st_mtime < limit:
            os.unlink(entry.path)


def clean() -> int:
    """Remove all caches; return how many files there were."""
    folder = cache_folder()
    count = 0
    for path in folder.glob("*.msgpack") if folder.is_dir() else ():
        with suppress(OSError):
            path.unlink()
            count += 1
    return count


def run_key(parts: Iterable[Any]) -> str:
    """Return the digest of everything beside the files that results depend on."""
    return _hash("\0".join(map(str, parts)).encode("utf-8", "surrogateescape"))


def code_stamp(*packages: str) -> str:
    """Return a text that changes when a file of *packages* (folders) is written: results of other code are not results of this one."""
    newest, count = 0, 0
    pending = list(packages)
    while pending:
        with suppress(OSError):
            for entry in os.scandir(pending.pop()):
                if entry.is_dir() and entry.name != "__pycache__":
                    pending.append(entry.path)
                elif entry.name.endswith((".py", ".json")):
                    newest, count = max(newest, entry.stat().st_mtime_ns), count + 1
    return f"{newest}:{count}"


def _digest_of(path: str, *, is_folder: bool) -> str:
    try:
        if is_folder:
            names = sorted(entry.name for entry in os.scandir(path) if entry.is_file())
            return _hash("\0".join(names).encode("utf-8", "surrogateescape"))
        with open(path, "rb") as file:
            return _hash(file.read())
    except OSError:
        return "missing"


def _hash(data: bytes) -> str:
    return blake2b(data, digest_size=16).hexdigest()
