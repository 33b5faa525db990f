"""OpenSLO: objects, the services that objectives are for, and what they measure."""

from pathlib import Path
from textwrap import dedent

import pytest
from conftest import Check

from archlint.api import Document, SelectFact
from archlint.engine.resolve import Workspace
from archlint.formats.openslo import FORMAT, Slo, SloObject, objectives_of
from archlint.model.builder import build_graph

SLO = """
    apiVersion: openslo/v1
    kind: SLO
    metadata: {{name: {name}}}
    spec:
      service: {service}
      {indicator}
      timeWindow: [{{duration: {window}, isRolling: true}}]
      budgetingMethod: Occurrences
      objectives: [{{{target}}}]
    """
SERVICES = """
    services:
      orders: {image: shop/orders}
      stock-service: {image: shop/stock}
    """


def _slo(
    name: str = "orders-availability",
    service: str = "orders",
    indicator: str = "indicatorRef: sli",
    *,
    window: str = "28d",
    target: str = "target: 0.999",
) -> str:
    return dedent(SLO.format(name=name, service=service, indicator=indicator, window=window, target=target))


def _read(folder: Path, text: str) -> Document:
    (folder / "slo.yaml").write_text(dedent(text), encoding="utf-8")
    return Workspace(folder, (FORMAT,)).documents("slo.yaml")[0]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("{apiVersion: openslo/v1, kind: SLO}", "openslo v1 SLO"),
        ("[{apiVersion: openslo/v1alpha, kind: Service}, 7]", "openslo v1alpha Service"),
        ("{apiVersion: openslo/v1}", ""),
        ("{apiVersion: v1, kind: Service}", ""),
        ("[1]", ""),
        ("{apiVersion: 1, kind: SLO}", ""),
    ],
)
def test_it_is_known_by_its_version(tmp_path: Path, text: str, kind: str) -> None:
    assert FORMAT.sniff(_read(tmp_path, text)) == kind


def test_objects_are_visited(tmp_path: Path) -> None:
    text = "[{apiVersion: openslo/v1, kind: SLO, metadata: {name: a}}, {apiVersion: openslo/v1, kind: SLI, metadata: {name: b}}]"
    found = list(FORMAT.visit(_read(tmp_path, text), frozenset((Slo, SloObject))))
    assert [(type(node).__name__, node.name) for node in found if isinstance(node, SloObject)] == [
        ("SloObject", "a"),
        ("Slo", "a"),
        ("SloObject", "b"),
    ]


@pytest.mark.parametrize(
    ("window", "days"),
    [("4w", 28), ("1M", 30), ("12h", 0.5), ("1Q", 90), ("1Y", 365), ("x", None)],
)
def test_windows(tmp_path: Path, window: str, days: float | None) -> None:
    document = _read(tmp_path, _slo(window=window))
    assert Slo(document, (), document.data).window == days


def test_windows_of_the_first_version(tmp_path: Path) -> None:
    text = "{apiVersion: openslo/v1alpha, kind: SLO, spec: {timeWindows: [{unit: Week, count: 2}]}}"
    document = _read(tmp_path, text)
    assert Slo(document, (), document.data).window == 14


@pytest.mark.parametrize(
    ("name", "indicator", "expected"),
    [
        ("orders-availability", "indicatorRef: sli", "availability"),
        ("orders-latency", "indicatorRef: sli", "latency"),
        ("orders-p99", "indicatorRef: sli", "latency"),
        ("orders", "indicatorRef: sli", ""),
        ("orders", "indicator: {metadata: {name: error-rate}}", "availability"),
        ("orders", "indicator: {spec: {ratioMetric: {good: {query: 'x_bucket{le=\"0.3\"}'}}}}", "latency"),
        ("orders", "indicator: {spec: {ratioMetric: {good: {query: 'x{code!~\"5..\"}'}}}}", "availability"),
        (
            "orders",
            "indicator: {spec: {ratioMetric: {good: {query: 'x_duration_count{code!~\"5..\"}'}}}}",
            "",
        ),
        ("orders", "indicatorRef: other", "latency"),
    ],
)
def test_what_is_measured(check: Check, name: str, indicator: str, expected: str) -> None:
    sli = "---\napiVersion: openslo/v1\nkind: SLI\nmetadata: {name: other, displayName: Response time}\nspec: {}\n"
    files = {"slo.yaml": _slo(name, indicator=indicator) + sli, "compose.yaml": dedent(SERVICES)}
    (found,) = objectives_of(build_graph(list(check(files).facts))).values()
    assert [(one.indicator, one.target, one.window) for one in found] == [(expected, 0.999, 28)]


