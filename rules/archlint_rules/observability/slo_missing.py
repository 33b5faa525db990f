"""A service that matters, without an objective.

## Why is this bad?

Without a number that says how good is good enough, nobody can tell an incident from noise, a release that may go on from one that has to stop, or how much
callers may rely on.

## How to fix

Write an SLO for what users notice (availability, latency), and name it in the manifest (`slo`).
"""

from collections.abc import Iterator

from archlint.api import (
    Bad,
    Confidence,
    Context,
    Good,
    Problem,
    Service,
    ServiceGraph,
    Severity,
    exposed,
    infrastructure_roles,
    rule,
)
from archlint.formats.openslo import ServiceFinder

_LEAST_TIER = 2
_MANIFEST = """
apiVersion: archlint.dev/v1alpha1
kind: Service
entity: component:default/orders{marker}
tier: {tier}
{more}
"""
_SLO = """
apiVersion: openslo/v1
kind: SLO
metadata: {{name: availability}}
spec: {{service: {service}, indicatorRef: good, budgetingMethod: Occurrences, objectives: [{{target: 0.99}}]}}
"""
_COMPOSE = """
services:
  orders:{marker}
    image: shop/orders
    {ports}
  stock: {{image: shop/stock}}
"""


def _manifest(tier: int, marker: str = "", more: str = "owner: team-a") -> str:
    return _MANIFEST.format(tier=tier, marker=marker, more=more)


@rule(
    id="slo-missing",
    category="observability",
    severity=Severity.INFO,
    subject=ServiceGraph,
    since="0.1.0",
    profile="strict",
    references=("https://sre.google/sre-book/service-level-objectives/",),
    examples=(
        Bad({"archlint-service.yaml": _manifest(1, "  # <- `orders` of tier 1 has no objective")}),
        Bad(
            {
                "compose.yaml": _COMPOSE.format(
                    marker="  # <- the outside uses `orders`, which has no objective",
                    ports='ports: ["80:80"]',
                ),
                "slo.yaml": _SLO.format(service="stock"),
            },
            "others have some",
        ),
        Good({"archlint-service.yaml": _manifest(3)}),
        Good({"archlint-service.yaml": _manifest(1, more="slo: [slo.yaml]")}),
        Good({"archlint-service.yaml": _manifest(1), "slo.yaml": _SLO.format(service="orders")}),
        Good({"archlint-service.yaml": _manifest(1), "slo.yaml": _SLO.format(service="orders-service")}),
        Good(
            {
                "compose.yaml": _COMPOSE.format(marker="", ports='ports: ["80:80"]'),
                "slo.yaml": _SLO.format(service="orders"),
            }
        ),
        Good(
            {"compose.yaml": _COMPOSE.format(marker="", ports='ports: ["80:80"]')},
            "nobody writes objectives here: they may be elsewhere",
        ),
        Good(
            {
                "compose.yaml": _COMPOSE.format(marker="", ports='expose: ["80"]'),
                "slo.yaml": _SLO.format(service="stock"),
            },
            "the outside does not use it",
        ),
    ),
)
def slo_missing(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report services of tier 1 and 2, and, where others have objectives, those that the outside uses."""
    del context
    finder = ServiceFinder(graph)
    objectives = [fact for fact in graph.selects if fact.kind == "openslo/SLO"]
    covered = {service.id for fact in objectives if (service := finder.service_of(fact)) is not None}
    if any(fact.target is None for fact in objectives):
        return
    public = exposed(graph) if covered else {}
    for service in graph.services:
        if service.id in covered or service.extra.get("slo") or not _is_ours(service):
            continue
        if service.tier is not None and service.tier <= _LEAST_TIER:
            message = f"`{service.name}` of tier {service.tier} has no objective"
        elif service.id in public or (covered and service.visibility == "public"):
            message = f"the outside uses `{service.name}`, which has no objective"
        else:
            continue
        yield Problem(
            message,
            service.location,
            help="write an SLO for what its users notice",
            confidence=Confidence.CONFIGURED,
            identity=("slo-missing", service.id),
        )


def _is_ours(service: Service) -> bool:
    is_infrastructure = service.role in infrastructure_roles() or service.role == "job"
    return service.first_party and not service.external and not is_infrastructure
