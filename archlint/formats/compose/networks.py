"""What a service reaches beyond its project: networks that other projects know, and hosts of its own list."""

from collections.abc import Iterator
from typing import Any

from archlint.formats.compose.project import ComposeService, Project


def networks_of(service: ComposeService) -> Iterator[tuple[str, bool]]:
    """Yield the names that Docker gives the networks of *service*, and whether they are meant to be shared between projects.

    Those of the project's own carry its name; external ones, and those with a `name`, are for all (Compose Specification, Networks).
    """
    mode = service.last("network_mode")
    if mode is not None:
        kind, _, name = str(mode[0]).partition(":")
        other = service.project.services.get(name) if kind == "service" else None
        if other is not None and other.last("network_mode") is None:
            yield from networks_of(other)
        return
    declared = _declared(service.project)
    for key in _keys(service):
        data = declared.get(key)
        entry: dict[str, Any] = data if isinstance(data, dict) else {}
        external = entry.get("external")
        old = external.get("name") if isinstance(external, dict) else None  # before version 3.5
        name = service.text(old or entry.get("name") or (key if external else "")) or ""
        yield name or f"{service.project.name}_{key}", bool(name)


def outside(service: ComposeService) -> Iterator[str]:
    """Yield the names that *service* has for hosts and containers outside of the project, `*` where a network of others may have any."""
    declared = _declared(service.project)
    for key in _keys(service):
        data = declared.get(key)
        if isinstance(data, dict) and data.get("external"):
            yield "*"
    for value, _, _ in service.every("extra_hosts"):
        items = value if isinstance(value, dict | list) else ()
        yield from (str(item).partition("=")[0].partition(":")[0] for item in items)
    for text, _ in service.strings("external_links"):
        yield text.rpartition(":")[2]


def _keys(service: ComposeService) -> list[str]:
    return list(dict.fromkeys(key for key, _ in service.strings("networks"))) or ["default"]


def _declared(project: Project) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for document in project.files:
        networks = document.data.get("networks") if isinstance(document.data, dict) else None
        for key, data in networks.items() if isinstance(networks, dict) else ():
            if data or key not in found:
                found[key] = data
    return found
