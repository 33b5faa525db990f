"""A request that has to go through many services before it is answered.

## Why is this bad?

The latencies add up, and so do the failures: five services that are there 99.9 % of the time are together there 99.5 % of it.

## How to fix

Let a service own the data it needs to answer, or cut the chain with an event.
"""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta

from archlint.api import (
    Bad,
    Confidence,
    Context,
    Dependency,
    Good,
    Options,
    Problem,
    Related,
    Service,
    ServiceGraph,
    Severity,
    rule,
)

_MOST_SHOWN = 50


class DepthOptions(Options, frozen=True, kw_only=True):
    """How long a chain may be."""

    depth: Annotated[int, Meta(description="calls in a row that are still fine", ge=1)] = 4


def _chain(length: int) -> str:
    lines = ["services:"]
    for index in range(length):
        lines += [
            f"  s{index}:",
            "    image: shop/s",
            "    environment:",
            f"      NEXT_URL: http://s{index + 1}:80",
        ]
    return "\n".join([*lines, f"  s{length}: {{image: shop/s}}"]) + "\n"


def _deployment(name: str, calls: str) -> str:
    return f"""---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec: {{containers: [{{name: main, image: shop/{name}, env: [{{name: NEXT_URL, value: "http://{calls}"}}]}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec: {{selector: {{app: {name}}}, ports: [{{port: 80}}]}}
"""


@rule(
    id="sync-call-chain-too-deep",
    category="services",
    severity=Severity.INFO,
    profile="strict",
    subject=ServiceGraph,
    since="0.1.0",
    references=("https://sre.google/sre-book/addressing-cascading-failures/",),
    options=DepthOptions,
    examples=(
        Bad(
            {
                "compose.yaml": _chain(5).replace(
                    "http://s1:80",
                    "http://s1:80  # <- 5 calls in a row: `s0` → `s1` → `s2` → `s3` → `s4` → `s5`",
                )
            }
        ),
        Good({"compose.yaml": _chain(4)}),
        Good({"compose.yaml": _chain(5)}, options={"depth": 5}),
        Good(
            {
                "compose.yaml": _chain(3),
                "cluster.yaml": "".join(_deployment(f"s{index}", f"s{index + 1}") for index in range(3, 6))
                + _deployment("s6", "s7"),
            },
            "one half of the calls is made on a laptop, the other in the cluster",
        ),
    ),
)
def sync_call_chain_too_deep(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report the longest chain of calls from each service that nobody calls."""
    entries = [
        service
        for service in graph.services
        if not any(edge.kind == "calls" for edge in graph.incoming(service))
    ]
    following = _following(graph, entries)
    for entry in entries:
        chain = _longest(graph, entry, following)
        if len(chain) > context.options.depth:
            names = [entry.name, *(edge.target.name for edge in chain)]
            shown = " → ".join(f"`{name}`" for name in names[:7]) + (" …" if len(names) > 7 else "")  # noqa: PLR2004
            yield Problem(
                f"{len(chain)} calls in a row: {shown}",
                chain[0].location,
                help="let a service own the data it needs, or cut the chain with an event",
                flow=tuple(
                    Related(f"`{edge.source.name}` calls `{edge.target.name}`", edge.location)
                    for edge in chain[:_MOST_SHOWN]
                ),
                confidence=Confidence.of(min(edge.confidence for edge in chain)),
                identity=("chain", entry.id),
            )


type _Following = dict[str, tuple[int, Dependency | None]]
"""The id of a call to the number of calls that begin with it (none where it closes a circle), and to the one after it."""


def _following(graph: ServiceGraph, entries: list[Service]) -> _Following:
    """Return the longest way on from each call, where calls that close a circle do not count.

    Services are left in the order of a depth-first search, so that what a service calls is known before it; a way on is a call of the
    same deployment.
    """
    found: _Following = {}
    ways: dict[str, list[Dependency]] = {}
    entered: set[str] = set()
    for entry in entries:
        pending: list[tuple[Service, bool]] = [(entry, False)]
        while pending:
            service, is_done = pending.pop()
            if not is_done and service.id not in entered:
                entered.add(service.id)
                pending.append((service, True))
                pending.extend(
                    (target, False) for _, target in _calls(graph, service) if target.id not in entered
                )
            elif is_done:
                for edge, target in _calls(graph, service):
                    onward = (call for call in ways.get(target.id, ()) if graph.together(edge, call))
                    following = next(onward, None)
                    length = found[following.id][0] if following else 0
                    found[edge.id] = (length + 1 if target.id in ways else 0), following
                ways[service.id] = sorted(
                    (edge for edge, _ in _calls(graph, service)), key=lambda edge: -found[edge.id][0]
                )
    return found


def _calls(graph: ServiceGraph, service: Service) -> Iterator[tuple[Dependency, Service]]:
    for edge in graph.outgoing(service):
        if edge.kind == "calls" and isinstance(edge.target, Service):
            yield edge, edge.target


def _longest(graph: ServiceGraph, entry: Service, following: _Following) -> list[Dependency]:
    first = max(
        (edge for edge, _ in _calls(graph, entry)), key=lambda edge: following[edge.id][0], default=None
    )
    chain: list[Dependency] = []
    while first is not None and following[first.id][0]:
        chain.append(first)
        first = following[first.id][1]
    return chain
