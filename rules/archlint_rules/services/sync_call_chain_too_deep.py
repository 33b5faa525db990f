"""A request that has to go through many services before it is answered.

## Why is this bad?

The latencies add up, and so do the failures: five services that are there 99.9 % of the time are together there 99.5 % of it.

## How to fix

Let a service own the data it needs to answer, or cut the chain with an event.
"""

from collections.abc import Iterator
from dataclasses import dataclass
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
    infrastructure_roles,
    rule,
)
from archlint_rules.samples import deployment

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


_TRACED = """
  s4: {image: shop/s, environment: {ZIPKIN_URL: "http://zipkin:9411"}}
  zipkin: {image: openzipkin/zipkin}
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
            {"compose.yaml": _chain(4).rstrip().rpartition("\n")[0] + _TRACED},
            "nobody waits for the spans that are sent",
        ),
        Good(
            {
                "compose.yaml": _chain(3),
                "cluster.yaml": "".join(deployment(f"s{index}", f"s{index + 1}") for index in range(3, 6))
                + deployment("s6", "s7"),
            },
            "one half of the calls is made on a laptop, the other in the cluster",
        ),
    ),
)
def sync_call_chain_too_deep(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report the longest chain of calls from each service that nobody calls."""
    longest = _longest(graph)
    called = {edge.target.id for edge in graph.calls() if _is_awaited(edge)}
    for entry in graph.services:
        step = longest.get(entry.id)
        if entry.id in called or step is None or step.length <= context.options.depth:
            continue
        chain = step.edges
        names = [entry.name, *(edge.target.name for edge in chain)]
        shown = " → ".join(f"`{name}`" for name in names[:7]) + (" …" if len(names) > 7 else "")  # noqa: PLR2004
        yield Problem(
            f"{len(chain)} calls in a row: {shown}",
            chain[0].location,
            help="let a service own the data it needs, or cut the chain with an event",
            flow=tuple(
                Related(f"`{edge.source.name}` calls `{edge.target.name}`", edge.location) for edge in chain
            ),
            confidence=Confidence.of(min(edge.confidence for edge in chain)),
            identity=("chain", entry.id),
        )


def _is_awaited(edge: Dependency) -> bool:
    """Tell whether somebody waits for the call: nobody does for spans and metrics, nor for what tools and tests ask."""
    return (
        edge.kind == "calls"
        and isinstance(edge.target, Service)
        and infrastructure_roles().isdisjoint((edge.source.role, edge.target.role))
    )


@dataclass(slots=True)
class _Step:
    """The first call of a chain, and the rest of it."""

    edge: Dependency
    rest: "_Step | None"
    length: int

    @property
    def edges(self) -> list[Dependency]:
        """The calls in order."""
        found: list[Dependency] = []
        step: _Step | None = self
        while step is not None:
            found.append(step.edge)
            step = step.rest
        return found


def _longest(graph: ServiceGraph) -> dict[str, _Step]:
    """Return the longest chain from each service, all neighbouring calls of which exist together; of a circle, one call is left out."""
    found: dict[str, _Step] = {}
    for service in reversed(list(graph.callers_first())):
        best: _Step | None = None
        for edge in graph.outgoing(service):
            if edge.target is service or not _is_awaited(edge):
                continue
            rest = found.get(edge.target.id)
            if rest is not None and not graph.together(edge, rest.edge):
                rest = None
            length = 1 + (rest.length if rest is not None else 0)
            if best is None or length > best.length:
                best = _Step(edge, rest, length)
        if best is not None:
            found[service.id] = best
    return found
