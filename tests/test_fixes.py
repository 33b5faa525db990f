"""Fixes of rules: every one that an example shows is made, gives what `fixed` says, and leaves nothing to fix."""

from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest
from test_rules import without_markers

from archlint.api import rules_in
from archlint.config.model import Config, Layer, RuleChange
from archlint.engine.examples import files_of
from archlint.engine.pipeline import Request, run
from archlint.engine.repair import repair, write
from archlint.plugins.registry import Registry
from archlint.rule.rule import Example, Rule

_CASES = [
    pytest.param(rule, example, id=f"{rule.id}-{index}")
    for rule in rules_in("archlint_rules")
    for index, example in enumerate(rule.examples)
    if not example.good
]


@pytest.mark.parametrize(("rule", "example"), _CASES)
def test_fixes(rule: Rule, example: Example, tmp_path: Path, registry: Registry) -> None:
    files = {name: without_markers(text) for name, text in files_of(example).items()}
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    changes = {rule.id: RuleChange(options=dict(example.options))} if example.options else {}
    layers = (Layer(select=(rule.id,), rules=changes),)
    config = Config(registry.rules, profile="all", layers=layers, today="2026-01-01", aggregate=False)
    request = Request(tmp_path, registry, config, (str(tmp_path),), cache=False)
    fixable = [finding for finding in run(request).report.findings if finding.fix is not None]
    repaired = repair(request, unsafe=True)
    assert bool(repaired.applied) is bool(fixable), "a fix that is offered is made"
    assert len(repaired.outcome.report.findings) <= len(run(request).report.findings) - len(fixable)
    assert write(repaired, tmp_path) == []
    again = repair(replace(request), unsafe=True)
    assert (again.applied, again.diff()) == (0, "")
    if example.fixed:
        wanted = {name or next(iter(files)): dedent(text).strip() + "\n" for name, text in example.fixed}
        assert {name: (tmp_path / name).read_text().strip() + "\n" for name in wanted} == wanted
