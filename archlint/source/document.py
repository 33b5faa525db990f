"""One parsed document, and views of its nodes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from archlint.source.location import Location, Region
from archlint.source.pointer import Pointer, lookup
from archlint.source.source import Source

_MOST_STEPS = 64


class Unknown:
    """The value of something that cannot be read statically, such as `{{ .Values.x }}`: unknown is not missing."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __bool__(self) -> bool:
        return False


UNKNOWN = Unknown()


class Locator(Protocol):
    """Finds regions in one document's text."""

    def locate(self, places: Iterable[tuple[Pointer, bool]]) -> Mapping[tuple[Pointer, bool], Region]:
        """Return the region of each *(pointer, on key)*, in one pass.

        A pointer that leads nowhere gets the region of its nearest ancestor.
        """
        ...


@dataclass(frozen=True, slots=True)
class Target:
    """What a reference leads to."""

    document: "Document"
    pointer: Pointer
    data: Any


@dataclass(frozen=True, slots=True)
class Unresolved:
    """Why a reference leads nowhere, as a fact in lower case: `the file does not exist`.

    `remote` tells references that need the network, `outside` those that leave the project root.
    """

    reason: str
    remote: bool = False
    outside: bool = False


class Resolver(Protocol):
    """Follows references, inside the project root only; every file it opens becomes a dependency of the result."""

    def resolve(self, document: "Document", reference: str) -> Target | Unresolved:
        """Follow *reference*, a URI reference (RFC 3986) that stands in *document*; one step only."""
        ...

    def read(self, path: str) -> Source | None:
        """Return the file at *path* (relative to the project root), or `None` when there is none to be read."""
        ...

    def documents(self, path: str) -> tuple["Document", ...]:
        """Return the documents of the file at *path*; none when it cannot be read or parsed."""
        ...

    def siblings(self, path: str) -> tuple[str, ...]:
        """Return the paths of the regular files in the folder of *path*, sorted."""
        ...

    def named(self, *names: str) -> tuple["Document", ...]:
        """Return the documents of all files of the project that have one of *names*; all of them count as read."""
        ...


class Document:
    """Plain data with the text it was read from.

    `data` is made of `dict` (keys are always `str`), `list`, `str`, `int`, `float`, `bool` and `None`. `kind` is what the
    document was recognised as, such as `openapi 3.1`; empty when it is of no known format. `format` is the name of that
    format. `memo` is scratch space for the format's views (memoised resolution, indices), keyed by names of their own.
    """

    __slots__ = ("data", "format", "index", "kind", "locator", "memo", "resolver", "source")

    def __init__(self, source: Source, index: int, data: Any, locator: Locator) -> None:
        self.source = source
        self.index = index
        self.data = data
        self.locator = locator
        self.kind = ""
        self.format = ""
        self.resolver: Resolver | None = None
        self.memo: dict[Any, Any] = {}

    @property
    def path(self) -> str:
        """The file, relative to the project root."""
        return self.source.path

    def at(self, pointer: Pointer = (), *, on_key: bool = False) -> Location:
        """Return the location of the node at *pointer* (of its key, with *on_key*)."""
        return Location(self.source.path, pointer, self.index, on_key)

    def resolve(self, reference: str) -> Target | Unresolved:
        """Follow *reference* one step; see `Resolver.resolve`."""
        if self.resolver is not None:
            return self.resolver.resolve(self, reference)
        if reference.startswith("#"):
            from archlint.source.pointer import parse_pointer  # noqa: PLC0415

            try:
                pointer, data = lookup(self.data, parse_pointer(reference[1:]))
            except (KeyError, ValueError):
                return Unresolved("nothing stands there")
            return Target(self, pointer, data)
        return Unresolved("there is nothing to resolve it with")

    def __repr__(self) -> str:
        return f"<{self.kind or 'document'} {self.path}#{self.index}>"


class Node:
    """A value with its place: the base of all views.

    Formats derive their subjects (`Operation`, `Workload` …) from it and add `__slots__` and properties. Two views of the
    same node are equal.
    """

    __slots__ = ("data", "document", "pointer")

    def __init__(self, document: Document, pointer: Pointer, data: Any) -> None:
        self.document = document
        self.pointer = pointer
        self.data = data

    @property
    def location(self) -> Location:
        """Where the node stands."""
        return self.document.at(self.pointer)

    def at(self, *keys: str | int, on_key: bool = False) -> Location:
        """Return the location of what stands below the node at *keys*; with *on_key*, of its key."""
        return self.document.at((*self.pointer, *keys), on_key=on_key)

    def get(self, *keys: str | int, default: Any = None) -> Any:
        """Return the value below the node at *keys*, references not followed, or *default*."""
        value = self.data
        for key in keys:
            in_mapping = isinstance(value, dict) and key in value
            if not in_mapping and not (
                isinstance(value, list) and isinstance(key, int) and 0 <= key < len(value)
            ):
                return default
            value = value[key]
        return value

    def mapping(self, *keys: str | int) -> dict[str, Any]:
        """Return the mapping at *keys*, or an empty one when something else or nothing stands there."""
        value = self.get(*keys)
        return value if isinstance(value, dict) else {}

    def items(self, *keys: str | int) -> list[Any]:
        """Return the list at *keys*, or an empty one when something else or nothing stands there."""
        value = self.get(*keys)
        return value if isinstance(value, list) else []

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Node)
            and type(self) is type(other)
            and self.document is other.document
            and self.pointer == other.pointer
        )

    def __hash__(self) -> int:
        return hash((id(self.document), self.pointer))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.location}>"


def follow(document: Document, pointer: Pointer, data: Any) -> tuple[Document, Pointer, Any] | None:
    """Follow the `$ref` at *data*, and the ones it leads to; `None` when they lead nowhere or in a circle."""
    for _ in range(_MOST_STEPS):
        reference = data.get("$ref") if isinstance(data, dict) else None
        if not isinstance(reference, str):
            return document, pointer, data
        found = document.resolve(reference)
        if not isinstance(found, Target):
            return None
        document, pointer, data = found.document, found.pointer, found.data
    return None
