"""The entry points of a group, without `importlib.metadata`: importing that is a tenth of what a small check takes."""

import importlib
import os
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple


class Point(NamedTuple):
    """An entry point: its name, what it names (`module:attribute`), and the distribution that has it."""

    name: str
    value: str
    distribution: str
    version: str

    def load(self) -> Any:
        """Import what the entry point names."""
        module, _, attributes = self.value.partition("[")[0].partition(":")
        found: Any = importlib.import_module(module.strip())
        for name in attributes.strip().split(".") if attributes.strip() else ():
            found = getattr(found, name)
        return found


def points(group: str) -> list[Point]:
    """Return the entry points of *group* of every distribution on the path; of equal distributions the first counts."""
    found: dict[str, list[Point]] = {}
    for place in dict.fromkeys(sys.path):
        if os.path.isfile(place):
            return _standard(group)
        for folder in _distributions(place or "."):
            text = _read(f"{folder}/entry_points.txt")
            if f"[{group}]" in text:
                name, version = _identity(folder)
                own = [Point(key, value, name, version) for key, value in _section(text, group)]
                found.setdefault(name.lower().replace("_", "-"), own)
    return [point for own in found.values() for point in own]


def _distributions(place: str) -> list[str]:
    try:
        names = sorted(os.listdir(place))
    except OSError:
        return []
    return [f"{place}/{name}" for name in names if name.endswith((".dist-info", ".egg-info"))]


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _section(text: str, group: str) -> Iterator[tuple[str, str]]:
    inside = False
    for line in map(str.strip, text.splitlines()):
        name, equals, value = line.partition("=")
        if line.startswith("["):
            inside = line == f"[{group}]"
        elif inside and equals and not line.startswith(("#", ";")):
            yield name.strip(), value.strip()


def _identity(folder: str) -> tuple[str, str]:
    """Return name and version from the metadata, whose headers end with the first empty line."""
    head = (_read(f"{folder}/METADATA") or _read(f"{folder}/PKG-INFO")).partition("\n\n")[0]
    fields = dict(line.partition(":")[::2] for line in reversed(head.splitlines()))
    return fields.get("Name", "unknown").strip(), fields.get("Version", "unknown").strip()


def _standard(group: str) -> list[Point]:
    """Return what the standard library finds, which also looks into archives."""
    from importlib.metadata import entry_points  # noqa: PLC0415

    return [
        Point(point.name, point.value, point.dist.name, point.dist.version)
        if point.dist
        else Point(point.name, point.value, "unknown", "unknown")
        for point in entry_points(group=group)
    ]
