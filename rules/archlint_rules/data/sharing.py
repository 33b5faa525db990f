"""Which services share a datastore."""

from collections.abc import Iterable

from archlint.api import Datastore, Dependency, Related, ServiceGraph, infrastructure_roles, plain_name
from archlint_rules.data import codebases


def groups(graph: ServiceGraph, *stores: Datastore) -> list[list[Dependency]]:
    """Return the groups of edges to *stores* whose services are deployed together; each has at least two services.

    A service is in several where others are alternatives of each other, and its workers, of the same image, are part of it.
    Infrastructure (change data capture, exporters, backups, migrations, admin UIs, telemetry) shares nothing.
    """
    edges = [
        edge
        for store in stores
        for edge in graph.incoming(store)
        if edge.kind == "uses" and edge.source.role not in infrastructure_roles() and edge.source.first_party
    ]
    found: list[list[Dependency]] = []
    ordered = sorted(edges, key=lambda edge: edge.source.name)
    for index, edge in enumerate(ordered):
        homes = [group for group in found if _fits(graph, edge, group)]
        for group in homes:
            group.append(edge)
        if not homes:
            group = [edge]
            for other in ordered[:index]:
                if all(graph.together(other, member) for member in group):
                    group.append(other)
            found.append(group)
    return [
        group for group in found if codebases.distinct({e.source.id: e.source for e in group}.values()) > 1
    ]


def _fits(graph: ServiceGraph, edge: Dependency, group: list[Dependency]) -> bool:
    return any(edge.source is other.source for other in group) or all(
        graph.together(edge, other) for other in group
    )


def names_of(group: Iterable[Dependency]) -> tuple[str, ...]:
    """Return what tells groups of the same services apart from others, in whichever deployment they stand."""
    return tuple(sorted({plain_name(edge.source.name) for edge in group}))


def listed(group: Iterable[Dependency]) -> str:
    """Return the services of *group* as words."""
    names = sorted({edge.source.name for edge in group})
    return ", ".join(f"`{name}`" for name in names[:-1]) + f" and `{names[-1]}`"


def is_variant(group: list[Dependency]) -> tuple[bool, str]:
    """Return a sorting key that puts groups of a variant of a compose file (production, Windows) last."""
    store = group[0].target
    scope = store.scope if isinstance(store, Datastore) else ""
    file = scope.rpartition("/")[2].rpartition(":")[2]
    return scope.startswith("compose:") and not file.startswith(("compose.y", "docker-compose.y")), store.name


def places(groups_of_same: Iterable[list[Dependency]], first: Dependency) -> tuple[Related, ...]:
    """Return all places that say so, but the one where *first* stands."""
    return tuple(
        Related(f"`{edge.source.name}` uses it here", item.at)
        for group in groups_of_same
        for edge in group
        for item in edge.evidence
        if item.at.node != first.location.node
    )
