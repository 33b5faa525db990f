"""Backstage's software catalog: components, APIs, resources, systems."""

import posixpath
import re
from collections.abc import Iterator
from typing import Any

from archlint.api import (
    DatastoreFact,
    DependencyFact,
    Document,
    Fact,
    Format,
    LinkFact,
    Node,
    Problem,
    ServiceFact,
    Structure,
)

_REFERENCE = re.compile(r"(?:(?P<kind>[A-Za-z]+):)?(?:(?P<namespace>[\w.-]+)/)?(?P<name>[\w.-]+)\Z")
_KINDS = ("Component", "API", "Resource", "System", "Domain", "Group", "User", "Location", "Template")
_STORES = (
    "database",
    "db",
    "datastore",
    "s3-bucket",
    "bucket",
    "cache",
    "redis",
    "postgres",
    "postgresql",
    "mysql",
    "mongodb",
)
_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}
_SPECS: dict[str, dict[str, Any]] = {
    "Component": {
        "required": ["type", "lifecycle", "owner"],
        "properties": dict.fromkeys(("providesApis", "consumesApis", "dependsOn", "dependencyOf"), _TEXTS)
        | dict.fromkeys(("type", "lifecycle", "owner", "system", "subcomponentOf"), _TEXT),
    },
    "API": {
        "required": ["type", "lifecycle", "owner", "definition"],
        "properties": dict.fromkeys(("type", "lifecycle", "owner", "system"), _TEXT),
    },
    "Resource": {
        "required": ["type", "owner"],
        "properties": dict.fromkeys(("type", "owner", "system"), _TEXT)
        | {"dependsOn": _TEXTS, "dependencyOf": _TEXTS},
    },
    "System": {"required": ["owner"], "properties": {"owner": _TEXT, "domain": _TEXT}},
    "Domain": {"required": ["owner"], "properties": {"owner": _TEXT}},
}


class Entity(Node):
    """An entity of the catalog."""

    @property
    def kind(self) -> str:
        """Its `kind`."""
        return str(self.get("kind", default=""))

    @property
    def name(self) -> str:
        """`metadata.name`."""
        return str(self.get("metadata", "name", default="") or "")

    @property
    def reference(self) -> str:
        """Its entity reference in full: `component:default/orders`."""
        namespace = self.get("metadata", "namespace", default="default") or "default"
        return f"{self.kind}:{namespace}/{self.name}".lower()

    def text(self, key: str) -> str:
        """Return `spec.KEY`, or an empty string."""
        value = self.get("spec", key)
        return value if isinstance(value, str) else ""

    @property
    def annotations(self) -> dict[str, Any]:
        """`metadata.annotations`."""
        return self.mapping("metadata", "annotations")

    def references(self, key: str, kind: str) -> Iterator[tuple[str, tuple[str | int, ...]]]:
        """Yield the entity references in the list `spec.KEY`, completed by *kind*, with their places."""
        for index, value in enumerate(self.items("spec", key)):
            if isinstance(value, str) and (found := full_reference(value, kind)):
                yield found, ("spec", key, index)


def full_reference(text: str, kind: str) -> str:
    """Return an entity reference with its defaults filled in (`[kind:][namespace/]name`), or an empty string."""
    match = _REFERENCE.match(text.strip())
    if match is None:
        return ""
    return f"{match['kind'] or kind}:{match['namespace'] or 'default'}/{match['name']}".lower()


class BackstageFormat(Format):
    """Recognises entities by `apiVersion: backstage.io/…`."""

    name = "backstage"
    subjects = (Entity,)

    def sniff(self, document: Document) -> str:
        """Return `backstage Component` and the like."""
        data = document.data
        if not isinstance(data, dict):
            return ""
        version, kind = data.get("apiVersion"), data.get("kind")
        known = isinstance(version, str) and version.startswith("backstage.io/")
        return f"backstage {kind}" if known and isinstance(kind, str) else ""

    def visit(self, document: Document, wanted: frozenset[type[Node]]) -> Iterator[Node]:
        """Yield the entity."""
        if Entity in wanted:
            yield Entity(document, (), document.data)

    def facts(self, document: Document) -> Iterator[Fact]:
        """Yield services, APIs, datastores and what they depend on."""
        entity = Entity(document, (), document.data)
        if not entity.name or "{{" in entity.name:
            return
        reader = {"Component": _component, "API": _api, "Resource": _resource}.get(entity.kind)
        if reader is not None:
            yield from reader(entity)

    def validate(self, document: Document) -> Iterator[Problem]:
        """Yield what breaks the descriptor format of the entity's kind."""
        kind = document.data.get("kind")
        if kind not in _KINDS:
            return
        for fault in _structure(str(kind)).faults(document.data):
            yield Problem(fault.message, document.at(fault.pointer, on_key=fault.on_key), help=fault.help)


