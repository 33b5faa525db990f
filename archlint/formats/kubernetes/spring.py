"""What a ConfigMap that holds configuration of Spring Boot says of the actuator."""

from collections.abc import Iterator

from archlint.api import Fact, Location
from archlint.formats.kubernetes.block_lines import BlockLines
from archlint.formats.kubernetes.files import flatten
from archlint.formats.kubernetes.views import Manifest, known_text
from archlint.formats.spring.management import actuator

GROUPS = ("",)


def facts(manifest: Manifest) -> Iterator[Fact]:
    """Yield what the files in a ConfigMap expose, with its name: who reads it is told by what mounts or names it."""
    if manifest.kind != "ConfigMap" or not manifest.name:
        return
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
