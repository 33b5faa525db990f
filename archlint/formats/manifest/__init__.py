"""archlint's own service manifest: what no other artifact can say of a service. Its schema is `service.schema.json` beside this module."""

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from msgspec.structs import replace

from archlint.api import (
    ChannelFact,
    DatastoreFact,
    DependencyFact,
    Document,
    Fact,
    Format,
    MessageFact,
    Node,
    Policy,
    PolicyFact,
    PolicyKey,
    PolicyValue,
    Problem,
    ServiceFact,
    Structure,
)
from archlint.formats.backstage.entities import full_reference
from archlint.formats.backstage.facts import contract_link


class ServiceManifest(Node):
    """A manifest."""

    @property
    def entity(self) -> str:
        """The service's entity reference as written."""
        return str(self.get("entity", default="") or "")

    @property
    def name(self) -> str:
        """The last part of the entity reference."""
        return self.entity.rpartition("/")[2].rpartition(":")[2]

    @property
    def full_entity(self) -> str:
        """The service's entity reference in full: `component:default/orders`."""
        return full_reference(self.entity, "component")

    def entries(self, key: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield the mappings in the list at *key* with their indices."""
        return ((index, item) for index, item in enumerate(self.items(key)) if isinstance(item, dict))


class ManifestFormat(Format):
    """Recognises manifests by `apiVersion: archlint.dev/…` and `kind: Service`, wherever they lie."""

    name = "manifest"
    subjects = (ServiceManifest,)

    def sniff(self, document: Document) -> str:
        """Return `manifest v1alpha1`."""
        data = document.data
        version = data.get("apiVersion") if isinstance(data, dict) else None
        if isinstance(version, str) and version.startswith("archlint.dev/") and data.get("kind") == "Service":
            return f"manifest {version.partition('/')[2]}"
        return ""

    def visit(self, document: Document, wanted: frozenset[type[Node]]) -> Iterator[Node]:
        """Yield the manifest."""
        if ServiceManifest in wanted:
            yield ServiceManifest(document, (), document.data)

    def facts(self, document: Document) -> Iterator[Fact]:
        """Yield all that the manifest declares."""
        manifest = ServiceManifest(document, (), document.data)
        if not manifest.name:
            return
        yield _service(manifest)
        yield from _apis(manifest)
        yield from _dependencies(manifest)
        yield from _data(manifest)
        yield from _channels(manifest)

    def validate(self, document: Document) -> Iterator[Problem]:
        """Yield what breaks the manifest's schema."""
        for fault in _structure().faults(document.data):
            yield Problem(fault.message, document.at(fault.pointer, on_key=fault.on_key), help=fault.help)


@cache
def _structure() -> Structure:
    return Structure(
        lambda: json.loads(files(__name__).joinpath("service.schema.json").read_text("utf-8")), "the manifest"
    )


def _service(manifest: ServiceManifest) -> ServiceFact:
    aliases = manifest.items("aliases")
    tier = manifest.get("tier")
    kept = (
        "sagas",
        "migration",
        "session",
        "edge",
        "observability",
        "resilienceTests",
        "slo",
        "nfr",
        "realtime",
        "graphql",
        "queryModelOf",
    )
    return ServiceFact(
        at=manifest.at("entity"),
        extractor="manifest",
        name=manifest.name,
        entity=manifest.full_entity,
        aliases=tuple(alias for alias in aliases if isinstance(alias, str)),
        owner=str(manifest.get("owner", default="") or ""),
        role=str(manifest.get("role", default="") or ""),
        tier=tier if isinstance(tier, int) else None,
        first_party=manifest.get("role") not in {"infra", "external"},
        declares="dependsOn" in manifest.data,
        extra={key: manifest.data[key] for key in kept if key in manifest.data},
    )


def _apis(manifest: ServiceManifest) -> Iterator[Fact]:
    for index, api in manifest.entries("apis"):
        contract = api.get("contract")
        if isinstance(contract, str) and "{{" not in contract:
            link = contract_link(
                manifest.document, manifest.full_entity, ("apis", index, "contract"), contract
            )
            yield replace(link, extra={key: api[key] for key in ("visibility", "authBy") if key in api})


def _dependencies(manifest: ServiceManifest) -> Iterator[Fact]:
    for index, entry in manifest.entries("dependsOn"):
        target = entry.get("target")
        if isinstance(target, str):
            yield DependencyFact(
                at=manifest.at("dependsOn", index, "target"),
                extractor="manifest",
                source=manifest.full_entity,
                target=target,
                kind="calls",
                protocol=str(entry.get("via", "")),
                declared=True,
                criticality=str(entry.get("criticality", "")),
                extra={key: value for key, value in entry.items() if key != "target"},
            )
            policy = _policy(manifest, index, entry)
            if policy.values:
                yield PolicyFact(
                    at=manifest.at("dependsOn", index),
                    extractor="manifest",
                    policy=policy,
                    source=manifest.full_entity,
                    target=target,
                )


def _policy(manifest: ServiceManifest, index: int, entry: dict[str, Any]) -> Policy:
    """Return what the manifest says of the calls: their timeout with all retries, and the retries."""
    values: dict[PolicyKey, PolicyValue] = {}
    keys: tuple[PolicyKey, ...] = ("timeoutMs", "retries")
    for key in keys:
        value = entry.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool):
            values[key] = PolicyValue(value, manifest.at("dependsOn", index, key))
    return Policy(tool="manifest", layer="client", values=values)


def _data(manifest: ServiceManifest) -> Iterator[Fact]:
    for index, entry in manifest.entries("data"):
        name = entry.get("target") or entry.get("id")
        if not isinstance(name, str):
            continue
        at = manifest.at("data", index)
        yield DatastoreFact(
            at=at,
            extractor="manifest",
            name=name.rpartition("/")[2].rpartition(":")[2],
            entity=full_reference(name, "resource") if "target" in entry else "",
            engine=_text(entry, "type"),
            owner=_text(entry, "owner"),
        )
        yield DependencyFact(
            at=at,
            extractor="manifest",
            source=manifest.full_entity,
            target=full_reference(name, "resource") if "target" in entry else name,
            kind="uses",
            protocol=_text(entry, "type"),
            declared=True,
            extra={key: entry[key] for key in ("access", "layer") if key in entry},
        )


def _channels(manifest: ServiceManifest) -> Iterator[Fact]:
    actions: dict[str, Literal["send", "receive"]] = {"send": "send", "receive": "receive"}
    for index, entry in manifest.entries("channels"):
        action = actions.get(str(entry.get("action")))
        if action is None or not isinstance(entry.get("channel"), str):
            continue
        messages = entry.get("messages")
        at = manifest.at("channels", index)
        yield ChannelFact(
            at=at,
            extractor="manifest",
            action=action,
            address=entry["channel"],
            service=manifest.full_entity,
            broker=str(entry.get("broker", "")),
            messages=tuple(MessageFact(name=str(name), at=at) for name in messages)
            if isinstance(messages, list)
            else (),
            extra={
                key: value for key, value in entry.items() if key not in {"channel", "action", "messages"}
            },
        )


def _text(entry: dict[str, Any], key: str) -> str:
    value = entry.get(key)
    return value if isinstance(value, str) else ""


FORMAT = ManifestFormat()
