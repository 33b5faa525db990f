"""Data put together of several documents, in which every value knows where it stands."""

from typing import Any, NamedTuple

from archlint.api import Document, Location, Pointer, Region

_MOST_DEPTH = 64

_MERGE_KEYS: dict[str, tuple[str, ...]] = {
    "containers": ("name",),
    "initContainers": ("name",),
    "ephemeralContainers": ("name",),
    "volumes": ("name",),
    "env": ("name",),
    "imagePullSecrets": ("name",),
    "secrets": ("name",),
    "ports": ("containerPort", "port"),
    "volumeMounts": ("mountPath",),
    "volumeDevices": ("devicePath",),
    "hostAliases": ("ip",),
    "topologySpreadConstraints": ("topologyKey",),
}
"""The lists of the built-in kinds that strategic merge patches merge item by item, and the keys that tell items apart."""


class Origin(NamedTuple):
    """Where a value stands.

    At `pointer` in `document`; in a text at `outer` of it, which is `inner` by itself and starts at `moved`; or at `region` of a file.
    """

    document: Document
    pointer: Pointer = ()
    inner: Document | None = None
    outer: Pointer = ()
    moved: tuple[int, int] = (0, 0)
    path: str = ""
    region: Region | None = None

    def child(self, key: str | int) -> "Origin":
        """Return the origin of what is at *key*."""
        return self if self.region is not None else self._replace(pointer=(*self.pointer, key))

    def at(self, rest: Pointer, *, on_key: bool) -> Location:
        """Return the location of what is at *rest* below."""
        path, index = self.document.path, self.document.index
        pointer = (*self.pointer, *rest)
        if self.region is not None:
            anchor = "".join(f"/{key}" for key in self.pointer)
            return Location(self.path, self.pointer, region=self.region, anchor=anchor)
        if self.inner is None:
            return Location(path, pointer, index, on_key)
        region = self.inner.locator.locate([(pointer, on_key)])[pointer, on_key]
        line, column = self.moved
        moved = Region(
            region.start_line + line,
            region.start_column + column,
            region.end_line + line,
            region.end_column + column,
        )
        anchor = "".join(f"/{key}" for key in (*self.outer, *pointer))
        return Location(path, self.outer, index, region=moved, anchor=anchor)


class Placed:
    """A value with its origin. What nobody changed below is told by the origin alone; `children` are there once something was."""

    __slots__ = ("_data", "children", "origin")

    def __init__(self, data: Any, origin: Origin) -> None:
        self._data = data
        self.origin = origin
        self.children: dict[str, Placed] | list[Placed] | None = None

    @property
    def data(self) -> Any:
        """The value as plain data."""
        if isinstance(self.children, dict):
            return {key: item.data for key, item in self.children.items()}
        if isinstance(self.children, list):
            return [item.data for item in self.children]
        return self._data

    @property
    def is_mapping(self) -> bool:
        """Whether it is a mapping."""
        return isinstance(self._data, dict)

    @property
    def is_list(self) -> bool:
        """Whether it is a list."""
        return isinstance(self._data, list)

    def entries(self) -> "dict[str, Placed]":
        """Return the entries of a mapping, to be changed; none of anything else."""
        if self.children is None and self.is_mapping:
            self.children = {key: Placed(item, self.origin.child(key)) for key, item in self._data.items()}
        return self.children if isinstance(self.children, dict) else {}

    def items(self) -> "list[Placed]":
        """Return the items of a list, to be changed; none of anything else."""
        if self.children is None and self.is_list:
            self.children = [Placed(item, self.origin.child(index)) for index, item in enumerate(self._data)]
        return self.children if isinstance(self.children, list) else []

    def get(self, *keys: str) -> "Placed | None":
        """Return what is at *keys*."""
        here: Placed | None = self
        for key in keys:
            here = here.entries().get(key) if here is not None and here.is_mapping else None
        return here

    def put(self, keys: tuple[str, ...], data: Any, origin: Origin, *, create: bool = True) -> None:
        """Set the value at *keys*, with the mappings on the way; without *create*, only where there is one already."""
        here = self
        for key in keys[:-1]:
            entries = here.entries()
            following = entries.get(key)
            if following is None or not following.is_mapping:
                if not create or not here.is_mapping:
                    return
                following = entries[key] = Placed({}, origin)
                following.children = {}
            here = following
        if here.is_mapping and (create or keys[-1] in here.entries()):
            here.entries()[keys[-1]] = Placed(data, origin)

    def become(self, other: "Placed") -> None:
        """Take the value and the origin of *other*."""
        self._data, self.origin, self.children = other._data, other.origin, other.children  # noqa: SLF001 - its own kind

    def origins(self) -> dict[Pointer, Origin]:
        """Return the origins by pointer; what is below a pointer without one of its own is told by the nearest above."""
        found: dict[Pointer, Origin] = {}
        pending: list[tuple[Pointer, Placed]] = [((), self)]
        while pending:
            pointer, here = pending.pop()
            found[pointer] = here.origin
            if isinstance(here.children, dict):
                pending.extend(((*pointer, key), item) for key, item in here.children.items())
            elif isinstance(here.children, list):
                pending.extend(((*pointer, index), item) for index, item in enumerate(here.children))
        return found


