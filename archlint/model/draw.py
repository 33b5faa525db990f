"""The graph as Mermaid and DOT: services as boxes, datastores as cylinders, channels as flags."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from archlint.findings.sanitize import plain
from archlint.model.graph import Datastore, Dependency, Element, Service, ServiceGraph, Topic
from archlint.model.policy import attempts, timeout

type Grouping = Literal["", "namespace", "system"]

_ARROWS = {"calls": "-->", "uses": "-->", "produces": "-.->", "consumes": "-.->", "routes": "==>"}
_STYLES = {"calls": "solid", "uses": "solid", "produces": "dashed", "consumes": "dashed", "routes": "bold"}
_ADDED, _REMOVED = "#1a7f37", "#cf222e"


@dataclass(slots=True)
class _Picture:
    """What is drawn: elements by group, and edges with a colour where they changed."""

    groups: dict[str, list[Element]] = field(default_factory=lambda: defaultdict(list))
    names: dict[str, str] = field(default_factory=dict)
    edges: list[tuple[Dependency, str]] = field(default_factory=list)


def to_mermaid(graph: ServiceGraph, *, group_by: Grouping = "") -> str:
    """Return the graph as a Mermaid flowchart, its elements in subgraphs by *group_by*."""
    return _mermaid_of(_whole(graph, group_by))


def to_dot(graph: ServiceGraph, *, group_by: Grouping = "") -> str:
    """Return the graph in the DOT language, its elements in clusters by *group_by*."""
    return _dot_of(_whole(graph, group_by))


def changes_to_mermaid(
    added: Sequence[Dependency], removed: Sequence[Dependency], *, group_by: Grouping = ""
) -> str:
    """Return the *added* edges in green and the *removed* ones in red, with their ends, as a Mermaid flowchart."""
    return _mermaid_of(_changes(added, removed, group_by))


def changes_to_dot(
    added: Sequence[Dependency], removed: Sequence[Dependency], *, group_by: Grouping = ""
) -> str:
    """Return the *added* edges in green and the *removed* ones in red, with their ends, in the DOT language."""
    return _dot_of(_changes(added, removed, group_by))


def _whole(graph: ServiceGraph, group_by: Grouping) -> _Picture:
    picture = _Picture(edges=[(edge, "") for edge in graph.dependencies])
    _place(picture, (*graph.services, *_connected(graph), *graph.topics), group_by)
    return picture


def _changes(added: Sequence[Dependency], removed: Sequence[Dependency], group_by: Grouping) -> _Picture:
    picture = _Picture(edges=[(edge, _ADDED) for edge in added] + [(edge, _REMOVED) for edge in removed])
    ends: dict[str, Element] = {}
    for edge in (*added, *removed):
        for end in (edge.source, edge.target):
            ends.setdefault(end.name, end)
    _place(picture, ends.values(), group_by)
    for edge in removed:
        for end in (edge.source, edge.target):
            picture.names[end.id] = picture.names[ends[end.name].id]
    return picture


def _place(picture: _Picture, elements: Iterable[Element], group_by: Grouping) -> None:
    for index, element in enumerate(elements):
        picture.names[element.id] = f"n{index}"
        picture.groups[_group(element, group_by)].append(element)


def _group(element: Element, group_by: Grouping) -> str:
    if group_by == "system":
        return str(getattr(element, "system", "")).rpartition("/")[2].rpartition(":")[2]
    scope = str(getattr(element, "scope", "")) if group_by else ""
    return scope.removeprefix("k8s:")


def _connected(graph: ServiceGraph) -> list[Datastore]:
    """Return the datastores without those that only stand for the server of a database that is shown."""
    used = {edge.target.id for edge in graph.dependencies}
    hosts = {(store.scope, store.host) for store in graph.datastores if store.database}
    return [
        store
        for store in graph.datastores
        if store.id in used or store.database or (store.scope, store.host) not in hosts
    ]


def _mermaid_of(picture: _Picture) -> str:
    lines = ["flowchart LR", *_boxes(picture, _mermaid_box, '  subgraph {0}["{1}"]', "  end", _mermaid)]
    colours = []
    for index, (edge, colour) in enumerate(picture.edges):
        start, end = picture.names[edge.source.id], picture.names[edge.target.id]
        if edge.kind == "consumes":
            start, end = end, start
        lines.append(f"  {start} {_ARROWS[edge.kind]}|{_mermaid(_label(edge))}| {end}")
        if colour:
            colours.append(f"  linkStyle {index} stroke:{colour},color:{colour}")
    return "\n".join([*lines, *colours]) + "\n"


def _dot_of(picture: _Picture) -> str:
    lines = ["digraph services {", "  rankdir=LR;", '  node [fontname="sans-serif"];']
    lines.extend(_boxes(picture, _dot_box, '  subgraph cluster_{0} {{ label="{1}";', "  }", _dot))
    for edge, colour in picture.edges:
        start, end = picture.names[edge.source.id], picture.names[edge.target.id]
        if edge.kind == "consumes":
            start, end = end, start
        style = f'label="{_dot(_label(edge))}", style={_STYLES[edge.kind]}'
        style += f', color="{colour}", fontcolor="{colour}"' if colour else ""
        lines.append(f"  {start} -> {end} [{style}];")
    return "\n".join([*lines, "}"]) + "\n"


def _boxes(
    picture: _Picture, box: Callable[[Element, str], str], start: str, end: str, quoted: Callable[[str], str]
) -> Iterator[str]:
    for index, (group, elements) in enumerate(sorted(picture.groups.items())):
        boxes = [box(element, picture.names[element.id]) for element in elements]
        if group:
            yield start.format(f"g{index}", quoted(group))
            yield from (f"  {line}" for line in boxes)
            yield end
        else:
            yield from boxes


def _mermaid_box(element: Element, name: str) -> str:
    text = _mermaid(element.name)
    if isinstance(element, Service):
        return f'  {name}["{text}"]'
    return f'  {name}>"{text}"]' if isinstance(element, Topic) else f'  {name}[("{text}")]'


def _dot_box(element: Element, name: str) -> str:
    shape = "box" if isinstance(element, Service) else "cds" if isinstance(element, Topic) else "cylinder"
    return f'  {name} [label="{_dot(element.name)}", shape={shape}];'


def _label(edge: Dependency) -> str:
    """Return the kind of *edge* and what its policies amount to, as far as it is written somewhere."""
    written = [
        policy for policy in edge.policies if any(not value.default for value in policy.values.values())
    ]
    total, tries = timeout(written), attempts(written)
    parts = [
        f"{total / 1000:g} s" if total else "",
        "tries without end" if tries == float("inf") else f"{tries:g} tries" if tries > 1 else "",
        "breaker" if any(policy.is_on("circuitBreaker") for policy in written) else "",
        "rate limit" if any(policy.is_on("rateLimit") for policy in written) else "",
    ]
    modes = [f"mTLS {policy.values['mtls'].value}" for policy in written if "mtls" in policy.values]
    return ", ".join([edge.kind, *filter(None, parts), *dict.fromkeys(modes)])


def _mermaid(text: str) -> str:
    return "".join(char if char.isalnum() or char in " -_./(),:" else f"#{ord(char)};" for char in text)


def _dot(text: str) -> str:
    return plain(text).replace("\\", "\\\\").replace('"', '\\"')
