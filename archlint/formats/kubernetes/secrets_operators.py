"""External Secrets and Sealed Secrets: both make Secrets whose values are nowhere in the repository."""

from collections.abc import Iterator
from typing import Any

from archlint.api import ConfigFact, Fact, Location, Setting
from archlint.formats.kubernetes.kept import kept
from archlint.formats.kubernetes.views import Manifest

EXTERNAL = "external-secrets.io"
SEALED = "bitnami.com"
GROUPS = (EXTERNAL, SEALED)
_KINDS = frozenset(("ExternalSecret", "ClusterExternalSecret", "SecretStore", "ClusterSecretStore", "PushSecret"))  # fmt: skip


def facts(manifest: Manifest) -> Iterator[Fact]:
    """Yield the resource, and the Secret that it makes."""
    if not manifest.name:
        return
    if manifest.group == EXTERNAL and manifest.kind in _KINDS:
        yield kept(manifest)
    if manifest.group == EXTERNAL and manifest.kind == "ExternalSecret":
        target = manifest.get("spec", "target", "name")
        name = target if isinstance(target, str) and target else manifest.name
        yield _secret(manifest, name, tuple(_fetched(manifest)))
    elif manifest.group == SEALED and manifest.kind == "SealedSecret":
        given = manifest.get("spec", "template", "metadata", "name")
        keys = manifest.mapping("spec", "encryptedData")
        entries = tuple((key, manifest.at("spec", "encryptedData", key)) for key in keys)
        yield _secret(manifest, given if isinstance(given, str) and given else manifest.name, entries)


def remote_keys(spec: Any) -> set[str]:
    """Return what an ExternalSecret of the specification *spec* fetches, each with the store that it is in."""
    if not isinstance(spec, dict):
        return set()
    store = _store(spec.get("secretStoreRef"))
    found = set()
    for part in ("data", "dataFrom"):
        entries = spec.get(part)
        for entry in entries if isinstance(entries, list) else ():
            if not isinstance(entry, dict):
                continue
            source = entry.get("sourceRef")
            own = _store(source.get("storeRef")) if isinstance(source, dict) else ""
            for name in ("remoteRef", "extract"):
                remote = entry.get(name)
                key = remote.get("key") if isinstance(remote, dict) else None
                if isinstance(key, str) and key and "{{" not in key:
                    found.add(f"{own or store}#{key}")
    return found


def _store(reference: Any) -> str:
    if not isinstance(reference, dict):
        return ""
    return f"{reference.get('kind', 'SecretStore')}/{reference.get('name', '')}"


def _fetched(manifest: Manifest) -> Iterator[tuple[str, Location]]:
    for index, entry in enumerate(manifest.items("spec", "data")):
        if isinstance(entry, dict) and isinstance(entry.get("secretKey"), str):
            yield entry["secretKey"], manifest.at("spec", "data", index)


def _secret(manifest: Manifest, name: str, entries: tuple[tuple[str, Location], ...]) -> ConfigFact:
    return ConfigFact(
        at=manifest.at("metadata", "name"),
        extractor="kubernetes",
        kind="secret",
        name=name,
        scope=manifest.scope,
        entries=tuple(Setting(key=key, at=at, via="secret") for key, at in entries),
    )
