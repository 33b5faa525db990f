"""The house style, over all rules and modules."""

import importlib
import re
from pathlib import Path

import pytest
from conftest import Check
from test_rules import RULES

from archlint.api import Severity
from archlint.engine.examples import files_of
from archlint.rule.docs import describe_options
from archlint.rule.rule import PROFILES, Rule

ROOT = Path(__file__).resolve().parent.parent
_ADVICE = re.compile(r"\b(?:should|must|please|invalid|illegal|bad|wrong)\b", re.IGNORECASE)
_CODE = re.compile(r"`[^`]*`")
_rules = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)


@_rules
def test_a_rule_is_one_file_named_after_it(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)+", rule.id)
    *_, category, module = rule.module.split(".")
    assert (category, module.lstrip("_")) == (rule.category, rule.id.replace("-", "_"))
    assert importlib.import_module(f"archlint_rules.{category}").__doc__


@_rules
def test_metadata_is_complete(rule: Rule) -> None:
    assert rule.profile in PROFILES
    assert isinstance(rule.severity, Severity)
    assert re.fullmatch(r"\d+\.\d+\.\d+|next", rule.since)
    assert rule.references
    assert all(reference.startswith("https://") for reference in rule.references)


@_rules
def test_docs_say_why_and_how(rule: Rule) -> None:
    assert rule.summary.endswith(".")
    assert len(rule.section("Why is this bad?")) > 40
    assert len(rule.section("How to fix")) > 20


@_rules
def test_examples_are_both_bad_and_good_and_differ(rule: Rule) -> None:
    assert any(not example.good for example in rule.examples)
    assert any(example.good for example in rule.examples)
    seen = [(example.files, example.options) for example in rule.examples]
    assert all(one not in seen[:index] for index, one in enumerate(seen))


@_rules
def test_options_are_described(rule: Rule) -> None:
    assert all(text for _, _, _, text in describe_options(rule.options))


@_rules
def test_messages_state_facts(rule: Rule, check: Check) -> None:
    bad = next(example for example in rule.examples if not example.good)
    findings = check(files_of(bad), rule.id, options=dict(bad.options)).report.findings
    messages = [finding.message for finding in findings if finding.rule == rule.id]
    assert messages
    for message in messages:
        assert re.match(r"[a-z`\d]", message), message
        assert not message.endswith("."), message
        assert "\n" not in message
        assert len(_CODE.sub("x", message)) <= 120, message
        assert not _ADVICE.search(_CODE.sub("", message)), message


@pytest.mark.parametrize(
    "path",
    sorted(
        path for folder in ("archlint", "rules", "tests", "scripts") for path in (ROOT / folder).rglob("*.py")
    ),
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_modules_are_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400
