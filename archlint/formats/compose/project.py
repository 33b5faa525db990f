"""A compose project: its file with `.env`, overrides, `extends` and `env_file` worked in, every value with its place."""

import posixpath
import re
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

from archlint.api import Document, Location, Node, Pointer, regex, tells_host
from archlint.formats.compose.interpolate import interpolate, interpolate_known, read_dotenv, region_of

_NAME = regex(r"(?:docker-)?compose(?P<variant>[.\-_][^/]+)?\.ya?ml\Z")
_TELLING = frozenset(
    ("image", "build", "extends", "environment", "env_file", "depends_on", "container_name", "command")
)
_REPLACED = frozenset(("command", "entrypoint"))
_MOST_EXTENDS = 16

type Origin = tuple[Document, Pointer]


def is_compose(document: Document) -> bool:
    """Tell whether *document* is a compose file: `services` as a mapping of mappings with telling keys."""
    data = document.data
    if not isinstance(data, dict) or "apiVersion" in data or "openapi" in data:
        return False
    services = _services(document)
    if not services:
        return False
    told = [item for item in services.values() if isinstance(item, dict) and _TELLING & item.keys()]
    return bool(told) and all(item is None or isinstance(item, dict) for item in services.values())


def _root(document: Document) -> Pointer:
    """Return where the services of *document* are: under `services`, or, in files of version 1, at the root."""
    if "root" not in document.memo:
        document.memo["root"] = () if _is_first(document) else ("services",)
    found: Pointer = document.memo["root"]
    return found


def _is_first(document: Document) -> bool:
    data = document.data
    return (
        isinstance(data, dict)
        and _NAME.fullmatch(document.source.name) is not None
        and not {"services", "version", "include"} & data.keys()
        and all(isinstance(item, dict) and {"image", "build"} & item.keys() for item in data.values())
    )


def _services(document: Document) -> dict[str, Any]:
    """Return the services of *document* by name, as written."""
    found = _at((document, _root(document)))
    return found if isinstance(found, dict) else {}


def project_of(document: Document) -> "Project | None":
    """Return the project whose first file is *document*; `None` for an override that Docker merges into another file by itself."""
    if "project" not in document.memo:
        document.memo["project"] = None if _overridden(document) else Project(document)
    found: Project | None = document.memo["project"]
    return found


def base_of(document: Document) -> Document | None:
    """Return the file that *document* is meant to be merged over: `compose.yaml` beside `compose.prod.yaml`.

    Each alternative is merged over it by itself. `None` for one that tells most of the base's services anew: it replaces the base.
    """
    match = _NAME.search(document.source.name)
    if match is None or not match["variant"]:
        return None
    if "base" not in document.memo:
        base = _sibling(
            document, lambda name: (other := _NAME.search(name)) is not None and not other["variant"]
        )
        document.memo["base"] = None if base is None or _replaces(document, base) else base
    found: Document | None = document.memo["base"]
    return found


def _replaces(document: Document, base: Document) -> bool:
    """Tell whether *document* needs nothing of *base*: it has two thirds of its services and what they run, each on its own."""
    mine, others = _services(document), _services(base)
    shared = [data for name, data in mine.items() if name in others and isinstance(data, dict)]
    return 3 * len(shared) >= 2 * len(others) and all("image" in data or "build" in data for data in shared)


def _overridden(document: Document) -> Document | None:
    """Return the file that *document* overrides: `NAME.yaml` for `NAME.override.yaml`."""
    stem = re.fullmatch(r"(.+)\.override\.ya?ml", document.source.name)
    if stem is None:
        return None
    return _sibling(document, lambda name: re.fullmatch(re.escape(stem[1]) + r"\.ya?ml", name) is not None)


def _sibling(document: Document, wanted: Callable[[str], bool]) -> Document | None:
    for path in document.resolver.siblings(document.path) if document.resolver else ():
        if wanted(posixpath.basename(path)):
            found = document.resolver.documents(path) if document.resolver else ()
            if found and is_compose(found[0]):
                return found[0]
    return None


