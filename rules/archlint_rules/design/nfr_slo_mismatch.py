"""A requirement and an objective that say different things of one service.

## Why is this bad?

The design was sized for one number, alerts watch another. Whoever is asked how fast the service has to be gives an answer that depends on the file they opened.

## How to fix

Decide which of the two is meant, and write the other after it. Where a stricter internal objective is wanted, say so in the objective's description.
"""

import re
from collections.abc import Iterator

from archlint.api import Bad, Confidence, Context, Good, Problem, Related, ServiceGraph, Severity, regex, rule
from archlint.formats.openslo import Objective, objectives_of

_SECONDS = regex(r"(?:^|[^a-z])(?:seconds|duration_s|latency_s)(?![a-z])|_seconds", re.IGNORECASE)
_MILLISECONDS = regex(r"_ms\b|_ms[_\"{)]|millis|msec", re.IGNORECASE)
_SHARE = 0.99
_NEAR = 1e-6
_MANIFEST = """
apiVersion: archlint.dev/v1alpha1
kind: Service
entity: component:default/orders
nfr: {{p99Ms: {limit}}}
"""
_SLO = """
---
apiVersion: openslo/v1
kind: SLO
metadata: {{name: orders-latency}}
spec:
  service: orders
  indicator:
    metadata: {{name: orders-latency}}
    spec: {{thresholdMetric: {{metricSource: {{type: Prometheus, spec: {{query: "{metric}"}}}}}}}}
  timeWindow: [{{duration: 28d, isRolling: true}}]
  budgetingMethod: Occurrences
  objectives:
    - {{op: lte, value: {value}, target: {target}}}{marker}
"""
_METRIC = "http_request_duration_seconds"


def _both(
    limit: int, value: float, *, target: float = 0.99, metric: str = _METRIC, marker: str = ""
) -> dict[str, str]:
    slo = _SLO.format(value=value, target=target, metric=metric, marker=marker)
    return {"orders.yaml": _MANIFEST.format(limit=limit) + slo}


@rule(
    id="nfr-slo-mismatch",
    category="design",
    severity=Severity.WARNING,
    subject=ServiceGraph,
    since="0.1.0",
    profile="strict",
    references=(
        "https://github.com/OpenSLO/OpenSLO#objectives",
        "https://sre.google/workbook/implementing-slos/",
    ),
    examples=(
        Bad(
            _both(250, 0.5, marker="  # <- `orders` is to answer within 250 ms, and its objective is 500 ms")
        ),
        Bad(
            _both(
                250,
                100,
                metric="request_latency_ms",
                marker="  # <- `orders` is to answer within 250 ms, and its objective is 100 ms",
            )
        ),
        Good(_both(250, 0.25)),
        Good(_both(250, 250, metric="request_latency_ms")),
        Good(_both(250, 0.5, target=0.5), "the median"),
        Good(_both(250, 500, metric="request_latency"), "the unit is not known"),
        Good({"orders.yaml": _MANIFEST.format(limit=250)}, "no objective"),
        Good(
            {"orders.yaml": _both(250, 0.5)["orders.yaml"].replace("op: lte", "op: gte")}, "of the fast ones"
        ),
    ),
)
def nfr_slo_mismatch(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report latency objectives for 99 % of the requests whose limit is not the `p99Ms` of the manifest."""
    del context
    for found in objectives_of(graph).values():
        service = found[0].service
        wanted = service.extra.get("nfr")
        limit = wanted.get("p99Ms") if isinstance(wanted, dict) else None
        if not isinstance(limit, int) or isinstance(limit, bool):
            continue
        fitting = [one for one in found if one.indicator == "latency" and abs(one.target - _SHARE) < _NEAR]
        lengths = [(one, length) for one in fitting if (length := _milliseconds(one)) is not None]
        if not lengths or any(abs(length - limit) < 1 for _, length in lengths):
            continue
        objective, length = lengths[0]
        manifest = next((item.at for item in service.evidence if item.extractor == "manifest"), None)
        yield Problem(
            f"`{service.name}` is to answer within {limit} ms, and its objective is {length:g} ms",
            objective.at,
            help="make the two the same number",
            related=(Related("the requirement", manifest),) if manifest is not None else (),
            confidence=Confidence.CONFIGURED,
            identity=("nfr-slo", service.id, objective.slo),
        )


def _milliseconds(objective: Objective) -> float | None:
    """Return the limit of *objective* in milliseconds, where its metric tells the unit."""
    is_seconds, is_millis = _SECONDS.search(objective.metric), _MILLISECONDS.search(objective.metric)
    if objective.limit is None or bool(is_seconds) == bool(is_millis):
        return None
    return objective.limit * (1_000 if is_seconds else 1)
