"""FINOS CALM: architectures as nodes and relationships, a declared model of services and what they depend on."""

import posixpath
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Literal

from archlint.api import (
    DatastoreFact,
    DependencyFact,
    Document,
    Fact,
    Format,
    LinkFact,
    Node,
    Problem,
    Related,
    ServiceFact,
    Structure,
    engine_of,
    regex,
)

_RELEASE = regex(r"https?://calm\.finos\.org/(?:release|draft)/(?P<version>\d+\.\d+)[^/]*/")
_STORES = frozenset(("database", "db", "data", "storage", "store", "cache", "datastore"))
_NOT_RUN = frozenset(
    ("actor", "person", "ecosystem", "system", "network", "ldap", "compute", "platform", "messagebus", "queue", "topic", "broker")
)  # fmt: skip
_ASYNCHRONOUS = frozenset(("amqp", "kafka", "mqtt", "jms"))
_TEXT = {"type": "string"}
_NAMES = {"type": "array", "items": _TEXT, "minItems": 1}
_END = {"type": "object", "required": ["node"], "properties": {"node": _TEXT}}
_GROUP = {
    "type": "object",
    "required": ["container", "nodes"],
    "properties": {"container": _TEXT, "nodes": _NAMES},
}
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "nodes": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["unique-id", "node-type", "name", "description"],
                "properties": dict.fromkeys(("unique-id", "node-type", "name", "description"), _TEXT),
            },
        },
        "relationships": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["unique-id", "relationship-type"],
                "properties": {
                    "unique-id": _TEXT,
                    "protocol": _TEXT,
                    "relationship-type": {
                        "type": "object",
                        "properties": {
                            "interacts": {
                                "type": "object",
                                "required": ["actor", "nodes"],
                                "properties": {"actor": _TEXT, "nodes": _NAMES},
                            },
                            "connects": {
                                "type": "object",
                                "required": ["source", "destination"],
                                "properties": {"source": _END, "destination": _END},
                            },
                            "deployed-in": _GROUP,
                            "composed-of": _GROUP,
                        },
                    },
                },
            },
        },
    },
}


class Architecture(Node):
    """A whole architecture."""

    @property
    def version(self) -> str:
        """The release of CALM that it follows, or an empty string."""
        match = _RELEASE.match(str(self.get("$schema", default="")))
        return match["version"] if match else ""

    def nodes(self) -> Iterator[tuple[int, str, dict[str, Any]]]:
        """Yield the nodes that have an identifier: index, identifier, node."""
        for index, node in enumerate(self.items("nodes")):
            if isinstance(node, dict) and isinstance(node.get("unique-id"), str):
                yield index, node["unique-id"], node

    def relations(self, kind: str) -> Iterator[tuple[int, dict[str, Any], dict[str, Any]]]:
        """Yield the relationships of *kind*: index, relationship, and what it holds under its type."""
        for index, relation in enumerate(self.items("relationships")):
            content = self.get("relationships", index, "relationship-type", kind)
            if isinstance(content, dict):
                yield index, relation, content


class CalmFormat(Format):
    """Recognises architectures by nodes that have a `unique-id` and a `node-type`."""

    name = "calm"
    subjects = (Architecture,)

    def sniff(self, document: Document) -> str:
        """Return `calm 1.0` and the like."""
        data = document.data
        nodes = data.get("nodes") if isinstance(data, dict) else None
        if not isinstance(nodes, list) or not isinstance(data.get("relationships", []), list) or not nodes:
            return ""
        first = nodes[0]
        if not isinstance(first, dict) or not {"unique-id", "node-type"} <= first.keys():
            return ""
        if "relationships" not in data and not Architecture(document, (), data).version:
            return ""
        return f"calm {Architecture(document, (), data).version}".strip()

    def visit(self, document: Document, wanted: frozenset[type[Node]]) -> Iterator[Node]:
        """Yield the architecture."""
        if Architecture in wanted:
            yield Architecture(document, (), document.data)

    def facts(self, document: Document) -> Iterator[Fact]:
        """Yield the services and datastores among the nodes, and who connects to whom."""
        architecture = Architecture(document, (), document.data)
        systems = _systems(architecture)
        stores: set[str] = set()
        services: set[str] = set()
        for index, name, node in architecture.nodes():
            words = _words(node)
            if words & _STORES or str(node.get("node-type")) == "data-asset":
                stores.add(name)
                yield DatastoreFact(
                    at=architecture.at("nodes", index, "unique-id"),
                    extractor="calm",
                    name=name,
                    entity=_entity(document, name),
                    scope=f"calm:{document.path}",
                    engine=next((engine for word in words if (engine := engine_of(word))), ""),
                    system=systems.get(name, ""),
                )
            elif not words & _NOT_RUN:
                services.add(name)
                yield ServiceFact(
                    at=architecture.at("nodes", index, "unique-id"),
                    extractor="calm",
                    name=name,
                    entity=_entity(document, name),
                    scope=f"calm:{document.path}",
                    system=systems.get(name, ""),
                    role="frontend" if "webclient" in words else "",
                    declares=True,
                )
        yield from _connections(architecture, stores)
        yield from _interactions(architecture, services, stores)
        yield from _details(architecture)

    def validate(self, document: Document) -> Iterator[Problem]:
        """Yield what breaks the release that the document names; drafts are left alone."""
        architecture = Architecture(document, (), document.data)
        if not architecture.version:
            return
        faults = list(_structure().faults(document.data))
        for fault in faults:
            yield Problem(fault.message, document.at(fault.pointer, on_key=fault.on_key), help=fault.help)
        if not faults:
            yield from _references(architecture)


