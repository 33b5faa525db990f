"""A whole run: nothing is lost, nothing depends on order or on the number of processes."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import Check

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.config.model import Config
from archlint.engine.pipeline import Request, run
from archlint.findings.report import ReportOptions
from archlint.formats.openapi import Operation
from archlint.model.builder import build_graph
from archlint.model.export import to_json
from archlint.plugins.registry import Registry
from archlint.reporters.json import REPORTER

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
SHOP = FIXTURES / "shop"


def _json(registry: Registry, jobs: str = "1", **more: object) -> str:
    config = Config(registry.rules, profile="all", jobs=jobs, today="2026-01-01")
    request = Request(SHOP, registry, config, (str(SHOP),), cache=False, **more)  # type: ignore[arg-type]
    return REPORTER.render(run(request).report, ReportOptions())


def test_processes_and_executors_change_nothing(registry: Registry) -> None:
    alone = _json(registry)
    assert _json(registry, jobs="2") == alone
    with ThreadPoolExecutor(3) as executor:
        assert _json(registry, executor=executor) == alone


def test_the_order_of_facts_changes_nothing(registry: Registry) -> None:
    config = Config(registry.rules)
    facts = list(run(Request(SHOP, registry, config, (str(SHOP),), cache=False)).facts)
    wanted = to_json(build_graph(facts))
    for seed in range(5):
        random.Random(seed).shuffle(facts)
        assert to_json(build_graph(facts)) == wanted


def test_the_clean_fixture_is_clean(registry: Registry) -> None:
    root = FIXTURES / "clean"
    config = Config(registry.rules, profile="recommended")
    assert run(Request(root, registry, config, (str(root),), cache=False)).report.findings == []


def test_broken_files_are_findings_or_not_ours(registry: Registry) -> None:
    root = FIXTURES / "broken"
    report = run(Request(root, registry, Config(registry.rules), (str(root),), cache=False)).report
    found = {finding.at.path for finding in report.findings}
    assert {"syntax.yaml", "cut.json", "latin1.yaml", "shape.yaml"} <= found
    assert all(finding.at.region is not None for finding in report.findings)
    assert not any(finding.rule == "internal-error" for finding in report.findings)


@pytest.mark.parametrize("seed", range(40))
def test_truncated_files_never_crash(check: Check, seed: int) -> None:
    files = {path.relative_to(SHOP).as_posix(): path.read_bytes() for path in sorted(SHOP.rglob("*.yaml"))}
    chosen = random.Random(seed)
    name = chosen.choice(sorted(files))
    files[name] = files[name][: chosen.randrange(len(files[name]))]
    report = check(files).report
    assert not [finding for finding in report.findings if finding.rule == "internal-error"]
    assert {finding.at.path for finding in report.findings} - {name}, "the other files are still checked"


def test_a_rule_that_crashes_is_a_finding(registry: Registry, tmp_path: Path) -> None:
    @rule(
        id="always-crashes",
        category="api",
        severity=Severity.ERROR,
        subject=Operation,
        since="next",
        examples=(Bad("a: 1"), Good("b: 1")),
    )
    def always_crashes(operation: Operation, context: Context) -> Iterator[Problem]:
        raise ValueError(operation.name)

    (tmp_path / "openapi.yaml").write_bytes((SHOP / "orders" / "openapi.yaml").read_bytes())
    changed = Registry(registry.manager, registry.plugins)
    changed.__dict__["rules"] = {**registry.rules, "always-crashes": always_crashes}
    config = Config(changed.rules)
    report = run(Request(tmp_path, changed, config, (str(tmp_path),), cache=False)).report
    (crash,) = [finding for finding in report.findings if finding.rule == "internal-error"]
    assert "`always-crashes`" in crash.message
    assert "ValueError" in crash.message
    assert any(finding.rule == "collection-unpaginated" for finding in report.findings)


def test_a_shared_definition_is_reported_once(check: Check) -> None:
    spec = "openapi: 3.1.0\ninfo: {title: %s, version: 1.0.0}\npaths: {/a: {get: {responses: {'204': {$ref: 'part.yaml'}}}}}\n"
    part = "description: none\ncontent: {application/json: {schema: {type: object}}}\n"
    report = check(
        {"a.yaml": spec % "A", "b.yaml": spec % "B", "part.yaml": part}, "no-content-response-has-body"
    ).report
    (finding,) = report.findings
    assert finding.at.path == "part.yaml"


def test_a_definition_that_operations_share_is_reported_once(check: Check) -> None:
    paged = (
        "get: {parameters: [{$ref: '#/components/parameters/Limit'}], responses: {'200': {description: ok, content:"
        " {application/json: {schema: {type: array, items: {type: string}}}}}}}"
    )
    text = (
        "openapi: 3.1.0\ninfo: {title: Orders, version: 1.0.0}\npaths:\n"
        f"  /orders: {{{paged}}}\n  /carts: {{{paged}}}\n"
        "components:\n  parameters:\n    Limit: {name: limit, in: query, schema: {type: integer}}\n"
    )
    (finding,) = check({"openapi.yaml": text}, "page-size-unbounded").report.findings
    assert finding.message == "`limit` of `GET /carts` has no maximum"
    assert finding.at.region is not None
    assert finding.at.region.start_line == 8
    assert [related.message for related in finding.related] == ["`limit` of `GET /orders` has no maximum"]
