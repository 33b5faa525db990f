"""A caller that gives up before what it waits for can be done.

## Why is this bad?

The caller has answered with an error, or has tried again, while the work for its first request goes on below: load without any use. Retries below that
would have helped come too late to count.

## How to fix

Let timeouts shrink on the way down: give the outer call at least the worst case of the inner one, which is its tries times the time of each, or cut the
retries and timeouts of the inner call. Where the tools support it, pass the deadline on.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from archlint.api import (
    Bad,
    Confidence,
    Context,
    Dependency,
    Good,
    Location,
    Policy,
    Problem,
    Related,
    Service,
    Severity,
    rule,
    timeout,
    worst_case,
)
from archlint_rules.samples import deployment, mesh_route

_LEAST_CONFIDENCE = 0.75


_CHAIN = deployment("web", "orders") + deployment("orders", "stock") + deployment("stock")
_FOUR = "retries: {attempts: 3, perTryTimeout: 2s}"


@rule(
    id="timeout-budget-inverted",
    category="resilience",
    severity=Severity.WARNING,
    subject=Service,
    since="0.1.0",
    references=(
        "https://sre.google/sre-book/addressing-cascading-failures/",
        "https://grpc.io/docs/guides/deadlines/",
        "https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRoute",
    ),
    examples=(
        Bad(
            _CHAIN
            + mesh_route(
                "orders",
                "timeout: 3s  # <- `web` waits 3 s for `orders`, which may wait 10 s for `stock`",
            )
            + mesh_route("stock", "timeout: 10s")
        ),
        Bad(
            _CHAIN
            + mesh_route(
                "orders",
                "timeout: 3s  # <- `web` waits 3 s for `orders`, which may wait 8 s for `stock`",
            )
            + mesh_route("stock", _FOUR)
        ),
        Bad(
            _CHAIN
            + deployment("app", "orders")
            + mesh_route("orders", "timeout: 3s  # <- `app` and 1 more wait 3 s for `orders`")
            + mesh_route("stock", "timeout: 10s"),
            "one route for all callers",
        ),
        Good(_CHAIN + mesh_route("orders", "timeout: 10s") + mesh_route("stock", _FOUR)),
        Good(
            _CHAIN + mesh_route("orders", "timeout: 3s") + mesh_route("stock", f"{_FOUR}\ntimeout: 2s"),
            "the total bounds the tries",
        ),
        Good(
            _CHAIN + mesh_route("orders", "timeout: 3s") + mesh_route("stock", "retries: {attempts: 0}"),
            "nothing bounds the inner call, which is another finding",
        ),
        Good(_CHAIN + mesh_route("stock", "timeout: 10s"), "the outer call has no timeout"),
    ),
)
def timeout_budget_inverted(service: Service, context: Context) -> Iterator[Problem]:
    """Report callers of *service* whose written timeout is shorter than the worst case of what it calls in turn."""
    graph = context.graph
    inner = [
        (longest, edge)
        for edge in graph.outgoing(service)
        if edge.kind == "calls"
        and edge.confidence >= _LEAST_CONFIDENCE
        and (longest := worst_case(edge.policies))
    ]
    if not inner:
        return
    inner.sort(key=lambda one: (-one[0], one[1].id))
    groups: dict[object, list[_Inverted]] = defaultdict(list)
    for edge in graph.incoming(service):
        wait = (
            timeout(edge.policies) if edge.kind == "calls" and edge.confidence >= _LEAST_CONFIDENCE else None
        )
        at = _written(edge.policies, wait)
        if wait is None or at is None or inner[0][0] <= wait:
            continue
        called = next(
            (
                _Inverted(edge, at, wait, longest, other)
                for longest, other in inner
                if longest > wait and other.target is not edge.source and graph.together(edge, other)
            ),
            None,
        )
        if called is not None:
            groups[at.node].append(called)
    for group in groups.values():
        yield _problem(group)


@dataclass(frozen=True, slots=True)
class _Inverted:
    """A caller that waits `wait` milliseconds, as `at` says, for a service that may wait `longest` for its own call."""

    edge: Dependency
    at: Location
    wait: float
    longest: float
    called: Dependency


def _problem(group: list[_Inverted]) -> Problem:
    first = min(group, key=lambda one: (-one.longest, one.edge.source.name))
    edge, called = first.edge, first.called
    more = len(group) - 1
    who = f"`{edge.source.name}`" + (f" and {more} more wait" if more else " waits")
    return Problem(
        f"{who} {_seconds(first.wait)} for `{edge.target.name}`, which may wait {_seconds(first.longest)} for `{called.target.name}`",
        first.at,
        help="let timeouts shrink on the way down, tries included",
        related=(
            Related(f"up to {_seconds(first.longest)} for `{called.target.name}`", _place(called)),
            *(
                Related(f"`{one.edge.source.name}` calls `{one.edge.target.name}`", one.edge.location)
                for one in group
            ),
        ),
        confidence=Confidence.of(min(edge.confidence, called.confidence)),
        identity=("budget", edge.target.id),
    )


def _written(policies: list[Policy], wait: float | None) -> Location | None:
    """Return where the timeout *wait* is written; `None` where it is a default."""
    for policy in policies:
        value = policy.values.get("timeoutMs")
        if value is not None and wait is not None and value.value == wait and not value.default:
            return value.at
    return None


def _place(edge: Dependency) -> Location:
    places = [
        value.at
        for policy in edge.policies
        for key in ("perTryTimeoutMs", "timeoutMs", "retries")
        if (value := policy.values.get(key)) is not None and value.at is not None
    ]
    return places[0] if places else edge.location


def _seconds(milliseconds: float) -> str:
    return f"{milliseconds / 1000:g} s" if milliseconds >= 1000 else f"{milliseconds:g} ms"  # noqa: PLR2004
