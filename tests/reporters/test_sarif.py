"""SARIF as GitHub code scanning and editors read it."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from conftest import Check
from jsonschema import Draft4Validator
from reports import RULE, make_finding, make_report

from archlint.api import (
    Applicability,
    Finding,
    Location,
    Notice,
    Region,
    Related,
    Report,
    ReportOptions,
    Severity,
    Suppressed,
    TextEdit,
    TextFix,
)
from archlint.reporters import sarif
from archlint.reporters.fingerprints import LineHashes
from archlint.source.source import split_lines


def run_of(report: Report) -> dict[str, Any]:
    run = json.loads(sarif.REPORTER.render(report, ReportOptions()))["runs"][0]
    assert isinstance(run, dict)
    return run


def result_of(finding: Finding, *lines: str) -> dict[str, Any]:
    report = make_report(finding, lines=lines, show_suppressed=True) if lines else make_report(finding)
    result = run_of(report)["results"][0]
    assert isinstance(result, dict)
    return result


def place_of(result: dict[str, Any]) -> dict[str, Any]:
    place = result["locations"][0]["physicalLocation"]
    assert isinstance(place, dict)
    return place


def test_a_real_run_is_valid_and_complete(check: Check, shared: Path) -> None:
    shop = Path(__file__).resolve().parents[2] / "fixtures" / "shop"
    files = {
        path.relative_to(shop).as_posix(): path.read_bytes() for path in shop.rglob("*") if path.is_file()
    }
    report = check(files).report
    log = json.loads(sarif.REPORTER.render(report, ReportOptions()))
    schema = json.loads((shared / "schemas" / "sarif-2.1.0.json").read_text())
    checker = Draft4Validator.FORMAT_CHECKER
    assert not list(Draft4Validator(schema, format_checker=checker).iter_errors(log))
    run = log["runs"][0]
    assert len(run["results"]) == len(report.findings) > 10
    rules = run["tool"]["driver"]["rules"]
    for rule in rules:
        assert {"shortDescription", "fullDescription", "help", "helpUri", "defaultConfiguration"} <= set(rule)
        assert rule["help"]["text"]
        assert rule["help"]["markdown"].startswith("# ")
        assert {"tags", "precision", "problem.severity"} <= set(rule["properties"])
        assert len(rule["properties"]["tags"]) <= 10
    for artifact in run["artifacts"]:
        raw = files[artifact["location"]["uri"]]
        assert artifact["length"] == len(raw)
        assert artifact["encoding"] == "UTF-8"
        assert artifact["hashes"] == {"sha-256": sha256(raw).hexdigest()}
    secure = [rule for rule in rules if "security-severity" in rule["properties"]]
    assert {"auth", "security"} <= {rule["properties"]["tags"][0] for rule in secure}
    assert all("security" in rule["properties"]["tags"] for rule in secure)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert len(place_of(result)["region"]) == 5
        assert result["partialFingerprints"]["archlint/v1"]
        assert result["partialFingerprints"]["primaryLocationLineHash"]
    assert any("codeFlows" in result for result in run["results"])


def test_columns_are_utf16_code_units() -> None:
    region = place_of(result_of(make_finding(region=Region(1, 7, 1, 9)), 'k: "\U0001f600\U0001f600 ab"'))[
        "region"
    ]
    assert (region["startColumn"], region["endColumn"]) == (9, 11)
    assert region["snippet"]["text"] == " a"


def test_context_holds_the_region() -> None:
    place = place_of(
        result_of(make_finding(region=Region(2, 3, 3, 8)), "one", "  two", "three", "four", "five")
    )
    assert place["region"]["snippet"]["text"] == "two\nthree"
    assert (place["contextRegion"]["startLine"], place["contextRegion"]["endLine"]) == (1, 4)
    long = place_of(result_of(make_finding(region=Region(1, 1, 40, 2)), *["x" * 999] * 50))
    assert "contextRegion" not in long
    assert max(map(len, long["region"]["snippet"]["text"].split("\n"))) == 200


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("a/b.yaml", "a/b.yaml"),
        ("my api#1?.yaml", "my%20api%231%3F.yaml"),
        ("100%.yaml", "100%25.yaml"),
        ("c:/x.yaml", "c%3A/x.yaml"),
        ("été.yaml", "%C3%A9t%C3%A9.yaml"),
        ("bytes-\udcff.yaml", "bytes-%FF.yaml"),
    ],
)
def test_paths_are_relative_uris(path: str, uri: str) -> None:
    assert place_of(result_of(make_finding(path=path)))["artifactLocation"]["uri"] == uri


def test_places_suppressions_and_fixes() -> None:
    finding = make_finding(
        "`a` calls `b`",
        help_text="cut it",
        related=[Related("first declared here", Location("b.yaml", ("x",), region=Region(1, 1, 1, 2)))],
        flow=[Related("`a` calls `b`", Location("a.yaml", region=Region(1, 1, 1, 2)))],
    )
    finding.suppressed = Suppressed("external", "known since March")
    finding.fix = TextFix("rename it", (TextEdit("a.yaml", Region(1, 1, 1, 2), "new"),), Applicability.SAFE)
    result = result_of(finding, "services:", "  orders:")
    assert result["message"]["text"] == "`a` calls `b`. Help: cut it"
    assert [one["message"]["text"] for one in result["relatedLocations"]] == [
        "`a` calls `b`",
        "first declared here",
    ]
    assert (
        result["codeFlows"][0]["threadFlows"][0]["locations"][0]["location"]["message"]["text"]
        == "`a` calls `b`"
    )
    assert result["suppressions"] == [{"kind": "external", "justification": "known since March"}]
    change = result["fixes"][0]["artifactChanges"][0]
    assert change["artifactLocation"]["uri"] == "a.yaml"
    assert change["replacements"][0]["insertedContent"] == {"text": "new"}
    assert result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "/services/orders"
    finding.fix = TextFix("look at it", (), Applicability.DISPLAY)
    assert "fixes" not in result_of(finding, "services:", "  orders:")


def test_suppressed_results_are_kept_and_marked() -> None:
    finding = make_finding()
    finding.suppressed = Suppressed("inSource", "")
    assert run_of(make_report(finding))["results"][0]["suppressions"][0]["kind"] == "inSource"


def test_what_could_not_be_read_is_a_notification() -> None:
    crash = make_finding("rule `x` crashed")
    crash.rule = "internal-error"
    run = run_of(
        make_report(crash, notices=[Notice(Severity.WARNING, "it is larger than 64 MiB", "big one.yaml")])
    )
    invocation = run["invocations"][0]
    assert invocation["executionSuccessful"] is False
    levels = [(note["level"], note["message"]["text"]) for note in invocation["toolExecutionNotifications"]]
    assert levels == [("warning", "it is larger than 64 MiB"), ("error", "rule `x` crashed")]
    uri = invocation["toolExecutionNotifications"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert uri == {"uri": "big%20one.yaml", "uriBaseId": "%SRCROOT%"}


def test_the_most_severe_results_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "MOST_RESULTS", 3)
    findings = [make_finding(region=Region(line, 1, line, 2), severity=Severity.INFO) for line in range(1, 4)]
    findings.append(make_finding(region=Region(4, 1, 4, 2), severity=Severity.ERROR))
    run = run_of(make_report(*findings))
    lines = [place_of(result)["region"]["startLine"] for result in run["results"]]
    assert lines == [1, 2, 4]
    assert run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"].startswith(
        "of the results, 1 of"
    )


def test_a_rule_is_described_once() -> None:
    run = run_of(make_report(make_finding(), make_finding(region=Region(4, 3, 4, 10))))
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [RULE.id]
    assert [artifact["location"]["uri"] for artifact in run["artifacts"]] == ["compose.yaml"]


@pytest.mark.parametrize(
    ("text", "hashes"),
    [
        ("", "c129715d7a2bc9a3:1"),
        (" a\nb\n  \t\tc\n d", "271789c17abda88f:1 54703d4cd895b18:1 180aee12dab6264:1 a23a3dc5e078b07b:1"),
        (
            "Lorem ipsum dolor sit amet.\r\n" * 7,
            (
                "a7f2ff13bc495cf2:1 a7f2ff13bc495cf2:2 a7f2ff13bc495cf2:3 a7f2ff1481e87703:1 a9cf91f7bbf1862b:1"
                " 55ec222b86bcae53:1 cc97dc7b1d7d8f7b:1 c129715d7a2bc9a3:1"
            ),
        ),
    ],
)
def test_line_hashes_are_those_of_codeql(text: str, hashes: str) -> None:
    assert " ".join(hashes_of(text)) == hashes


def test_line_hashes_of_long_lines() -> None:
    rest = "x: 1\n" * 40
    one, other = (hashes_of(f"{'a' * 150}{tail}\n{rest}") for tail in ("b", "c" * 5_000_000))
    assert one == other
    assert len(set(one)) == len(one)


def hashes_of(text: str) -> list[str]:
    lines = split_lines(text)
    hashes = LineHashes(lines)
    assert hashes.of(0) == hashes.of(len(lines) + 1) == ""
    return [hashes.of(number) for number in range(1, len(lines) + 1)]
