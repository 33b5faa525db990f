"""The formats for CI systems and programs."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

from reports import PLAIN, RULE, make_finding, make_report

from archlint.api import Location, Notice, Region, Related, Severity, Suppressed
from archlint.plugins.registry import Registry
from archlint.reporters import github, gitlab, junit, markdown
from archlint.reporters import json as json_reporter


def test_the_documentation_lists_every_format() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "output.md").read_text()
    assert re.findall(r"^\| `([a-z]+)` \|", page, re.MULTILINE) == [
        "text", "concise", "json", "sarif", "github", "gitlab", "junit", "markdown",
    ]  # fmt: skip
    assert set(Registry.load().reporters) == set(re.findall(r"^\| `([a-z]+)` \|", page, re.MULTILINE))


def test_github_commands() -> None:
    finding = make_finding("100% of `a:b`, here", "a,b:c.yaml", Region(2, 3, 2, 9), help_text="less")
    assert github.REPORTER.render(make_report(finding), PLAIN) == (
        "::warning file=a%2Cb%3Ac.yaml,line=2,endLine=2,col=3,endColumn=9,title=lonely-service"
        "::100%25 of `a:b`, here (help: less)\n"
    )
    block = make_finding(region=Region(2, 3, 4, 1), severity=Severity.INFO)
    assert github.REPORTER.render(make_report(block), PLAIN) == (
        "::notice file=compose.yaml,line=2,endLine=4,title=lonely-service::nobody calls `orders`\n"
    )


def test_github_shows_ten_of_each_kind() -> None:
    findings = [make_finding(severity=severity) for severity in Severity for _ in range(12)]
    lines = github.REPORTER.render(make_report(*reversed(findings)), PLAIN).splitlines()
    kinds = [line.split(" ")[0] for line in lines]
    assert kinds == ["::error"] * 10 + ["2"] + ["::warning"] * 10 + ["2"] + ["::notice"] * 10 + ["2"]
    assert lines[10] == "2 more error findings are not shown as annotations"


def test_gitlab_issues() -> None:
    issues = json.loads(gitlab.REPORTER.render(make_report(make_finding(region=Region(2, 3, 4, 1))), PLAIN))
    assert issues == [
        {
            "type": "issue",
            "check_name": "lonely-service",
            "description": "nobody calls `orders`",
            "fingerprint": "0123456789abcdef0123456789abcdef",
            "severity": "major",
            "location": {"path": "compose.yaml", "lines": {"begin": 2, "end": 4}},
        }
    ]
    assert gitlab.REPORTER.render(make_report(), PLAIN) == "[]\n"


def test_junit_suites_and_cases() -> None:
    findings = (
        make_finding("a < b & c", "a.yaml"),
        make_finding(path="a.yaml", severity=Severity.INFO),
        make_finding(path="b.yaml", severity=Severity.ERROR, help_text="remove it"),
    )
    root = ET.fromstring(junit.REPORTER.render(make_report(*findings), PLAIN))
    assert root.attrib == {"name": "archlint", "tests": "3", "failures": "2", "errors": "0"}
    assert [(suite.get("name"), suite.get("tests"), suite.get("failures")) for suite in root] == [
        ("a.yaml", "2", "1"),
        ("b.yaml", "1", "1"),
    ]
    failures = root.findall("testsuite/testcase/failure")
    assert failures[0].get("message") == "a < b & c"
    assert failures[1].text == "b.yaml:2: error[lonely-service] nobody calls `orders`\nhelp: remove it"
    quiet = ET.fromstring(junit.REPORTER.render(make_report(), PLAIN))
    assert [case.get("name") for case in quiet.iter("testcase")] == ["no findings"]


def test_markdown_table() -> None:
    text = markdown.REPORTER.render(
        make_report(make_finding(), make_finding(severity=Severity.ERROR, help_text="use `a|b`")), PLAIN
    )
    assert text == (
        "## archlint: 1 error, 1 warning, 0 info\n"
        "\n1 document, 2 services, 1 edge.\n\n"
        "| | rule | finding | place |\n"
        "| --- | --- | --- | --- |\n"
        "| error | `lonely-service` | nobody calls `orders`<br>help: use <code>a&#124;b</code> | compose.yaml:2 |\n"
        "| warning | `lonely-service` | nobody calls `orders` | compose.yaml:2 |\n"
    )
    assert markdown.REPORTER.render(make_report(), PLAIN).startswith("## archlint: nothing to report\n")


def test_markdown_fits_into_a_comment() -> None:
    findings = [make_finding("x" * 900, region=Region(line, 1, line, 2)) for line in range(1, 200)]
    text = markdown.REPORTER.render(make_report(*findings), PLAIN)
    assert len(text) < 65_536
    assert text.endswith(" more\n")
    assert text.count("\n| warning") + int(text.rsplit(" more", 1)[0].rsplit(" ", 1)[1]) == 199


def test_json_as_promised() -> None:
    finding = make_finding(
        help_text="remove it",
        related=[Related("called", Location("b.yaml", ("x", 0), region=Region(1, 1, 1, 2)))],
    )
    hidden = make_finding()
    hidden.suppressed = Suppressed("inSource", "legacy")
    report = make_report(finding, hidden, notices=[Notice(Severity.WARNING, "it is not a file", "pipe.yaml")])
    assert json.loads(json_reporter.REPORTER.render(report, PLAIN)) == {
        "version": "0.1.0",
        "findings": [
            {
                "rule": "lonely-service",
                "category": "services",
                "severity": "warning",
                "confidence": "declared",
                "message": "nobody calls `orders`",
                "help": "remove it",
                "path": "compose.yaml",
                "pointer": "/services/orders",
                "region": {"startLine": 2, "startColumn": 3, "endLine": 2, "endColumn": 9},
                "related": [
                    {
                        "message": "called",
                        "path": "b.yaml",
                        "pointer": "/x/0",
                        "region": {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 2},
                    }
                ],
                "fingerprint": "0123456789abcdef0123456789abcdef",
                "docs": RULE.docs,
            }
        ],
        "notices": [
            {"kind": "unread", "level": "warning", "path": "pipe.yaml", "message": "it is not a file"}
        ],
        "summary": {
            "documents": {"compose": 1},
            "services": 2,
            "edges": 1,
            "errors": 0,
            "warnings": 1,
            "infos": 0,
            "suppressed": 1,
            "rules": {"lonely-service": 1},
        },
    }
    shown = json.loads(json_reporter.REPORTER.render(make_report(hidden, show_suppressed=True), PLAIN))
    assert shown["findings"][0]["suppressed"] == {"kind": "inSource", "reason": "legacy"}