class Project(Node):
    """A project with all its files: the base, the override that Docker merges by itself, and what they include.

    With `dotenv` off, it is the project as committed: `.env` files, which are somebody's own, count for nothing.
    """

    def __init__(self, document: Document, *, dotenv: bool = True) -> None:
        super().__init__(document, (), document.data)
        self.dotenv = dotenv

    @cached_property
    def scope(self) -> str:
        """The space in which service names are looked up."""
        return f"compose:{self.document.path}"

    @cached_property
    def name(self) -> str:
        """The project's name, by which images that it builds are called: its own, or that of the folder."""
        data = self.document.data
        given = data.get("name") if isinstance(data, dict) else None
        folder = posixpath.basename(posixpath.dirname(self.document.path))
        return re.sub(r"[^a-z0-9_-]", "", (given if isinstance(given, str) else folder).lower())

    @cached_property
    def variables(self) -> dict[str, str]:
        """The variables of the `.env` file in the project's folder."""
        path = posixpath.join(posixpath.dirname(self.document.path), ".env")
        source = self.document.resolver.read(path) if self.document.resolver and self.dotenv else None
        if source is None:
            return {}
        return {name: value for name, (value, _) in read_dotenv("\n".join(source.lines)).items()}

    @cached_property
    def files(self) -> list[Document]:
        """The files, in the order in which they are merged."""
        found: list[Document] = []
        base = base_of(self.document)
        if base is not None:
            found.append(base)
        found.append(self.document)
        if self.document.resolver is not None:
            stem = re.sub(r"\.ya?ml\Z", "", self.document.source.name)
            for path in self.document.resolver.siblings(self.document.path):
                if re.fullmatch(re.escape(stem) + r"\.override\.ya?ml", posixpath.basename(path)):
                    found.extend(self.document.resolver.documents(path)[:1])
        included = [other for document in found for other in _included(document)]
        return [*included, *found]

    @cached_property
    def services(self) -> "dict[str, ComposeService]":
        """The services by name, those of a base that this file does not name left to the base."""
        names: dict[str, list[Origin]] = {}
        for document in self.files:
            for name, data in _services(document).items():
                if isinstance(data, dict):
                    names.setdefault(name, []).append((document, (*_root(document), name)))
        return {name: ComposeService(self, name, origins) for name, origins in names.items()}

    @cached_property
    def links(self) -> dict[str, list[str]]:
        """The further names that `links` give to services, where no service has that name itself."""
        found: dict[str, list[str]] = {}
        for service in self.services.values():
            for text, _ in service.strings("links"):
                target, _, name = text.partition(":")
                if name and name not in self.services:
                    found.setdefault(target, []).append(name)
        return found


