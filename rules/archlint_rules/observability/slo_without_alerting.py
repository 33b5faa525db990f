"""An objective that nobody is told of when it is missed.

## Why is this bad?

The error budget runs out, and the team hears of it from users or in the next quarterly review. An objective without an alert changes nothing.

## How to fix

Add `alertPolicies` with a fast and a slow burn rate, or an alert rule over the burn rate that names the service.
"""

import json
import re
from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, SelectFact, ServiceGraph, Severity, regex, rule

_ALERTS = "monitoring.coreos.com/PrometheusRule"
_BURN = regex(r"burn|budget|slo", re.IGNORECASE)
_WORD = regex(r"[a-z0-9]+(?:[-_.][a-z0-9]+)*", re.IGNORECASE)
_SLO = """
apiVersion: openslo/v1
kind: SLO
metadata:
  name: orders-availability{marker}
spec:
  service: orders
  indicatorRef: good-requests
  budgetingMethod: Occurrences
  objectives: [{{target: 0.999}}]
  {more}
"""
_ALERT = """
---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {{name: alerts}}
spec:
  groups:
    - name: slo
      rules:
        - alert: {alert}
          expr: '{expr}'
"""


def _slo(more: str = "description: good requests", marker: str = "") -> str:
    return _SLO.format(more=more, marker=marker)


@rule(
    id="slo-without-alerting",
    category="observability",
    severity=Severity.WARNING,
    subject=ServiceGraph,
    since="0.1.0",
    profile="strict",
    references=(
        "https://sre.google/workbook/alerting-on-slos/",
        "https://github.com/OpenSLO/OpenSLO#alertpolicy",
    ),
    examples=(
        Bad({"slo.yaml": _slo(marker="  # <- no alert tells that `orders-availability` is missed")}),
        Bad(
            {
                "slo.yaml": _slo(marker="  # <- no alert tells that `orders-availability` is missed"),
                "alerts.yaml": _ALERT.format(alert="ErrorBudgetBurn", expr='burn_rate{job="stock"} > 14'),
            },
            "of another service",
        ),
        Bad(
            {
                "slo.yaml": _slo(marker="  # <- no alert tells that `orders-availability` is missed"),
                "alerts.yaml": _ALERT.format(alert="PodCrash", expr='restarts{service="orders"} > 3'),
            },
            "of something else",
        ),
        Good({"slo.yaml": _slo("alertPolicies: [{alertPolicyRef: fast-burn}]")}),
        Good({"slo.yaml": _slo("alertPolicies: [fast-burn]")}),
        Good({"slo.yaml": _slo('alertPolicies: "{{ .Values.policies }}"')}, "filled in when it is rendered"),
        Good(
            {
                "slo.yaml": _slo(),
                "alerts.yaml": _ALERT.format(
                    alert="ErrorBudgetBurn", expr='burn_rate{service="orders"} > 14'
                ),
            },
            "an alert rule over the burn rate",
        ),
        Good(
            {
                "slo.yaml": _slo(),
                "alerts.yaml": _ALERT.format(alert="Burn", expr="slo:orders_availability:burn5m > 14"),
            },
            "by the name of the objective",
        ),
        Good(
            {"slo.yaml": _slo().replace("openslo/v1", "openslo/v1alpha")}, "the first version has no alerts"
        ),
    ),
)
def slo_without_alerting(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report SLOs without alert policies for whose service no alert rule over the burn rate is there."""
    del context
    named = {
        _plain(word)
        for fact in graph.selects
        if fact.kind == _ALERTS
        for text in _alerts(fact)
        if _BURN.search(text)
        for word in _WORD.findall(text)
    }
    for fact in graph.selects:
        if (
            fact.kind != "openslo/SLO"
            or fact.spec.get("alertPolicies")
            or fact.spec.get("version") == "v1alpha"
        ):
            continue
        service = fact.target[1] if fact.target is not None else fact.name
        if not {_plain(service), _plain(fact.name)} & named:
            yield Problem(
                f"no alert tells that `{fact.name}` is missed",
                fact.at,
                help="add `alertPolicies`, or an alert over the burn rate",
                identity=("slo-alert", fact.name, service),
            )


def _alerts(fact: SelectFact) -> Iterator[str]:
    alerts = fact.spec.get("alerts")
    for alert in alerts if isinstance(alerts, list) else ():
        yield json.dumps(alert, default=str)


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
