"""What the entities of a catalog say of the system."""

import posixpath
import re
from collections.abc import Iterator

from archlint.api import DatastoreFact, DependencyFact, Document, Fact, LinkFact, ServiceFact, engine_of
from archlint.formats.backstage.entities import Entity, full_reference

_STORES = frozenset(("database", "db", "datastore", "bucket", "cache", "schema", "warehouse"))
_WITHOUT_RUNTIME = frozenset(("library", "documentation", "package", "plugin", "template"))
_ROLES = {
    "website": "frontend", "frontend": "frontend", "bff": "bff", "backend-for-frontend": "bff", "gateway": "gateway", "api-gateway": "gateway",
}  # fmt: skip
"""What some types of components say of their role; the type is free text."""
_NAME_LABELS = ("app", "app.kubernetes.io/name", "k8s-app")
_SUBSTITUTIONS = ("$text", "$json", "$yaml", "$openapi", "$asyncapi", "$graphql", "$grpc")


def facts_of(entity: Entity) -> Iterator[Fact]:
    """Yield services, APIs, datastores and what they depend on."""
    if not entity.name or entity.is_template:
        return
    reader = {"Component": _component, "API": _api, "Resource": _resource}.get(entity.kind)
    if reader is not None:
        yield from reader(entity)


def contract_link(document: Document, source: str, at: tuple[str | int, ...], target: str) -> LinkFact:
    """Return the link of *source* to a contract named at *at* of *document*, relative to its file."""
    remote = "://" in target
    path = target if remote else posixpath.normpath(posixpath.join(posixpath.dirname(document.path), target))
    resolver = document.resolver
    unknown = remote or resolver is None or path.startswith(("..", "/"))
    exists = None if unknown or resolver is None else resolver.read(path) is not None
    return LinkFact(
        at=document.at(at),
        extractor=document.format,
        kind="contract",
        source=source,
        target=path,
        exists=exists,
    )


def _component(entity: Entity) -> Iterator[Fact]:
    kind = entity.text("type").lower()
    if kind in _WITHOUT_RUNTIME:
        return
    system = entity.text("system")
    yield ServiceFact(
        at=entity.at("metadata", "name"),
        extractor="backstage",
        name=entity.name,
        entity=entity.reference,
        aliases=tuple(_aliases(entity)),
        system=full_reference(system, "system", entity.namespace) if system else "",
        owner=entity.text("owner"),
        role=_ROLES.get(kind, ""),
        lifecycle=entity.text("lifecycle"),
        first_party=True,
        declares="dependsOn" in entity.mapping("spec") or "consumesApis" in entity.mapping("spec"),
    )
    yield from _dependencies(entity)
    for target, keys in entity.references("providesApis", "api"):
        yield LinkFact(
            at=entity.at(*keys),
            extractor="backstage",
            kind="definition",
            source=entity.reference,
            target=target,
        )


def _aliases(entity: Entity) -> Iterator[str]:
    identifier = entity.annotations.get("backstage.io/kubernetes-id")
    if isinstance(identifier, str):
        yield identifier
    selector = entity.annotations.get("backstage.io/kubernetes-label-selector")
    for pair in str(selector or "").split(","):
        key, _, value = pair.replace("==", "=").partition("=")
        if key.strip() in _NAME_LABELS and value:
            yield value.strip()


def _dependencies(entity: Entity) -> Iterator[Fact]:
    for key in ("dependsOn", "consumesApis"):
        for target, keys in entity.references(key, "api" if key == "consumesApis" else "component"):
            typed = key == "consumesApis" or target.startswith("resource:")
            yield DependencyFact(
                at=entity.at(*keys),
                extractor="backstage",
                confidence=1.0 if typed else 0.7,
                source=entity.reference,
                target=target,
                kind="uses" if target.startswith("resource:") else "",
                declared=True,
            )
    for source, keys in entity.references("dependencyOf", "component"):
        if source.startswith("component:"):
            is_resource = entity.kind == "Resource"
            yield DependencyFact(
                at=entity.at(*keys),
                extractor="backstage",
                confidence=1.0 if is_resource else 0.7,
                source=source,
                target=entity.reference,
                kind="uses" if is_resource else "",
                declared=True,
            )


def _api(entity: Entity) -> Iterator[Fact]:
    yield LinkFact(
        at=entity.at("metadata", "name"),
        extractor="backstage",
        kind="definition",
        source="",
        target=entity.reference,
        extra={
            "type": entity.text("type"),
            "owner": entity.text("owner"),
            "lifecycle": entity.text("lifecycle"),
        },
    )
    definition = entity.mapping("spec", "definition")
    for key in _SUBSTITUTIONS:
        target = definition.get(key)
        if isinstance(target, str) and "{{" not in target:
            yield contract_link(entity.document, entity.reference, ("spec", "definition", key), target)


def _resource(entity: Entity) -> Iterator[Fact]:
    words = [word for word in re.split(r"[^a-z0-9]+", entity.text("type").lower()) if word]
    engine = next((found for word in words if (found := engine_of(word))), "")
    if engine or any(word in _STORES or word.endswith("db") for word in words):
        yield DatastoreFact(
            at=entity.at("metadata", "name"),
            extractor="backstage",
            name=entity.name,
            entity=entity.reference,
            engine=engine,
            owner=entity.text("owner"),
            system=entity.text("system"),
        )
    yield from _dependencies(entity)