@cache
def _structure() -> Structure:
    return Structure(lambda: _SCHEMA, "the architecture")


def _entity(document: Document, name: str) -> str:
    return f"calm:{document.path}#{name}"


def _words(node: dict[str, Any]) -> set[str]:
    return {word for word in re.split(r"[^a-z0-9]+", str(node.get("node-type", "")).lower()) if word}


def _systems(architecture: Architecture) -> dict[str, str]:
    """Return the system that each node is a part of."""
    kinds = {name: str(node.get("node-type")) for _, name, node in architecture.nodes()}
    return {
        part: str(content.get("container"))
        for _, _, content in architecture.relations("composed-of")
        if kinds.get(str(content.get("container"))) == "system"
        for part in (content["nodes"] if isinstance(content.get("nodes"), list) else [])
        if isinstance(part, str)
    }


def _connections(architecture: Architecture, stores: set[str]) -> Iterator[Fact]:
    for index, relation, content in architecture.relations("connects"):
        source, target = _node(content, "source"), _node(content, "destination")
        protocol = str(relation.get("protocol", "")).lower()
        if not source or not target or (protocol in _ASYNCHRONOUS and target not in stores):
            continue
        kind: Literal["uses", ""] = "uses" if target in stores else ""
        yield DependencyFact(
            at=architecture.at("relationships", index),
            extractor="calm",
            confidence=1.0 if protocol or kind else 0.7,
            source=_entity(architecture.document, source),
            target=_entity(architecture.document, target),
            kind=kind,
            protocol="" if kind else protocol,
            declared=True,
        )


def _interactions(architecture: Architecture, services: set[str], stores: set[str]) -> Iterator[Fact]:
    """Yield whom services interact with: meant for actors, and written of services as well."""
    for index, _, content in architecture.relations("interacts"):
        source, targets = content.get("actor"), content.get("nodes")
        if not isinstance(source, str) or source not in services or not isinstance(targets, list):
            continue
        for target in targets:
            if isinstance(target, str) and target != source and (target in services or target in stores):
                yield DependencyFact(
                    at=architecture.at("relationships", index),
                    extractor="calm",
                    confidence=0.7,
                    source=_entity(architecture.document, source),
                    target=_entity(architecture.document, target),
                    kind="uses" if target in stores else "",
                    declared=True,
                )


def _details(architecture: Architecture) -> Iterator[Fact]:
    """Yield the architectures in the project that nodes are said to be described in: the two share their identifiers."""
    document = architecture.document
    for index, _, _ in architecture.nodes():
        target = architecture.get("nodes", index, "details", "detailed-architecture")
        if not isinstance(target, str) or not target or "://" in target:
            continue
        path = posixpath.normpath(posixpath.join(posixpath.dirname(document.path), target))
        if not path.startswith(("..", "/")):
            yield LinkFact(
                at=architecture.at("nodes", index, "details", "detailed-architecture"),
                extractor="calm",
                kind="document",
                source=f"calm:{document.path}",
                target=f"calm:{path}",
            )


def _node(content: dict[str, Any], side: str) -> str:
    end = content.get(side)
    name = end.get("node") if isinstance(end, dict) else None
    return name if isinstance(name, str) else ""


def _references(architecture: Architecture) -> Iterator[Problem]:
    """Yield identifiers that are used twice, and relationships with nodes that are not there."""
    first: dict[str, int] = {}
    for index, name, _ in architecture.nodes():
        known = first.setdefault(name, index)
        if known != index:
            yield Problem(
                f"the `unique-id` `{name}` is used twice",
                architecture.at("nodes", index, "unique-id"),
                help="give each node its own",
                related=(Related("first used here", architecture.at("nodes", known, "unique-id")),),
            )
    for index, _, content in architecture.relations("connects"):
        for side in ("source", "destination"):
            name = _node(content, side)
            if name and name not in first:
                yield Problem(
                    f"there is no node `{name}` to connect",
                    architecture.at("relationships", index, "relationship-type", "connects", side, "node"),
                    help="correct the name, or add the node",
                )


__all__ = ["FORMAT", "Architecture"]

FORMAT = CalmFormat()
