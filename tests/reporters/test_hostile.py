"""Whatever a checked repository says, no report lets it act on a terminal, a CI log or a parser."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft4Validator
from reports import hostile, make_finding, make_report

from archlint.api import (
    Location,
    Notice,
    Region,
    Related,
    Report,
    ReportOptions,
    Severity,
    Suppressed,
    sanitize,
)
from archlint.plugins.registry import Registry

SCHEMAS = Path(__file__).resolve().parents[3] / "shared" / "schemas"
_ACTIVE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_COLOURS = re.compile("\x1b\\[[0-9;]*m")
_RUNNER_V1 = re.compile(r"##\w*\[")


@cache
def reporters() -> dict[str, Any]:
    return dict(Registry.load().reporters)


@st.composite
def reports(draw: st.DrawFn) -> Report:
    path = draw(hostile)
    lines = draw(st.lists(hostile.map(lambda text: re.sub("[\r\n]", "", text)), min_size=3, max_size=5))
    end = draw(st.integers(2, 3))
    region = Region(2, draw(st.integers(1, 4)), end, draw(st.integers(4, 60)))
    place = Related(draw(hostile), Location(draw(hostile), (draw(hostile),), region=region))
    finding = make_finding(
        draw(hostile),
        path,
        region,
        severity=draw(st.sampled_from(Severity)),
        pointer=(draw(hostile), 0),
        help_text=draw(hostile),
        related=[place],
        flow=[place] if draw(st.booleans()) else [],
    )
    if draw(st.booleans()):
        finding.suppressed = Suppressed("inSource", draw(hostile))
    notices = [Notice(draw(st.sampled_from(Severity)), draw(hostile), draw(hostile))]
    return make_report(
        finding, make_finding(draw(hostile), path), lines=lines, notices=notices, show_suppressed=True
    )


def commands(text: str) -> list[str]:
    """Return the lines that GitHub's runner could take for workflow commands."""
    return [line for line in text.split("\n") if line.lstrip().startswith("::") or _RUNNER_V1.search(line)]


@pytest.mark.parametrize(
    "name", ["text", "concise", "json", "sarif", "github", "gitlab", "junit", "markdown"]
)
@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(report=reports())
def test_no_report_can_be_made_to_act(name: str, report: Report) -> None:
    text = reporters()[name].render(report, ReportOptions(width=80))
    assert text.encode("utf-8")
    assert not _ACTIVE.search(text)
    found = commands(text)
    if name == "github":
        assert len(found) == len([line for line in text.splitlines() if line])
        assert all(re.match(r"::(error|warning|notice) file=", line) for line in found)
    else:
        assert not found
    assert reporters()[name].render(report, ReportOptions(width=80)) == text


@settings(deadline=None, max_examples=100)
@given(report=reports())
def test_colours_are_ours_alone(report: Report) -> None:
    text = reporters()["text"].render(report, ReportOptions(width=80, colour=True))
    assert not _ACTIVE.search(_COLOURS.sub("", text))
    opened = _COLOURS.findall(text)
    assert all((code == "\x1b[0m") is bool(index % 2) for index, code in enumerate(opened)), (
        "every colour is switched off again"
    )


@settings(deadline=None, max_examples=100)
@given(report=reports())
def test_json_keeps_what_it_reports(report: Report) -> None:
    data = json.loads(reporters()["json"].render(report, ReportOptions()))
    assert data["findings"][0]["message"] == sanitize.scalar(report.findings[0].message)
    assert data["findings"][0]["path"] == sanitize.scalar(report.findings[0].at.path)
    issues = json.loads(reporters()["gitlab"].render(report, ReportOptions()))
    assert all({"description", "fingerprint", "severity", "location"} <= set(issue) for issue in issues)


@settings(deadline=None, max_examples=100)
@given(report=reports())
def test_junit_is_well_formed(report: Report) -> None:
    root = ET.fromstring(reporters()["junit"].render(report, ReportOptions()))
    cases = root.findall("testsuite/testcase")
    assert len(cases) == int(root.attrib["tests"])
    assert len(root.findall("testsuite/testcase/failure")) == int(root.attrib["failures"])


@pytest.mark.skipif(not SCHEMAS.is_dir(), reason="the reference data is not beside the project")
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(report=reports())
def test_sarif_is_valid(report: Report) -> None:
    log = json.loads(reporters()["sarif"].render(report, ReportOptions()))
    faults = [f"{fault.json_path}: {fault.message}" for fault in validator().iter_errors(log)]
    assert not faults
    for result in log["runs"][0]["results"]:
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert re.fullmatch(r"[\w./~!$&'()*+,;=@:%-]*", uri, re.ASCII)
        assert not re.match(r"[^/]*:", uri)
        assert "](" not in result["message"]["text"]


@cache
def validator() -> Draft4Validator:
    schema = json.loads((SCHEMAS / "sarif-2.1.0.json").read_text())
    return Draft4Validator(schema, format_checker=Draft4Validator.FORMAT_CHECKER)


@settings(deadline=None, max_examples=150)
@given(report=reports())
def test_markdown_shows_text_and_nothing_else(report: Report) -> None:
    markdown_it = pytest.importorskip("markdown_it", reason="no Markdown parser is installed")
    text = reporters()["markdown"].render(report, ReportOptions())
    tokens = markdown_it.MarkdownIt("commonmark").enable("table").parse(text)
    rows = sum(token.type == "tr_open" for token in tokens)
    assert rows == len(report.reported) + bool(report.reported)
    inside = [child for token in tokens for child in token.children or ()]
    assert {child.content for child in inside if child.type == "html_inline"} <= {"<br>", "<code>", "</code>"}
    assert {child.type for child in inside} <= {
        "text",
        "code_inline",
        "html_inline",
        "text_special",
        "softbreak",
    }
    assert not re.search(r"(?<!`)@\w", "".join(child.content for child in inside if child.type == "text"))


@given(text=hostile)
def test_plain_is_stable(text: str) -> None:
    assert sanitize.plain(sanitize.plain(text)) == sanitize.plain(text)
