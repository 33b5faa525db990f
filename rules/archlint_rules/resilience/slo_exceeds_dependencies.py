"""A service that promises more than what it cannot do without.

## Why is this bad?

A service is down whenever something is that it cannot answer without: it can be no more available than the product of what those promise. A higher target
is missed by design, and its budget is spent by others.

## How to fix

Lower the target, raise those of the dependencies, or make the service answer without them (a cache, a fallback), and say so: `criticality: soft`.
"""

from collections import defaultdict
from collections.abc import Iterator
from math import prod

from archlint.api import (
    Bad,
    Confidence,
    Context,
    Dependency,
    Good,
    Problem,
    Related,
    Service,
    ServiceGraph,
    Severity,
    rule,
)
from archlint.formats.openslo import Objective, objectives_of

_SLO = """
---
apiVersion: openslo/v1
kind: SLO
metadata: {{name: {service}-{what}}}
spec:
  service: {service}
  indicatorRef: {what}
  timeWindow: [{{duration: {window}, isRolling: true}}]
  budgetingMethod: Occurrences
  objectives:
    - target: {target}
"""
_MANIFESTS = """
apiVersion: archlint.dev/v1alpha1
kind: Service
entity: component:default/orders
dependsOn:
  - {{target: component:default/stock, via: http{criticality}}}
  - {{target: component:default/payments, via: http{criticality}}}
"""
_COMPOSE = """
services:
  orders: {image: shop/orders, environment: {STOCK_URL: "http://stock:80"}}
  stock: {image: shop/stock, expose: ["80"]}
"""
_TOLERANCE = 1e-9


def _slo(service: str, target: str, what: str = "availability", window: str = "28d") -> str:
    return _SLO.format(service=service, target=target, what=what, window=window)


def _with(orders: str, stock: str, payments: str, criticality: str = ", criticality: hard") -> dict[str, str]:
    manifests = _MANIFESTS.format(criticality=criticality) + "".join(
        f"---\napiVersion: archlint.dev/v1alpha1\nkind: Service\nentity: component:default/{name}\n"
        for name in ("stock", "payments")
    )
    return {"services.yaml": manifests, "slo.yaml": orders + stock + payments}


_PAYMENTS = _slo("payments", "0.999")
_STOCK = _slo("stock", "0.999")


@rule(
    id="slo-exceeds-dependencies",
    category="resilience",
    severity=Severity.WARNING,
    subject=ServiceGraph,
    since="0.1.0",
    references=(
        "https://queue.acm.org/detail.cfm?id=3096459",
        "https://sre.google/workbook/implementing-slos/",
    ),
    examples=(
        Bad(
            _with(
                _slo("orders", "0.9995  # <- `orders` promises 99.95 %, what it cannot do without 99.8001 %"),
                _STOCK,
                _PAYMENTS,
            )
        ),
        Bad(
            _with(
                _slo("orders", "0.999  # <- `orders` promises 99.9 %, what it cannot do without 99.8001 %"),
                _STOCK,
                _PAYMENTS,
            ),
            "each keeps it, both together do not",
        ),
        Bad(
            {
                "compose.yaml": _COMPOSE,
                "slo.yaml": _slo("orders", "0.999  # <- `orders` promises 99.9 %, what it calls 99 %")
                + _slo("stock", "0.99", window="4w"),
            },
            "a call of which nothing is said, in the same window",
        ),
        Good(_with(_slo("orders", "0.998"), _STOCK, _PAYMENTS)),
        Good(_with(_slo("orders", "0.9999"), _STOCK, _PAYMENTS, ", criticality: soft"), "it can do without"),
        Good(_with(_slo("orders", "0.9999"), _slo("stock", "0.99", "latency"), ""), "of something else"),
        Good(_with(_slo("orders", "0.9999"), _slo("stock", "0.99", window="7d"), ""), "over another time"),
        Good(_with(_slo("orders", "0.9999"), "", ""), "nothing is known of the others"),
        Good(_with(_slo("orders", "0.9999", "p99"), _STOCK, ""), "a promise of latency"),
    ),
)
def slo_exceeds_dependencies(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report availability targets above the product of the targets of hard synchronous dependencies, of the same window.

    Where nothing says whether a dependency is hard, it counts as such for a finding of severity info.
    """
    del context
    objectives = {key: _availability(found) for key, found in objectives_of(graph).items()}
    for service_id, own in objectives.items():
        edges = [edge for edge in graph.outgoing(own[0].service) if _counts(edge)] if own else []
        for objective in own:
            promised = _promises(edges, objectives, objective.window)
            hard = [one for one in promised if one[0].criticality == "hard"]
            for chosen, what in ((hard, "what it cannot do without"), (promised, "what it calls")):
                least = prod(target.target for _, target in chosen)
                if chosen and objective.target > least + _TOLERANCE:
                    yield Problem(
                        f"`{objective.service.name}` promises {_percent(objective.target)}, {what} {_percent(least)}",
                        objective.at,
                        help="lower the target, or make the service answer without them",
                        related=tuple(
                            Related(f"`{target.service.name}` promises {_percent(target.target)}", target.at)
                            for _, target in chosen
                        ),
                        severity=None if chosen is hard else Severity.INFO,
                        confidence=Confidence.of(min(edge.confidence for edge, _ in chosen)),
                        identity=("slo-exceeds", service_id, objective.slo),
                    )
                    break


def _availability(found: list[Objective]) -> list[Objective]:
    return [one for one in found if one.indicator == "availability" and 0 < one.target < 1]


def _counts(edge: Dependency) -> bool:
    return edge.kind == "calls" and edge.criticality != "soft" and edge.source is not edge.target


def _promises(
    edges: list[Dependency], objectives: dict[str, list[Objective]], window: float | None
) -> list[tuple[Dependency, Objective]]:
    """Return the dependencies that promise something over *window*, each with the highest of its targets."""
    found: dict[str, tuple[Dependency, Objective]] = {}
    by_target: dict[str, list[Dependency]] = defaultdict(list)
    for edge in edges:
        if isinstance(edge.target, Service):
            by_target[edge.target.id].append(edge)
    for target_id, ways in by_target.items():
        fitting = [one for one in objectives.get(target_id, ()) if one.window == window]
        if fitting:
            found[target_id] = (ways[0], max(fitting, key=lambda one: one.target))
    return list(found.values())


def _percent(share: float) -> str:
    return f"{round(share * 100, 4):g} %"
