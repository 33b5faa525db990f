"""The graph as plain data, what two graphs differ in, and why an edge is in one."""

from dataclasses import dataclass
from typing import Any

from archlint.findings.severity import Confidence
from archlint.model.graph import Datastore, Dependency, Element, Evidence, Service, ServiceGraph, Support
from archlint.model.policy import Policy, PolicyValue
from archlint.source.pointer import format_pointer


def to_json(graph: ServiceGraph) -> dict[str, Any]:
    """Return the graph as plain data: `services`, `datastores`, `channels` and `edges` with their evidence."""
    return {
        "services": [_service(service) for service in graph.services],
        "datastores": [_store(store) for store in graph.datastores],
        "channels": [
            {"name": topic.name, "address": topic.address, "kind": topic.kind, "broker": topic.broker}
            for topic in graph.topics
        ],
        "edges": [
            *(_edge(edge) for edge in graph.dependencies),
            *(_support(item) for item in graph.support),
        ],
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
        "evidence": [_evidence(item) for item in edge.evidence],
        "policies": [_policy(policy) for policy in edge.policies],
    }


def _support(item: Support) -> dict[str, Any]:
    level = Confidence.of(max(evidence.confidence for evidence in item.evidence))
    return {
        "kind": "uses" if isinstance(item.target, Datastore) else "calls",
        "source": item.source.name,
        "target": item.target.name,
        "confidence": str(level),
        "declared": False,
        "evidence": [_evidence(evidence) for evidence in item.evidence],
        "policies": [],
    }


def _evidence(item: Evidence) -> dict[str, Any]:
    return {
        "path": item.at.path,
        "line": _line(item.at),
        "pointer": format_pointer(item.at.pointer),
        "detail": item.detail,
    }


def _policy(policy: Policy) -> dict[str, Any]:
    return {
        "tool": policy.tool,
        "layer": policy.layer,
        **{key: _value(value) for key, value in policy.values.items()},
    }


def _value(value: PolicyValue) -> dict[str, Any]:
    if value.at is None:
        return {"value": value.value, "default": value.default}
    return {
        "value": value.value,
        "default": value.default,
        "path": value.at.path,
        "line": _line(value.at),
        "pointer": format_pointer(value.at.pointer),
    }


@dataclass(frozen=True, slots=True)
class Difference:
    """The edges that one of two graphs has and the other has not, by kind and names of their ends."""

    added: list[Dependency]
    removed: list[Dependency]


def difference(before: ServiceGraph, after: ServiceGraph) -> Difference:
    """Return what changes from *before* to *after*."""
    old = {_ends(edge): edge for edge in before.dependencies}
    new = {_ends(edge): edge for edge in after.dependencies}
    return Difference(
        added=[edge for ends, edge in new.items() if ends not in old],
        removed=[edge for ends, edge in old.items() if ends not in new],
    )


def difference_to_json(changes: Difference) -> dict[str, Any]:
    """Return *changes* as plain data: `added` and `removed` edges with their evidence."""
    return {
        "added": [_edge(edge) for edge in changes.added],
        "removed": [_edge(edge) for edge in changes.removed],
    }


def _ends(edge: Dependency) -> tuple[str, str, str]:
    return edge.kind, edge.source.name, edge.target.name


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


def _line(at: Any) -> int:
    return at.region.start_line if at.region else 0