class PlacedDocument(Document):
    """A document made of several: its data is put together, and its places are those of the parts."""

    __slots__ = ("aliases", "origins")

    def __init__(self, base: Document, placed: Placed) -> None:
        super().__init__(base.source, base.index, placed.data, base.locator)
        self.kind = base.kind
        self.format = base.format
        self.resolver = base.resolver
        self.origins = placed.origins()
        self.aliases: tuple[str, ...] = ()

    def at(self, pointer: Pointer = (), *, on_key: bool = False) -> Location:
        """Return the location of the part that stands at *pointer*."""
        origin, rest = self.origin_of(pointer)
        return origin.at(rest, on_key=on_key)

    def origin_of(self, pointer: Pointer) -> tuple[Origin, Pointer]:
        """Return the origin of what is at *pointer*, or of the nearest above that has one, and the way from there."""
        for depth in range(len(pointer), -1, -1):
            origin = self.origins.get(pointer[:depth])
            if origin is not None:
                return origin, pointer[depth:]
        return Origin(self), pointer


def merged(
    base: Placed | None, patch: Placed, *, lists: bool = True, key: str = "", depth: int = 0
) -> Placed | None:
    """Return *base* with *patch* merged into it as a strategic merge patch does; `None` where it deletes.

    Without *lists* these are replaced, as for custom resources (RFC 7396).
    """
    if patch.is_mapping:
        directive = patch.entries().get("$patch")
        word = directive.data if directive is not None else ""
        if word == "delete":
            return None
        if base is None or not base.is_mapping or word == "replace" or depth > _MOST_DEPTH:
            return _plain(patch, depth)
        entries = base.entries()
        for name, item in patch.entries().items():
            if name.startswith("$"):
                continue
            found = (
                None
                if item.data is None
                else merged(entries.get(name), item, lists=lists, key=name, depth=depth + 1)
            )
            if found is None:
                entries.pop(name, None)
            else:
                entries[name] = found
        return base
    if patch.is_list and base is not None and base.is_list and lists and key in _MERGE_KEYS:
        return _merged_list(base, patch, _MERGE_KEYS[key], depth)
    return _plain(patch, depth)


def _merged_list(base: Placed, patch: Placed, names: tuple[str, ...], depth: int) -> Placed:
    items = base.items()
    if any(item.is_mapping and _text(item, ("$patch",)) == "replace" for item in patch.items()):
        return _plain(patch, depth)
    known = {_text(item, names): index for index, item in enumerate(items) if _text(item, names)}
    gone: set[int] = set()
    for item in patch.items():
        index = known.get(_text(item, names))
        if index is None:
            if _text(item, ("$patch",)) != "delete":
                items.append(_plain(item, depth))
            continue
        found = merged(items[index], item, depth=depth + 1)
        if found is None:
            gone.add(index)
        else:
            items[index] = found
    items[:] = [item for index, item in enumerate(items) if index not in gone]
    return base


def united(one: Placed, other: Placed, *, key: str = "", depth: int = 0) -> Placed:
    """Return *one* with what only *other* has; where both have a value, that of *one* stays, but of variables both do."""
    if depth > _MOST_DEPTH or one.data == other.data:
        return one
    if one.is_mapping and other.is_mapping:
        entries = one.entries()
        for name, item in other.entries().items():
            entries[name] = (
                united(entries[name], item, key=name, depth=depth + 1) if name in entries else item
            )
    elif one.is_list and other.is_list and key in _MERGE_KEYS:
        items = one.items()
        for item in other.items():
            name = _text(item, _MERGE_KEYS[key])
            same = next((mine for mine in items if name and _text(mine, _MERGE_KEYS[key]) == name), None)
            if same is None or (key == "env" and not any(mine.data == item.data for mine in items)):
                items.append(item)
            elif key != "env":
                united(same, item, depth=depth + 1)
    return one


def _plain(patch: Placed, depth: int) -> Placed:
    """Return *patch* without its directives."""
    if patch.is_mapping and depth <= _MOST_DEPTH:
        entries = patch.entries()
        for name in [name for name in entries if name.startswith("$")]:
            del entries[name]
        for name in [name for name, item in entries.items() if item.data is None]:
            del entries[name]
    return patch


def _text(item: Placed, names: tuple[str, ...]) -> str:
    if item.is_mapping:
        for name in names:
            value = item.entries().get(name)
            if value is not None and isinstance(value.data, str | int):
                return str(value.data)
    return ""


def operate(base: Placed, operations: Placed) -> None:
    """Apply the JSON patch *operations* (RFC 6902) to *base*; one that does not fit ends it, as the whole patch would fail."""
    for operation in operations.items():
        entries = operation.entries()
        word, path = (entries[name].data if name in entries else None for name in ("op", "path"))
        if not isinstance(path, str) or not path.startswith("/"):
            return
        keys = [part.replace("~1", "/").replace("~0", "~") for part in path[1:].split("/")]
        if len(keys) > _MOST_DEPTH:
            return
        if word == "test":
            continue
        value = entries.get("value")
        if word not in {"add", "replace", "remove"} or (word != "remove" and value is None):
            return
        if not _operate(base, str(word), keys, value):
            return


def _operate(base: Placed, word: str, keys: list[str], value: Placed | None) -> bool:
    here = base
    for key in keys[:-1]:
        following: Placed | None = None
        if here.is_mapping:
            following = here.entries().get(key)
        elif here.is_list and key.isdecimal() and len(key) < 6 and int(key) < len(here.items()):  # noqa: PLR2004
            following = here.items()[int(key)]
        if following is None:
            return False
        here = following
    last = keys[-1]
    if here.is_mapping:
        entries = here.entries()
        if word != "add" and last not in entries:
            return False
        if value is None or word == "remove":
            del entries[last]
        else:
            entries[last] = value
        return True
    if not here.is_list:
        return False
    items = here.items()
    index = len(items) if last == "-" else int(last) if last.isdecimal() and len(last) < 6 else -1  # noqa: PLR2004
    if index < 0 or index > len(items) - (word != "add"):
        return False
    if word == "remove":
        del items[index]
    elif value is not None:
        items[index : index + (word == "replace")] = [value]
    return True
