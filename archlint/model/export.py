"""The graph as JSON, Mermaid and DOT, and why an edge is in it."""

from collections.abc import Iterable
from typing import Any

from archlint.findings.sanitize import plain
from archlint.model.graph import Datastore, Dependency, Element, Evidence, Service, ServiceGraph
from archlint.source.pointer import format_pointer

_ARROWS = {"calls": "-->", "uses": "-->", "produces": "-.->", "consumes": "-.->", "routes": "==>"}
_STYLES = {"calls": "solid", "uses": "solid", "produces": "dashed", "consumes": "dashed", "routes": "bold"}


def to_json(graph: ServiceGraph) -> dict[str, Any]:
    """Return the graph as plain data: `services`, `datastores`, `channels` and `edges` with their evidence."""
    return {
        "services": [_service(service) for service in graph.services],
        "datastores": [_store(store) for store in graph.datastores],
        "channels": [
            {"name": topic.name, "address": topic.address, "kind": topic.kind, "broker": topic.broker}
            for topic in graph.topics
        ],
        "edges": [_edge(edge) for edge in graph.dependencies],
    }


def _service(service: Service) -> dict[str, Any]:
    return {
        "name": service.name,
        "aliases": sorted(service.aliases - {service.name}),
        "scope": service.scope,
        "system": service.system,
        "owner": service.owner,
        "role": service.role,
        "tier": service.tier,
        "firstParty": service.first_party,
        "workloads": [
            {
                "kind": workload.kind,
                "name": workload.name,
                "path": workload.at.path,
                "line": _line(workload.at),
            }
            for workload in service.workloads
        ],
        "apis": [{"title": api.title, "format": api.format, "path": api.at.path} for api in service.apis],
    }


def _store(store: Datastore) -> dict[str, Any]:
    return {
        "name": store.name,
        "aliases": sorted(store.aliases - {store.name}),
        "engine": store.engine,
        "kind": store.kind,
        "host": store.host,
        "port": store.port,
        "database": store.database,
        "schema": store.schema,
        "owner": store.owner,
        "scope": store.scope,
    }


def _edge(edge: Dependency) -> dict[str, Any]:
    return {
        "kind": edge.kind,
        "source": edge.source.name,
        "target": edge.target.name,
        "confidence": str(edge.level),
        "declared": edge.declared,
        "evidence": [
            {
                "path": item.at.path,
                "line": _line(item.at),
                "pointer": format_pointer(item.at.pointer),
                "detail": item.detail,
            }
            for item in edge.evidence
        ],
    }


def to_mermaid(graph: ServiceGraph) -> str:
    """Return the graph as a Mermaid flowchart: services as boxes, datastores as cylinders, channels as flags."""
    names = _names(graph)
    lines = ["flowchart LR"]
    lines.extend(f'  {names[service.id]}["{_mermaid(service.name)}"]' for service in graph.services)
    lines.extend(f'  {names[store.id]}[("{_mermaid(store.name)}")]' for store in _connected(graph))
    lines.extend(f'  {names[topic.id]}>"{_mermaid(topic.name)}"]' for topic in graph.topics)
    for edge in graph.dependencies:
        start, end = names[edge.source.id], names[edge.target.id]
        if edge.kind == "consumes":
            start, end = end, start
        lines.append(f"  {start} {_ARROWS[edge.kind]}|{edge.kind}| {end}")
    return "\n".join(lines) + "\n"


def to_dot(graph: ServiceGraph) -> str:
    """Return the graph in the DOT language."""
    names = _names(graph)
    lines = ["digraph services {", "  rankdir=LR;", '  node [fontname="sans-serif"];']
    lines.extend(
        f'  {names[service.id]} [label="{_dot(service.name)}", shape=box];' for service in graph.services
    )
    lines.extend(
        f'  {names[store.id]} [label="{_dot(store.name)}", shape=cylinder];' for store in _connected(graph)
    )
    lines.extend(f'  {names[topic.id]} [label="{_dot(topic.name)}", shape=cds];' for topic in graph.topics)
    for edge in graph.dependencies:
        start, end = names[edge.source.id], names[edge.target.id]
        if edge.kind == "consumes":
            start, end = end, start
        lines.append(f'  {start} -> {end} [label="{edge.kind}", style={_STYLES[edge.kind]}];')
    return "\n".join([*lines, "}"]) + "\n"


def explain(graph: ServiceGraph, source: str, target: str) -> list[tuple[Dependency, list[Evidence]]]:
    """Return the edges between the elements called *source* and *target*, in either direction, with their evidence."""
    return [
        (edge, edge.evidence)
        for edge in graph.dependencies
        if (_goes_by(edge.source, source) and _goes_by(edge.target, target))
        or (_goes_by(edge.source, target) and _goes_by(edge.target, source))
    ]


def _goes_by(element: Element, name: str) -> bool:
    return (
        name == element.name
        or name in getattr(element, "aliases", ())
        or name == getattr(element, "host", None)
    )


def _connected(graph: ServiceGraph) -> list[Datastore]:
    """Return the datastores without those that only stand for the server of a database that is shown."""
    used = {edge.target.id for edge in graph.dependencies}
    hosts = {(store.scope, store.host) for store in graph.datastores if store.database}
    return [
        store
        for store in graph.datastores
        if store.id in used or store.database or (store.scope, store.host) not in hosts
    ]


def _names(graph: ServiceGraph) -> dict[str, str]:
    elements: Iterable[Element] = (*graph.services, *graph.datastores, *graph.topics)
    return {element.id: f"n{index}" for index, element in enumerate(elements)}


def _mermaid(text: str) -> str:
    return "".join(char if char.isalnum() or char in " -_./()" else f"#{ord(char)};" for char in text)


def _dot(text: str) -> str:
    return plain(text).replace("\\", "\\\\").replace('"', '\\"')


def _line(at: Any) -> int:
    return at.region.start_line if at.region else 0
