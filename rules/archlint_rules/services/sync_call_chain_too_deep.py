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

_MOST_STEPS = 20_000


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
    for entry in entries:
        chain = _longest(graph, entry)
        if len(chain) > context.options.depth:
            names = [entry.name, *(edge.target.name for edge in chain)]
            shown = " → ".join(f"`{name}`" for name in names[:7]) + (" …" if len(names) > 7 else "")  # noqa: PLR2004
            yield Problem(
                f"{len(chain)} calls in a row: {shown}",
                chain[0].location,
                help="let a service own the data it needs, or cut the chain with an event",
                flow=tuple(
                    Related(f"`{edge.source.name}` calls `{edge.target.name}`", edge.location)
                    for edge in chain
                ),
                confidence=Confidence.of(min(edge.confidence for edge in chain)),
                identity=("chain", entry.id),
            )


def _longest(graph: ServiceGraph, entry: Service) -> list[Dependency]:
    """Return a longest simple path of calls from *entry*, as far as a bounded search finds one."""
    best: list[Dependency] = []
    pending: list[tuple[Service, list[Dependency]]] = [(entry, [])]
    depths: dict[str, int] = {}
    for _ in range(_MOST_STEPS):
        if not pending:
            break
        service, path = pending.pop()
        if len(path) > len(best):
            best = path
        seen = {entry.id, *(edge.target.id for edge in path)}
        for edge in graph.outgoing(service):
            target = edge.target
            if (
                edge.kind == "calls"
                and isinstance(target, Service)
                and target.id not in seen
                and depths.get(target.id, -1) < len(path)
                and (not path or graph.together(path[-1], edge))
            ):
                depths[target.id] = len(path)
                pending.append((target, [*path, edge]))
    return best
