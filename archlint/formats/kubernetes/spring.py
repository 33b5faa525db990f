"""What ConfigMaps and variables that configure Spring Boot say of the actuator."""

from collections.abc import Iterator, Mapping
from typing import Any

from archlint.api import Fact, Location
from archlint.formats.kubernetes.block_lines import BlockLines
from archlint.formats.kubernetes.files import flatten
from archlint.formats.kubernetes.views import Manifest, Workload, known_text
from archlint.formats.spring.management import actuator

GROUPS = ("", "apps")
_ROOT = "MANAGEMENT_"
_PORT = "SERVER_PORT"


def facts(manifest: Manifest) -> Iterator[Fact]:
    """Yield what a ConfigMap exposes, with its name: who reads it is told by what mounts or names it; and what a workload does, as `env:NAME`."""
    if manifest.workload is not None:
        yield from _variables(manifest.workload)
    if manifest.kind != "ConfigMap" or not manifest.name:
        return
    flat = {key: (value, manifest.at("data", key)) for key, value in manifest.mapping("data").items()}
    yield from actuator(_entries(flat), name=manifest.name, scope=manifest.scope)
    for key, text in manifest.mapping("data").items():
        if not isinstance(text, str) or "exposure" not in text or "management" not in text:
            continue
        inside = BlockLines(manifest, manifest.at("data", key))
        entries: dict[str, tuple[str, Location]] = {}
        for name, value in flatten(key, text):
            known = known_text(value)
            if known:
                entries[name] = (known, inside.place(name, value))
        yield from actuator(entries, name=manifest.name, scope=manifest.scope)


def _variables(workload: Workload) -> Iterator[Fact]:
    for container in workload.main_containers:
        found = {
            str(entry.get("name")): (entry.get("value"), container.at("env", index, "value"))
            for index, entry in enumerate(container.items("env"))
            if isinstance(entry, dict) and "value" in entry
        }
        manifest = workload.manifest
        yield from actuator(_entries(found), name=f"env:{manifest.name}", scope=manifest.scope)


def _entries(variables: Mapping[str, tuple[Any, Location]]) -> dict[str, tuple[str, Location]]:
    """Return those of *variables* that Spring Boot binds to its settings of the actuator, by dotted key."""
    entries = {}
    for name, (value, at) in variables.items():
        known = known_text(value) if name.startswith(_ROOT) or name == _PORT else None
        if known:
            entries[name.lower().replace("_", ".").replace(".basepath", ".base-path")] = (known, at)
    return entries
