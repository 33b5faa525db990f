"""Configuration files inside ConfigMaps, as flat settings."""

from collections.abc import Iterator
from typing import Any

from archlint.api import Source, parse

_MOST_ENTRIES = 2_000


def flatten(name: str, text: str) -> Iterator[tuple[str, Any]]:
    """Yield the settings in the file *name* as (dotted key, value): YAML, JSON, properties, dotenv."""
    ending = name.rpartition(".")[2].lower()
    if ending in {"yml", "yaml", "json"}:
        for document in parse(Source(name, text.encode("utf-8", "surrogatepass"))).documents:
            yield from _leaves(document.data)
    elif ending in {"properties", "env", "conf", "ini", "cfg"} or _is_assignments(text):
        yield from assignments(text)


def assignments(text: str) -> Iterator[tuple[str, str]]:
    """Yield key and value of the lines of *text* that assign one (`key=value`, `key: value`)."""
    for line in text.splitlines()[:_MOST_ENTRIES]:
        bare = line.strip()
        if not bare or bare[0] in "#!;[":
            continue
        cuts = [position for position in (bare.find("="), bare.find(":")) if position > 0]
        if cuts:
            cut = min(cuts)
            yield bare[:cut].strip().removeprefix("export "), bare[cut + 1 :].strip().strip("\"'")


def _is_assignments(text: str) -> bool:
    lines = [line for line in text.splitlines() if line.strip() and line.strip()[0] not in "#!;["]
    return bool(lines) and all("=" in line and " " not in line.split("=")[0].strip() for line in lines)


def _leaves(root: Any) -> Iterator[tuple[str, Any]]:
    pending: list[tuple[str, Any]] = [("", root)]
    count = 0
    while pending and count < _MOST_ENTRIES:
        path, value = pending.pop()
        count += 1
        if isinstance(value, dict):
            pending.extend((f"{path}.{key}" if path else key, item) for key, item in value.items())
        elif isinstance(value, list):
            pending.extend((f"{path}[{index}]", item) for index, item in enumerate(value))
        elif path:
            yield path, value
