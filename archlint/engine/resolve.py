"""The files of a run: read once, parsed once, and the references between them."""

import os
import posixpath
import re
from collections import OrderedDict
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from archlint.model.format import Format
from archlint.source.document import Document, Target, Unresolved
from archlint.source.fault import SyntaxFault
from archlint.source.files import FileRefused, read_bytes
from archlint.source.parse import Parsed, parse
from archlint.source.pointer import lookup, parse_pointer
from archlint.source.source import Source

_MOST_KEPT = 256 * 1024 * 1024
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


class Workspace:
    """Reads, parses and remembers the files of one project; the `Resolver` of its documents.

    `formats` are asked to parse what is neither YAML nor JSON. What is opened between two calls of `take_opened` are the
    dependencies of a result: paths of files that were read or were not there, and of folders (with a `/` at the end).
    """

    def __init__(self, root: Path, formats: tuple[Format, ...] = (), *, kept: int = _MOST_KEPT) -> None:
        self.root = os.path.realpath(root)
        self._readers = [(pattern.removeprefix("*"), form) for form in formats for pattern in form.reads]
        self._kept = kept
        self._size = 0
        self._sources: OrderedDict[str, Source | FileRefused] = OrderedDict()
        self._parsed: dict[str, Parsed] = {}
        self._opened: set[str] = set()

    def take_opened(self) -> set[str]:
        """Return the files and folders that were looked at since the last call."""
        opened, self._opened = self._opened, set()
        return opened

    def add(self, source: Source) -> None:
        """Let *source* stand for the file of its path, such as text from an editor."""
        self._sources[source.path] = source
        self._parsed.pop(source.path, None)

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
            known = self._parsed[path] = self._parse(source)
            for document in known.documents:
                document.resolver = self
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

    def resolve(self, document: Document, reference: str) -> Target | Unresolved:
        """Follow *reference*, a URI reference (RFC 3986) that stands in *document*; one step only."""
        key = ("ref", reference)
        known = document.memo.get(key)
        if known is None:
            known = document.memo[key] = self._resolve(document, reference)
        elif isinstance(known, Target) and known.document is not document:
            self._opened.add(known.document.path)
        found: Target | Unresolved = known
        return found

    def _resolve(self, document: Document, reference: str) -> Target | Unresolved:
        location, _, fragment = reference.partition("#")
        if not location:
            return _inside(document, fragment)
        parts = urlsplit(location)
        if (parts.scheme and not _DRIVE.match(location)) or location.startswith("//"):
            if parts.scheme == "file":
                return Unresolved("a `file:` reference is not followed", outside=True)
            return Unresolved("it is a remote reference, and nothing is fetched", remote=True)
        path = unquote(location)
        if path.startswith(("/", "\\")) or _DRIVE.match(path):
            return Unresolved("it leads outside the project root", outside=True)
        path = posixpath.normpath(posixpath.join(posixpath.dirname(document.path), path.partition("?")[0]))
        if path == ".." or path.startswith("../"):
            return Unresolved("it leads outside the project root", outside=True)
        source = self._source(path)
        if isinstance(source, FileRefused):
            return Unresolved(str(source), outside=source.outside)
        documents = self.documents(path)
        if not documents:
            return Unresolved("the file cannot be parsed")
        return _inside(documents[0], fragment)

    def _source(self, path: str) -> Source | FileRefused:
        self._opened.add(path)
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
        return parse(source)


def _inside(document: Document, fragment: str) -> Target | Unresolved:
    fragment = unquote(fragment)
    if fragment and not fragment.startswith("/"):
        anchors = document.memo.get("anchors")
        if anchors is None:
            anchors = document.memo["anchors"] = _anchors(document.data)
        if fragment not in anchors:
            return Unresolved(f"there is no anchor `{fragment}`")
        pointer, data = anchors[fragment]
        return Target(document, pointer, data)
    try:
        pointer, data = lookup(document.data, parse_pointer(fragment))
    except KeyError as error:
        return Unresolved(f"there is no `{error.args[0]}`")
    return Target(document, pointer, data)


def _anchors(root: Any) -> dict[str, tuple[tuple[str | int, ...], Any]]:
    """Return the JSON Schema anchors of a document by name (JSON Schema 2020-12 §8.2.2)."""
    found: dict[str, tuple[tuple[str | int, ...], Any]] = {}
    pending: list[tuple[tuple[str | int, ...], Any]] = [((), root)]
    seen: set[int] = set()
    while pending:
        pointer, value = pending.pop()
        if id(value) in seen:
            continue
        if isinstance(value, dict):
            seen.add(id(value))
            for key in ("$anchor", "$dynamicAnchor"):
                if isinstance(value.get(key), str):
                    found.setdefault(value[key], (pointer, value))
            pending.extend(((*pointer, key), item) for key, item in value.items())
        elif isinstance(value, list):
            seen.add(id(value))
            pending.extend(((*pointer, index), item) for index, item in enumerate(value))
    return found
