"""Dapr: components with their metadata, subscriptions, resiliency."""

from collections.abc import Iterator

from msgspec.structs import replace

from archlint.api import Fact, SelectFact, Setting, SettingsFact
from archlint.formats.kubernetes.dapr_policies import channels, policies
from archlint.formats.kubernetes.views import Manifest, known_text

GROUPS = ("dapr.io",)
_KEYED = frozenset(("state", "lock", "configuration"))


def facts(manifest: Manifest) -> Iterator[Fact]:
    """Yield the resource, with the applications that it is meant for as its selector; without `scopes`, it is for all."""
    if manifest.kind == "Resiliency":
        yield from policies(manifest)
    elif manifest.kind == "Subscription":
        yield from channels(manifest)
    elif manifest.kind == "Component":
        yield from _used(manifest)
    if manifest.name:
        scopes = [name for name in manifest.items("scopes") if isinstance(name, str)]
        yield SelectFact(
            at=manifest.at("metadata", "name"),
            extractor="dapr",
            kind=f"Dapr{manifest.kind}",
            name=manifest.name,
            scope=manifest.scope,
            selector={"dapr.io/app-id": scopes} if scopes else None,
            spec=manifest.mapping("spec"),
        )


def _used(manifest: Manifest) -> Iterator[Fact]:
    """Yield what the applications of a component connect to through it; without `scopes`, nobody knows who uses it.

    Keys of states begin with the application's name unless `keyPrefix` says otherwise: applications share nothing there.
    """
    type_ = known_text(manifest.get("spec", "type")) or ""
    block, _, engine = type_.partition(".")
    applications = [name for name in manifest.items("scopes") if isinstance(name, str) and name]
    if not engine or (block in _KEYED and len(applications) > 1):
        return
    entries = tuple(
        replace(setting, key=f"dapr.{type_}.{manifest.name}.{setting.key}") for setting in settings(manifest)
    )
    for name in applications if entries else ():
        yield SettingsFact(
            at=manifest.at("metadata", "name"),
            extractor="dapr",
            confidence=0.9,
            name=name,
            kept=True,
            entries=entries,
        )


def settings(manifest: Manifest) -> Iterator[Setting]:
    """Yield the metadata of a component."""
    if manifest.kind != "Component":
        return
    for index, entry in enumerate(manifest.items("spec", "metadata")):
        if isinstance(entry, dict) and isinstance(entry.get("name"), str) and "value" in entry:
            yield Setting(
                key=entry["name"],
                value=known_text(entry["value"]),
                at=manifest.at("spec", "metadata", index, "value"),
                via="config",
            )