@pytest.mark.parametrize(
    ("service", "known"),
    [
        ("orders", "orders"),
        ("stock", "stock-service"),
        ("stock-service", "stock-service"),
        ("elsewhere", None),
        ("'{{ x }}'", None),
    ],
)
def test_an_objective_belongs_to_a_service_of_that_name(
    check: Check, service: str, known: str | None
) -> None:
    files = {"slo.yaml": _slo(service=service), "compose.yaml": dedent(SERVICES)}
    graph = build_graph(list(check(files).facts))
    assert [one.service.name for found in objectives_of(graph).values() for one in found] == (
        [known] if known else []
    )
    assert {one.name for one in graph.services} == {"orders", "stock-service"}


def test_an_objective_belongs_to_the_service_whose_manifest_lists_it(check: Check) -> None:
    manifest = "apiVersion: archlint.dev/v1alpha1\nkind: Service\nentity: component:default/orders\nslo: [slo/a.yaml]\n"
    files = {"orders/archlint-service.yaml": manifest, "orders/slo/a.yaml": _slo(service="the-shop")}
    found = objectives_of(build_graph(list(check(files).facts)))
    assert [one.service.name for objectives in found.values() for one in objectives] == ["orders"]


def test_limits_of_latency(check: Check) -> None:
    target = "targetPercent: 99, op: lte, value: 0.25"
    files = {"slo.yaml": _slo("orders-p99", target=target), "compose.yaml": dedent(SERVICES)}
    ((one,),) = objectives_of(build_graph(list(check(files).facts))).values()
    assert (one.target, one.limit, str(one.at)) == (0.99, 0.25, "slo.yaml:10:32")


def test_the_structure_is_checked(tmp_path: Path) -> None:
    document = _read(
        tmp_path, "{apiVersion: openslo/v1, kind: SLO, metadata: {}, spec: {service: [], objectives: []}}"
    )
    assert len(list(FORMAT.validate(document))) == 2
    assert not list(FORMAT.validate(_read(tmp_path, _slo())))


@pytest.mark.parametrize(
    "value",
    ["7", "text", "[1]", "[{}]", "{a: 1}", "null", "true", "[{target: .nan}]", f"[{{target: 1{'0' * 400}}}]"],
)
def test_odd_shapes_are_never_a_crash(check: Check, value: str) -> None:
    text = f"""
        apiVersion: openslo/v1
        kind: SLO
        metadata: {{name: a, displayName: {value}}}
        spec: {{service: {value}, objectives: {value}, timeWindow: {value}, indicator: {value}, indicatorRef: {value}, alertPolicies: {value}}}
        ---
        {{apiVersion: openslo/v1, kind: SLI, metadata: {{name: a}}, spec: {value}}}
        ---
        {{apiVersion: openslo/v1, kind: SLO, metadata: {{name: b}}, spec: {{service: a, objectives: [{{target: 0.5, indicator: {value}, value: {value}, op: lt}}]}}}}
        """
    outcome = check({"slo.yaml": dedent(text)})
    assert [fact for fact in outcome.facts if isinstance(fact, SelectFact)]
    objectives_of(build_graph(list(outcome.facts)))


def test_alerts_of_the_prometheus_operator_are_kept(check: Check) -> None:
    text = """
        apiVersion: monitoring.coreos.com/v1
        kind: PrometheusRule
        metadata: {name: alerts}
        spec:
          groups:
            - {name: a, rules: [{alert: Burn, expr: x > 1, labels: {service: orders}, for: 5m}, {record: r, expr: y}, 7]}
            - 7
            - {rules: 7}
        """
    (fact,) = (fact for fact in check({"alerts.yaml": dedent(text)}).facts if isinstance(fact, SelectFact))
    assert fact.kind == "monitoring.coreos.com/PrometheusRule"
    assert fact.spec == {"alerts": [{"alert": "Burn", "expr": "x > 1", "labels": {"service": "orders"}}]}
