"""The files of a run: read once, parsed once, and the references between them."""

import os
import posixpath
import re
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin

from archlint.model.format import Format
from archlint.source.document import Document, Target, Unresolved
from archlint.source.fault import SyntaxFault
from archlint.source.files import FileRefused, files_named, read_bytes
from archlint.source.parse import Parsed, looks_templated, parse
from archlint.source.pointer import Pointer, lookup, parse_pointer
from archlint.source.source import Source

_MOST_KEPT = 64 * 1024 * 1024
_LONGEST_KEY = 60
_MOST_STEPS = 16
_MOST_NESTED = 16
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


class Workspace:
    """Reads, parses and remembers the files of one project; the `Resolver` of its documents.

    `formats` are asked to parse what is neither YAML nor JSON. What is opened between two calls of `take_opened` are the
    dependencies of a result: paths of files that were read or were not there, of folders (with a `/` at the end), and `**/` with
    names (between them `|`) for all files of those names.
    """

    def __init__(self, root: Path, formats: tuple[Format, ...] = (), *, kept: int = _MOST_KEPT) -> None:
        self.root = os.path.realpath(root)
        self._readers = [(pattern.removeprefix("*"), form) for form in formats for pattern in form.reads]
        self._formats = formats
        self._kept = kept
        self._size = 0
        self._added: dict[str, Source] = {}
        self._sources: OrderedDict[str, Source | FileRefused] = OrderedDict()
        self._parsed: dict[str, Parsed] = {}
        self._needed: dict[str, set[str]] = {}
        self._opened: set[str] = set()
        self._named: dict[tuple[str, ...], tuple[Document, ...]] = {}
        self._nested = 0

    @property
    def opened(self) -> frozenset[str]:
        """The files and folders that were looked at since the last call of `take_opened`."""
        return frozenset(self._opened)

    def take_opened(self) -> set[str]:
        """Return the files and folders that were looked at since the last call."""
        opened, self._opened = self._opened, set()
        return opened

    def add(self, source: Source) -> None:
        """Let *source* stand for the file of its path, such as text from an editor."""
        self._added[source.path] = source
        self._parsed.pop(source.path, None)
        self._named.clear()

    def read(self, path: str) -> Source | None:
        """Return the file at *path*, relative to the root; `None` when it cannot be read (see `refusal`)."""
        found = self._source(path)
        return found if isinstance(found, Source) else None

    def refusal(self, path: str) -> str:
        """Return why the file at *path* cannot be read, or an empty string."""
        found = self._source(path)
        return str(found) if isinstance(found, FileRefused) else ""

    def parsed(self, path: str) -> Parsed:
        """Return the parsed file at *path*; empty when it cannot be read."""
        source = self._source(path)
        if isinstance(source, FileRefused):
            return Parsed(())
        known = self._parsed.get(path)
        if known is None:
            outer, self._opened = self._opened, set()
            known = self._parsed[path] = self._parse(source)
            self._needed[path], self._opened = self._opened, outer
            for document in known.documents:
                document.resolver = self
        self._opened |= self._needed[path]
        return known

    def documents(self, path: str) -> tuple[Document, ...]:
        """Return the documents of the file at *path*."""
        return self.parsed(path).documents

    def siblings(self, path: str) -> tuple[str, ...]:
        """Return the paths of the regular files in the folder of *path*, sorted."""
        folder = posixpath.dirname(path)
        self._opened.add(folder + "/")
        try:
            entries = list(os.scandir(os.path.join(self.root, folder)))
        except OSError:
            return ()
        return tuple(sorted(posixpath.join(folder, entry.name) for entry in entries if entry.is_file()))

    def named(self, *names: str) -> tuple[Document, ...]:
        """Return the documents of all files of the project that have one of *names*."""
        self._opened.add("**/" + "|".join(names))
        if names not in self._named:
            opened = set(self._opened)
            added = {path for path in self._added if posixpath.basename(path) in names}
            paths = sorted({*files_named(self.root, names), *added})
            self._named[names] = tuple(document for path in paths for document in self.documents(path))
            self._opened = opened
        return self._named[names]

    def resolve(self, document: Document, reference: str) -> Target | Unresolved:
        """Follow *reference*, a URI reference (RFC 3986) that stands in *document*; one step only."""
        known: tuple[str, Target | Unresolved] | None = document.memo.get(("ref", reference))
        if known is None:
            document.memo["ref", reference] = "", Unresolved("it leads back to itself")
            known = document.memo["ref", reference] = self._resolve(document, reference)
        path, found = known
        if path:
            self._opened.add(path)
        if isinstance(found, Target) and found.document is not document:
            self._opened.add(found.document.path)
        return found

    def _resolve(self, document: Document, reference: str) -> tuple[str, Target | Unresolved]:
        """Return the file that *reference* leads to (empty when no other is looked at), and what stands there."""
        if self._nested >= _MOST_NESTED:
            return "", Unresolved("too many references stand on the way")
        self._nested += 1
        try:
            return self._target(document, reference)
        finally:
            self._nested -= 1

    def _target(self, document: Document, reference: str) -> tuple[str, Target | Unresolved]:
        location, _, fragment = reference.partition("#")
        if not location:
            return "", _inside(document, fragment)
        embedded = _names(document).schemas.get(location) if b"$id" in document.source.raw else None
        if embedded is not None:
            return "", _below(document, *embedded, fragment)
        if not _DRIVE.match(location) and (scheme := _SCHEME.match(location)):
            if scheme[0].lower() == "file:":
                return "", Unresolved("a `file:` reference is not followed", outside=True)
            return "", Unresolved("it is a remote reference, and nothing is fetched", remote=True)
        path = unquote(location.partition("?")[0])
        if path.startswith(("/", "\\")) or _DRIVE.match(path):
            return "", Unresolved("it leads outside the project root", outside=True)
        path = posixpath.normpath(posixpath.join(posixpath.dirname(document.path), path))
        if path == ".." or path.startswith("../"):
            return "", Unresolved("it leads outside the project root", outside=True)
        if path == document.path:
            return "", _inside(document, fragment)
        source = self._source(path)
        if isinstance(source, FileRefused):
            return path, Unresolved(str(source), outside=source.outside)
        parsed = self.parsed(path)
        if not parsed.documents:
            return path, Unresolved("the file cannot be parsed" if parsed.faults else "the file is empty")
        return path, _inside(parsed.documents[0], fragment)

    def _source(self, path: str) -> Source | FileRefused:
        self._opened.add(path)
        if path in self._added:
            return self._added[path]
        known = self._sources.get(path)
        if known is not None:
            self._sources.move_to_end(path)
            return known
        try:
            source: Source | FileRefused = Source(path, read_bytes(self.root, path))
        except FileRefused as refused:
            source = refused
        self._sources[path] = source
        if isinstance(source, Source):
            self._size += len(source.raw)
            while self._size > self._kept and len(self._sources) > 1:
                old, gone = self._sources.popitem(last=False)
                self._parsed.pop(old, None)
                self._size -= len(gone.raw) if isinstance(gone, Source) else 0
        return source

    def _parse(self, source: Source) -> Parsed:
        for ending, form in self._readers:
            if source.name.endswith(ending):
                try:
                    documents = form.parse(source)
                except SyntaxFault as fault:
                    return Parsed((), (fault,))
                for document in documents:
                    document.format = form.name
                return Parsed(documents)
        if looks_templated(source.raw):
            for form in self._formats:
                found = form.template(source, self)
                if found is not None:
                    return Parsed(found)
        return parse(source)


