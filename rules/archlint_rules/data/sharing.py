"""Which services share a datastore."""

from archlint.api import Dependency, ServiceGraph, infrastructure_roles


def groups(graph: ServiceGraph, *stores: object) -> list[list[Dependency]]:
    """Return the groups of edges to *stores* whose services are deployed together; each has at least two services.

    Infrastructure (change data capture, exporters, backups, migrations, admin UIs, telemetry) shares nothing.
    """
    edges = [
        edge
        for store in stores
        for edge in graph.incoming(store)  # type: ignore[arg-type]
        if edge.kind == "uses" and edge.source.role not in infrastructure_roles() and edge.source.first_party
    ]
    found: list[list[Dependency]] = []
    for edge in sorted(edges, key=lambda edge: edge.source.name):
        for group in found:
            if any(edge.source is other.source for other in group) or all(
                _together(graph, edge, other) for other in group
            ):
                group.append(edge)
                break
        else:
            found.append([edge])
    return [group for group in found if len({edge.source.id for edge in group}) > 1]


def _together(graph: ServiceGraph, one: Dependency, other: Dependency) -> bool:
    """Tell whether there is a deployment in which both edges exist."""
    return any(
        graph.variants.together(first.at.path, second.at.path)
        for first in one.evidence
        for second in other.evidence
    )
