"""Dapr: components with their metadata, subscriptions, resiliency."""

from collections.abc import Iterator

from archlint.api import Fact, SelectFact, Setting
from archlint.formats.kubernetes.dapr_policies import channels, policies
from archlint.formats.kubernetes.views import Manifest, known_text

GROUPS = ("dapr.io",)


def facts(manifest: Manifest) -> Iterator[Fact]:
    """Yield the resource, with the applications that it is meant for as its selector; without `scopes`, it is for all."""
    if manifest.kind == "Resiliency":
        yield from policies(manifest)
    elif manifest.kind == "Subscription":
        yield from channels(manifest)
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