def _structure(kind: str) -> Structure:
    if kind not in _STRUCTURES:
        schema = {
            "type": "object",
            "required": ["apiVersion", "kind", "metadata", *(("spec",) if kind in _SPECS else ())],
            "properties": {
                "metadata": {
                    "type": "object",
                    "required": ["name"],
                    "properties": {
                        "name": {"type": "string", "minLength": 1, "maxLength": 63},
                        "annotations": {"type": "object", "additionalProperties": {"type": "string"}},
                        "tags": {"type": "array"},
                        "links": {"type": "array", "items": {"type": "object", "required": ["url"]}},
                    },
                },
                "spec": {"type": "object", **_SPECS.get(kind, {})},
            },
        }
        _STRUCTURES[kind] = Structure(lambda: schema, f"the {kind}")
    return _STRUCTURES[kind]


_STRUCTURES: dict[str, Structure] = {}


def _component(entity: Entity) -> Iterator[Fact]:
    if entity.text("type") in {"library", "documentation"}:
        return
    aliases = [
        str(entity.annotations[key])
        for key in ("backstage.io/kubernetes-id", "backstage.io/kubernetes-label-selector")
        if key in entity.annotations
    ]
    yield ServiceFact(
        at=entity.at("metadata", "name"),
        extractor="backstage",
        name=entity.name,
        entity=entity.reference,
        aliases=tuple(alias.rpartition("=")[2] for alias in aliases),
        system=entity.text("system"),
        owner=entity.text("owner"),
        role="frontend" if entity.text("type") == "website" else "",
        lifecycle=entity.text("lifecycle"),
        first_party=True,
        declares="dependsOn" in entity.mapping("spec") or "consumesApis" in entity.mapping("spec"),
    )
    for key in ("dependsOn", "consumesApis"):
        default = "api" if key == "consumesApis" else "component"
        for target, keys in entity.references(key, default):
            yield DependencyFact(
                at=entity.at(*keys),
                extractor="backstage",
                confidence=0.95 if key == "consumesApis" or target.startswith("resource:") else 0.7,
                source=entity.reference,
                target=target,
                kind="uses" if target.startswith("resource:") else "",
                declared=True,
            )
    for target, keys in entity.references("providesApis", "api"):
        yield LinkFact(
            at=entity.at(*keys),
            extractor="backstage",
            kind="definition",
            source=entity.reference,
            target=target,
        )


def _api(entity: Entity) -> Iterator[Fact]:
    definition = entity.get("spec", "definition")
    for key in ("$text", "$json", "$yaml", "$openapi", "$asyncapi"):
        target = definition.get(key) if isinstance(definition, dict) else None
        if isinstance(target, str) and "{{" not in target:
            yield _definition(entity, key, target)


def _definition(entity: Entity, key: str, target: str) -> LinkFact:
    at = entity.at("spec", "definition", key)
    remote = "://" in target
    path = (
        target
        if remote
        else posixpath.normpath(posixpath.join(posixpath.dirname(entity.document.path), target))
    )
    resolver = entity.document.resolver
    exists = None if remote or resolver is None or path.startswith("..") else resolver.read(path) is not None
    return LinkFact(
        at=at, extractor="backstage", kind="contract", source=entity.reference, target=path, exists=exists
    )


def _resource(entity: Entity) -> Iterator[Fact]:
    kind = entity.text("type").lower()
    if any(word in kind for word in _STORES):
        yield DatastoreFact(
            at=entity.at("metadata", "name"),
            extractor="backstage",
            name=entity.name,
            entity=entity.reference,
            owner=entity.text("owner"),
            system=entity.text("system"),
        )


__all__ = ["FORMAT", "Entity", "full_reference"]

FORMAT = BackstageFormat()
