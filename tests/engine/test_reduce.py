"""The graph rules, configured by path and by service."""

from pathlib import Path

import pytest

from archlint.config.load import CliOverrides, load_config
from archlint.engine.pipeline import Request, run
from archlint.plugins.registry import Registry

_SYSTEM = """\
services:
  orders: {image: shop/orders, environment: {DATABASE_URL: "postgres://u@db/shop", STOCK_URL: "http://stock:8080"}}
  billing: {image: shop/billing, environment: {DATABASE_URL: "postgres://u@db/shop"}}
  stock: {image: shop/stock, expose: [8080], environment: {ORDERS_URL: "http://orders:8080"}}
  db: {image: postgres}
"""


def _rules(tmp_path: Path, config: str) -> list[tuple[str, str]]:
    (tmp_path / "compose.yaml").write_text(_SYSTEM)
    (tmp_path / ".archlint.yaml").write_text(config)
    registry = Registry.load()
    chosen = load_config(tmp_path, registry, cli=CliOverrides())
    findings = run(Request(tmp_path, registry, chosen, (str(tmp_path),), cache=False)).report.findings
    wanted = {"shared-database", "sync-dependency-cycle"}
    return [(finding.rule, finding.severity) for finding in findings if finding.rule in wanted]


@pytest.mark.parametrize("name", ["billing", "orders", "ord*"])
def test_overrides_by_service_reach_findings_about_the_whole_graph(tmp_path: Path, name: str) -> None:
    both = [("shared-database", "error"), ("sync-dependency-cycle", "error")]
    assert sorted(_rules(tmp_path, "{}\n")) == both
    override = f"overrides: [{{services: ['{name}'], rules: {{shared-database: off}}}}]\n"
    assert _rules(tmp_path, override) == [("sync-dependency-cycle", "error")]


def test_an_override_names_another_service(tmp_path: Path) -> None:
    override = (
        "overrides: [{services: [stock], rules: {shared-database: off, sync-dependency-cycle: info}}]\n"
    )
    assert sorted(_rules(tmp_path, override)) == [
        ("shared-database", "error"),
        ("sync-dependency-cycle", "info"),
    ]


@pytest.mark.parametrize("where", ["paths: ['*.yaml']", "services: [billing]"])
def test_a_rule_may_run_for_some_only(tmp_path: Path, where: str) -> None:
    rules = "rules: {shared-database: off, sync-dependency-cycle: off}\n"
    assert _rules(tmp_path, rules) == []
    override = f"overrides: [{{{where}, rules: {{shared-database: warning}}}}]\n"
    assert _rules(tmp_path, rules + override) == [("shared-database", "warning")]


def test_paths_choose_where_a_finding_stands(tmp_path: Path) -> None:
    assert _rules(tmp_path, "overrides: [{paths: elsewhere, ignore: all}]\n")
    assert _rules(tmp_path, "overrides: [{paths: compose.yaml, ignore: all}]\n") == []
