"""Every example of every rule: what is marked is found, and nothing else."""

import json

import pytest
from conftest import Check

from archlint.api import Finding, Source, parse, rules_in
from archlint.engine.examples import MARKER, expected, files_of
from archlint.rule.rule import Example, Rule

RULES = rules_in("archlint_rules")
_CASES = [
    pytest.param(rule, example, id=f"{rule.id}-{'good' if example.good else 'bad'}{index}")
    for rule in RULES
    for index, example in enumerate(rule.examples)
]


def without_markers(text: str) -> str:
    """Return *text* without what its lines expect."""
    return "\n".join(MARKER.sub("", line) for line in text.splitlines()) + "\n"


@pytest.mark.parametrize(("rule", "example"), _CASES)
def test_example(rule: Rule, example: Example, check: Check) -> None:
    files = files_of(example)
    wanted = expected(files)
    report = check(files, rule.id, options=dict(example.options)).report
    found = [
        finding
        for finding in report.findings
        if finding.rule in {rule.id, "internal-error", "artifact-unparsable"}
    ]
    assert bool(wanted) is not example.good, "a bad example has markers, a good one has none"
    _compare(found, wanted)


def _compare(found: list[Finding], wanted: list[tuple[str, int, str]]) -> None:
    left = list(found)
    for path, line, text in wanted:
        match = next(
            (
                finding
                for finding in left
                if finding.at.path == path
                and finding.at.region
                and finding.at.region.start_line == line
                and text in finding.message
            ),
            None,
        )
        assert match is not None, (
            f"{path}:{line}: no finding that says `{text}`; found {[_shown(finding) for finding in found]}"
        )
        left.remove(match)
    assert not left, f"not expected: {[_shown(finding) for finding in left]}"


def _shown(finding: Finding) -> str:
    return f"{finding.at} {finding.message}"


@pytest.mark.parametrize(("rule", "example"), _CASES)
def test_example_as_json(rule: Rule, example: Example, check: Check) -> None:
    files = files_of(example)
    wanted = sorted(text for _, _, text in expected(files))
    converted = {}
    for path, text in files.items():
        bare = without_markers(text)
        parsed = parse(Source(path, bare.encode())).documents if path.endswith((".yaml", ".yml")) else ()
        documents = [document.data for document in parsed]
        if (
            len(documents) == 1
            and "#" not in bare
            and path not in {"compose.yaml", "catalog-info.yaml"}
            and isinstance(documents[0], dict)
        ):
            converted[path] = json.dumps(documents[0], indent=2)
        else:
            converted[path] = bare
    report = check(converted, rule.id, options=dict(example.options)).report
    found = [
        finding
        for finding in report.findings
        if finding.rule in {rule.id, "internal-error", "artifact-unparsable"}
    ]
    assert len(found) == len(wanted), [_shown(finding) for finding in found]
    for text in wanted:
        assert any(text in finding.message for finding in found)
    assert all(finding.at.region is not None for finding in found)