@dataclass(frozen=True, slots=True)
class _Names:
    """The places that have a name of their own in a document: JSON Schema anchors and identifiers (2020-12 §8.2)."""

    anchors: dict[str, tuple[Pointer, Any]]
    schemas: dict[str, tuple[Pointer, Any]]


def _inside(document: Document, fragment: str) -> Target | Unresolved:
    return _below(document, (), document.data, fragment)


def _below(document: Document, pointer: Pointer, data: Any, fragment: str) -> Target | Unresolved:
    """Follow *fragment* from the value *data* at *pointer* on."""
    decoded = unquote(fragment)
    if decoded and not decoded.startswith("/"):
        named = _names(document).anchors.get(decoded)
        if named is None:
            return Unresolved(f"there is no anchor `{_shown(decoded)}`")
        return Target(document, *named)
    try:
        below, found = lookup(data, parse_pointer(decoded))
    except KeyError as error:
        try:
            below, found = lookup(data, parse_pointer(fragment))
        except (KeyError, ValueError):
            further = _through(Target(document, pointer, data), parse_pointer(decoded))
            return further or Unresolved(f"there is no `{_shown(str(error.args[0]))}`")
    return Target(document, (*pointer, *below), found)


def _through(start: Target, keys: tuple[str, ...]) -> Target | None:
    """Follow *keys* from *start* on through the references that stand on the way, as tools for these documents do."""
    here = start
    steps = 0
    for key in keys:
        while isinstance(here.data, dict) and key not in here.data and isinstance(here.data.get("$ref"), str):
            steps += 1
            found = here.document.resolve(here.data["$ref"]) if steps <= _MOST_STEPS else None
            if not isinstance(found, Target):
                return None
            here = found
        try:
            below, data = lookup(here.data, (key,))
        except KeyError:
            return None
        here = Target(here.document, (*here.pointer, *below), data)
    return here


def _shown(key: str) -> str:
    """Return *key* as it can stand in a message."""
    text = " ".join(key.split()).replace("`", "'")
    return text if len(text) <= _LONGEST_KEY else text[:_LONGEST_KEY] + "…"


def _names(document: Document) -> _Names:
    known: _Names | None = document.memo.get("names")
    if known is None:
        known = document.memo["names"] = _collect_names(document.data)
    return known


def _collect_names(root: Any) -> _Names:
    names = _Names({}, {})
    pending: list[tuple[Pointer, Any, str]] = [((), root, "")]
    seen: set[int] = set()
    while pending:
        pointer, value, base = pending.pop()
        if id(value) in seen:
            continue
        if isinstance(value, dict):
            seen.add(id(value))
            for key in ("$anchor", "$dynamicAnchor"):
                if isinstance(value.get(key), str):
                    names.anchors.setdefault(value[key], (pointer, value))
            identifier = value.get("$id")
            if isinstance(identifier, str) and (identifier := identifier.rstrip("#")):
                base = _joined(base, identifier)
                for name in (identifier, base):
                    names.schemas.setdefault(name, (pointer, value))
            pending.extend(((*pointer, key), item, base) for key, item in value.items())
        elif isinstance(value, list):
            seen.add(id(value))
            pending.extend(((*pointer, index), item, base) for index, item in enumerate(value))
    return names


def _joined(base: str, reference: str) -> str:
    try:
        return urljoin(base, reference)
    except ValueError:
        return reference
