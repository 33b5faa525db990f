"""The ConfigMaps and Secrets that kustomizations generate."""

import posixpath
from collections.abc import Callable, Iterator
from typing import Any

from archlint.api import Document, Region, regex
from archlint.formats.kubernetes.placed import Origin, Placed

_VARIABLE = regex(r"\s*(?P<name>[^=#\s][^=]*?)=(?P<value>.*?)\s*\Z")
_MOST_ENTRIES = 2_000
_MOST_TEXT = 1 << 20


def generate(kustomization: Document) -> Iterator[Callable[[], Placed]]:
    """Yield for each ConfigMap and Secret that *kustomization* generates a function that makes it anew."""
    for key, kind, part in (
        ("configMapGenerator", "ConfigMap", "data"),
        ("secretGenerator", "Secret", "stringData"),
    ):
        entries = kustomization.data.get(key)
        for index, entry in enumerate(entries if isinstance(entries, list) else ()):
            if isinstance(entry, dict) and isinstance(entry.get("name"), str):
                yield _maker(kustomization, key, index, kind, part)


def _maker(kustomization: Document, key: str, index: int, kind: str, part: str) -> Callable[[], Placed]:
    def make() -> Placed:
        entry = kustomization.data[key][index]
        origin = Origin(kustomization, (key, index))
        metadata: dict[str, Any] = {"name": entry["name"]}
        if isinstance(entry.get("namespace"), str):
            metadata["namespace"] = entry["namespace"]
        placed = Placed({"apiVersion": "v1", "kind": kind, "metadata": metadata}, origin)
        placed.put(("metadata", "name"), entry["name"], origin.child("name"))
        data = Placed({}, origin)
        entries = data.entries()
        for name, value, place in _entries(kustomization, entry, origin):
            entries[name] = Placed(value, place)
        placed.entries()[part] = data
        return placed

    return make


def _entries(
    kustomization: Document, entry: dict[str, Any], origin: Origin
) -> Iterator[tuple[str, str, Origin]]:
    for index, item in enumerate(_texts(entry.get("literals"))):
        name, equals, value = item.partition("=")
        if equals:
            yield name.strip(), _unquoted(value), origin.child("literals").child(index)
    single = entry.get("env")
    for item in (*_texts(entry.get("envs")), *([single] if isinstance(single, str) else ())):
        path = _joined(kustomization, item)
        for number, line in enumerate(_lines(kustomization, path), 1):
            match = _VARIABLE.match(line)
            if match is not None:
                region = Region(number, 1, number, len(line.rstrip()) + 1)
                yield (
                    match["name"],
                    match["value"],
                    Origin(kustomization, (match["name"],), path=path, region=region),
                )
    for item in _texts(entry.get("files")):
        name, equals, file = item.rpartition("=")
        path = _joined(kustomization, file)
        lines = _lines(kustomization, path)
        text = "\n".join(lines)
        if text and len(text) <= _MOST_TEXT:
            key = name if equals else posixpath.basename(path)
            yield key, text, Origin(kustomization, (), path=path, region=Region(1, 1, 1, 1))


def _texts(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _joined(kustomization: Document, path: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(kustomization.path), path))


def _lines(kustomization: Document, path: str) -> list[str]:
    source = kustomization.resolver.read(path) if kustomization.resolver is not None else None
    return source.lines[:_MOST_ENTRIES] if source is not None else []


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if quoted else value
