"""A service that everybody calls and that calls everybody.

## Why is this bad?

A change to it touches the whole system, and so does its failure. Mostly it has become the place where things meet that belong to different parts of
the business.

## How to fix

Move what callers need to the services that own it, or make its two sides two services. Gateways and front ends are meant to be hubs and exempt.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Annotated

from msgspec import Meta

from archlint.api import (
    Bad,
    Context,
    Dependency,
    Element,
    Good,
    Options,
    Problem,
    Related,
    Service,
    Severity,
    infrastructure_roles,
    plain_name,
    rule,
)

_EXEMPT = frozenset(("gateway", "bff", "frontend"))


class HubOptions(Options, frozen=True, kw_only=True):
    """From when on a service is a hub."""

    fan_in: Annotated[int, Meta(description="callers, at least", ge=1)] = 6
    fan_out: Annotated[int, Meta(description="called services, at least", ge=1)] = 6


def _compose(name: str, callers: int, callees: int) -> str:
    lines = ["services:", f"  {name}:", "    image: shop/hub", "    environment:"]
    lines += [f"      C{index}_URL: http://callee{index}:80" for index in range(callees)]
    for index in range(callers):
        lines += [
            f"  caller{index}:",
            "    image: shop/a",
            "    environment:",
            f"      HUB_URL: http://{name}:80",
        ]
    lines += [f"  callee{index}: {{image: shop/b}}" for index in range(callees)]
    return "\n".join(lines) + "\n"


@rule(
    id="hub-service",
    category="services",
    severity=Severity.INFO,
    profile="strict",
    subject=Service,
    since="0.1.0",
    references=("https://doi.org/10.1109/MS.2018.2141031",),
    options=HubOptions,
    examples=(
        Bad(
            {
                "compose.yaml": _compose("core", 6, 6).replace(
                    "  core:\n", "  core:  # <- `core` is called by 6 services and calls 6\n"
                )
            }
        ),
        Good({"compose.yaml": _compose("core", 6, 2)}),
        Good({"compose.yaml": _compose("api-gateway", 6, 6)}, "a gateway"),
    ),
)
def hub_service(service: Service, context: Context) -> Iterator[Problem]:
    """Report services with many callers and many called services."""
    if service.role in _EXEMPT or service.role in infrastructure_roles() or not service.first_party:
        return
    callers = _once(context.graph.incoming(service), lambda edge: edge.source)
    callees = _once(context.graph.outgoing(service), lambda edge: edge.target)
    if len(callers) >= context.options.fan_in and len(callees) >= context.options.fan_out:
        yield Problem(
            f"`{service.name}` is called by {len(callers)} services and calls {len(callees)}",
            service.location,
            help="move what callers need to the services that own it",
            related=tuple(
                Related(f"`{edge.source.name}` calls `{edge.target.name}`", edge.location)
                for edge in (*callers, *callees)
            ),
            identity=("hub", service.id),
        )


def _once(edges: Iterable[Dependency], end: Callable[[Dependency], Element]) -> list[Dependency]:
    """Return one call per name of its other *end*: the same service in several deployments counts once."""
    return list(
        {
            plain_name(end(edge).name.partition(" (")[0]): edge for edge in edges if edge.kind == "calls"
        }.values()
    )