class ComposeService(Node):
    """A service, merged of its `origins`: the places that say something of it, later ones win."""

    def __init__(self, project: Project, name: str, origins: list[Origin]) -> None:
        document, pointer = next(
            (origin for origin in reversed(origins) if origin[0] is project.document), origins[-1]
        )
        super().__init__(document, pointer, _at((document, pointer)))
        self.project = project
        self.name = name
        self.origins = [*(extended for origin in origins for extended in _extended(origin)), *origins]
        self._first = origins[0][0]

    @property
    def is_whole(self) -> bool:
        """Whether this project is where the service is at home: it has an image or build, and no base knows it."""
        base = base_of(self.project.document)
        known = _services(base).get(self.name) if base is not None else None
        return known is None and (self.last("image") is not None or self.last("build") is not None)

    @property
    def home(self) -> str:
        """The scope of the other project that declares the service: this one's base, or a file that it includes; else empty."""
        project = project_of(self._first)
        return project.scope if project is not None and project.document is not self.project.document else ""

    def text(self, value: Any) -> str | None:
        """Return a scalar as text with variables replaced; `None` when it is not known."""
        if isinstance(value, bool):
            return str(value).lower()
        if not isinstance(value, str | int | float):
            return None if value is not None else ""
        return interpolate(str(value), self.project.variables)

    def _value(self, value: Any) -> str | None:
        """Return a value of the environment; one whose credentials alone are not known keeps `${NAME}` for them."""
        text = self.text(value)
        if text is None and isinstance(value, str):
            rest = interpolate_known(value, self.project.variables)
            return rest if tells_host(rest) else None
        return text

    def last(self, *keys: str) -> tuple[Any, Location] | None:
        """Return the winning value at *keys* and its place; `None` when no origin has one."""
        for document, pointer in reversed(self.origins):
            value = _at((document, (*pointer, *keys)))
            if value is not None:
                return value, document.at((*pointer, *keys))
        return None

    def every(self, key: str) -> Iterator[tuple[Any, Document, Pointer]]:
        """Yield what each origin has at *key*, earliest first."""
        for document, pointer in self.origins:
            value = _at((document, (*pointer, key)))
            if value is not None:
                yield value, document, (*pointer, key)

    def entries(self, key: str) -> dict[str, tuple[Any, Location]]:
        """Return the merged entries at *key*, written as a mapping or as a list of `name=value`, with their places."""
        found: dict[str, tuple[Any, Location]] = {}
        for value, document, pointer in self.every(key):
            if isinstance(value, dict):
                found.update(
                    (str(name), (item, document.at((*pointer, name)))) for name, item in value.items()
                )
            elif isinstance(value, list):
                for index, item in enumerate(value):
                    if isinstance(item, str):
                        name, equals, text = item.partition("=")
                        found[name.strip()] = (text if equals else None, document.at((*pointer, index)))
        return found

    @cached_property
    def environment(self) -> dict[str, tuple[str | None, Location]]:
        """The environment: `env_file`s first, then `environment`; a value is `None` where it is not known."""
        found: dict[str, tuple[str | None, Location]] = {}
        for path in self.env_files:
            source = self.document.resolver.read(path) if self.document.resolver else None
            for name, (text, line) in read_dotenv("\n".join(source.lines)).items() if source else ():
                region = region_of(source.lines[line - 1], line) if source else None
                found[name] = (text, Location(path, (name,), region=region, anchor=f"/{name}"))
        for name, (value, at) in self.entries("environment").items():
            if value is None:
                value = self.project.variables.get(name)  # noqa: PLW2901 - a name alone takes the value of the shell
                found[name] = (value, at)
            else:
                found[name] = (self._value(value), at)
        return found

    @cached_property
    def env_files(self) -> list[str]:
        """The paths of the `env_file`s."""
        found = []
        for value, document, _ in self.every("env_file"):
            for item in value if isinstance(value, list) else [value]:
                path = self.text(item.get("path") if isinstance(item, dict) else item)
                if path and (self.project.dotenv or posixpath.basename(path) != ".env"):
                    found.append(posixpath.normpath(posixpath.join(posixpath.dirname(document.path), path)))
        return found

    def strings(self, key: str) -> list[tuple[str, Location]]:
        """Return the entries of the list (or the single text, or the keys of the mapping) at *key* that are known.

        Lists of several files are one after the other, but the last command replaces those before (Compose Specification, Merge).
        """
        found: list[tuple[str, Location]] = []
        origins = list(self.every(key))
        for value, document, pointer in origins[-1:] if key in _REPLACED else origins:
            if isinstance(value, dict):
                found.extend((str(name), document.at((*pointer, name), on_key=True)) for name in value)
            else:
                many = value if isinstance(value, list) else [value]
                for index, item in enumerate(many):
                    text = self.text(item) if not isinstance(item, dict | list) else None
                    if text is not None:
                        found.append(
                            (text, document.at((*pointer, index) if isinstance(value, list) else pointer))
                        )
        return found


def _at(origin: Origin) -> Any:
    document, pointer = origin
    value = document.data
    for key in pointer:
        if isinstance(value, dict) and key in value:
            value = value[key]
        else:
            return None
    return value


def _extended(origin: Origin) -> list[Origin]:
    """Return the places that the service at *origin* extends, the farthest first."""
    found: list[Origin] = []
    for _ in range(_MOST_EXTENDS):
        document, pointer = origin
        extends = _at((document, (*pointer, "extends")))
        name = extends.get("service") if isinstance(extends, dict) else extends
        if not isinstance(name, str):
            break
        file = extends.get("file") if isinstance(extends, dict) else None
        if isinstance(file, str) and document.resolver is not None:
            path = posixpath.normpath(posixpath.join(posixpath.dirname(document.path), file))
            others = document.resolver.documents(path)
            if not others:
                break
            document = others[0]
        origin = (document, (*_root(document), name))
        if origin in found or _at(origin) is None:
            break
        found.insert(0, origin)
    return found


def _included(document: Document) -> Iterator[Document]:
    entries = document.data.get("include") if isinstance(document.data, dict) else None
    for entry in entries if isinstance(entries, list) else ():
        paths = entry.get("path") if isinstance(entry, dict) else entry
        for path in paths if isinstance(paths, list) else [paths]:
            if isinstance(path, str) and document.resolver is not None:
                full = posixpath.normpath(posixpath.join(posixpath.dirname(document.path), path))
                yield from document.resolver.documents(full)[:1]
