"""Every example of every rule: what is marked is found, and nothing else."""

import json
import re
from collections.abc import Mapping

import pytest
from conftest import Check

from archlint.api import Finding, Source, parse, rules_in
from archlint.rule.rule import Example, Rule

RULES = rules_in("archlint_rules")
_MARKER = re.compile(r"[ \t]*# <- (?P<text>.*?)[ \t]*$")
_CASES = [
    pytest.param(rule, example, id=f"{rule.id}-{'good' if example.good else 'bad'}{index}")
    for rule in RULES
    for index, example in enumerate(rule.examples)
]
_NAMES = (
    (re.compile(r"^\s*[\"']?(?:openapi|swagger)[\"']?:", re.MULTILINE), "openapi.yaml"),
    (re.compile(r"^\s*[\"']?asyncapi[\"']?:", re.MULTILINE), "asyncapi.yaml"),
    (re.compile(r"^services:", re.MULTILINE), "compose.yaml"),
)


def files_of(example: Example) -> dict[str, str]:
    """Return the files of *example*; a nameless text gets the usual name of what it is."""
    return {name or _name(text): text for name, text in example.files}


def _name(text: str) -> str:
    return next((name for pattern, name in _NAMES if pattern.search(text)), "manifest.yaml")


def expected(files: Mapping[str, str]) -> list[tuple[str, int, str]]:
    """Return what the markers say: file, line, part of the message."""
    return [
        (path, number, match["text"])
        for path, text in files.items()
        for number, line in enumerate(text.splitlines(), 1)
        if (match := _MARKER.search(line))
    ]


def without_markers(text: str) -> str:
    """Return *text* without what its lines expect."""
    return "\n".join(_MARKER.sub("", line) for line in text.splitlines()) + "\n"


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
