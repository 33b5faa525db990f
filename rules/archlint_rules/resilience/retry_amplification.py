"""Retries of several layers that multiply along a chain of calls.

## Why is this bad?

Each layer that retries does so for every try of the layer above. Three layers with three retries each send 64 requests to the last service for one that
came in, exactly when that service is in trouble, and keep it there.

## How to fix

Retry at one layer, the one right above what fails, and let the others pass the failure on. Where several layers have to retry, bound them by a retry budget.
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
    Location,
    Options,
    Policy,
    Problem,
    Related,
    ServiceGraph,
    Severity,
    attempts,
    rule,
)
from archlint_rules.samples import deployment, mesh_route

_HARMLESS = frozenset(("connect-failure", "refused-stream", "reset-before-request"))
_LEAST_LAYERS = 2


class AmplificationOptions(Options, frozen=True, kw_only=True):
    """How much load retries may add."""

    most: Annotated[
        float, Meta(description="requests for one call at the end of a chain that are reported", gt=1)
    ] = 10


_CHAIN = deployment("web", "orders") + deployment("orders", "stock") + deployment("stock")
_THREE = "retries: {attempts: 3, retryOn: 5xx}"
_MARKED = f"{_THREE}  # <- up to 16 requests reach `stock` for one call of `web`"


@rule(
    id="retry-amplification",
    category="resilience",
    severity=Severity.WARNING,
    subject=ServiceGraph,
    since="0.1.0",
    references=(
        "https://sre.google/sre-book/addressing-cascading-failures/",
        "https://sre.google/sre-book/handling-overload/",
        "https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRetry",
    ),
    options=AmplificationOptions,
    examples=(
        Bad(_CHAIN + mesh_route("orders", _THREE) + mesh_route("stock", _MARKED)),
        Good(
            _CHAIN + mesh_route("orders", _THREE) + mesh_route("stock", _THREE),
            options={"most": 20},
        ),
        Good(_CHAIN + mesh_route("orders", _THREE), "one layer alone"),
        Good(
            _CHAIN
            + mesh_route("orders", _THREE)
            + mesh_route("stock", 'retries: {attempts: 3, retryOn: "connect-failure,refused-stream"}'),
            "what is tried again there never reached the service",
        ),
        Good(
            _CHAIN
            + mesh_route("orders", "retries: {attempts: 1, retryOn: 5xx}")
            + mesh_route("stock", _THREE),
            "8 requests",
        ),
    ),
)
def retry_amplification(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report where the tries of all layers along a path of calls multiply to the option's number or more.

    Written retries alone make a warning; with the defaults of tools, whose conditions differ, it is informational. A layer with a retry
    budget does not count.
    """
    reported: set[str] = set()
    for defaults in (False, True):
        for chain in _chains(graph, context.options.most, defaults=defaults):
            last = chain.edge
            if last.id in reported:
                continue
            reported.add(last.id)
            edges = chain.edges
            yield Problem(
                f"up to {chain.requests:g} requests reach `{last.target.name}` for one call of `{edges[0].source.name}`",
                _place(last, defaults=defaults),
                help="retry at one layer only, or bound the retries by a budget",
                flow=tuple(
                    Related(_said(edge, defaults=defaults), _place(edge, defaults=defaults)) for edge in edges
                ),
                severity=Severity.INFO if defaults else None,
                confidence=Confidence.of(min(edge.confidence for edge in edges)),
                identity=("amplification", last.id),
            )


@dataclass(slots=True)
class _Chain:
    """A path of calls: its last edge and what leads there; `layers` of it retry."""

    edge: Dependency
    before: "_Chain | None"
    requests: float
    layers: int

    @property
    def edges(self) -> list[Dependency]:
        """The edges from the first that retries, in order."""
        found: list[Dependency] = []
        chain: _Chain | None = self
        while chain is not None:
            found.append(chain.edge)
            chain = chain.before
        return found[::-1]


def _chains(graph: ServiceGraph, most: float, *, defaults: bool) -> Iterator[_Chain]:
    """Yield the chains whose last call brings the number of requests to *most*; of a cycle, one call is left out."""
    best: dict[str, _Chain] = {}
    for service in graph.callers_first():
        above = best.get(service.id)
        for edge in graph.outgoing(service):
            if edge.kind != "calls" or edge.source is edge.target:
                continue
            factor, layers = _factor(edge, defaults=defaults)
            before = above if above is not None and graph.together(above.edge, edge) else None
            if before is None and not layers:
                continue
            chain = _Chain(
                edge,
                before,
                factor * (before.requests if before else 1),
                layers + (before.layers if before else 0),
            )
            if chain.requests >= most and chain.layers >= _LEAST_LAYERS:
                if before is None or before.requests < most or before.layers < _LEAST_LAYERS:
                    yield chain
                continue
            known = best.get(edge.target.id)
            if known is None or known.requests < chain.requests:
                best[edge.target.id] = chain


def _factor(edge: Dependency, *, defaults: bool) -> tuple[float, int]:
    """Return how many requests one call becomes, and by how many layers; endless retries are another rule's."""
    found = [tries for policy in edge.policies if (tries := _tries(policy, defaults=defaults)) > 1]
    product = 1.0
    for tries in found:
        product *= tries
    return product, len(found)


def _tries(policy: Policy, *, defaults: bool) -> float:
    conditions = policy.values.get("retryOn")
    words = {word.strip() for word in str(conditions.value).split(",")} if conditions else set()
    if words and words <= _HARMLESS:
        return 1
    tries = attempts((policy,), defaults=defaults)
    return tries if tries != float("inf") else 1


def _retrying(edge: Dependency, *, defaults: bool) -> list[Policy]:
    return [policy for policy in edge.policies if _tries(policy, defaults=defaults) > 1]


def _place(edge: Dependency, *, defaults: bool) -> Location:
    for policy in _retrying(edge, defaults=defaults):
        at = policy.values["retries"].at
        if at is not None:
            return at
    return edge.location


def _said(edge: Dependency, *, defaults: bool) -> str:
    layers = [
        f"{policy.tool} retries {policy.number('retries'):g} times"
        + (" by default" if policy.values["retries"].default else "")
        for policy in _retrying(edge, defaults=defaults)
    ]
    return f"`{edge.source.name}` calls `{edge.target.name}`" + (
        f", {' and '.join(layers)}" if layers else ""
    )
