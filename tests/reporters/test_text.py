"""The report for people: what is shown of the source, and how it ends."""

from dataclasses import replace

import pytest
from reports import LINES, PLAIN, make_finding, make_report

from archlint.api import (
    Applicability,
    Finding,
    Location,
    Notice,
    Region,
    Related,
    ReportOptions,
    Severity,
    Suppressed,
)
from archlint.findings.finding import TextFix
from archlint.reporters.concise import REPORTER as CONCISE
from archlint.reporters.text import REPORTER


def excerpt(region: Region, *lines: str, width: int = 80) -> list[str]:
    """Return what is shown of *lines* for *region*, without the empty line above."""
    text = REPORTER.render(make_report(make_finding(region=region), lines=lines), ReportOptions(width=width))
    shown = text.split("\n\n")[0].split("\n")
    assert shown[2].strip() == "|"
    return shown[3:]


def ending(*findings: Finding, notices: tuple[Notice, ...] = (), statistics: bool = False) -> list[str]:
    """Return the lines after the findings."""
    report = make_report(*findings, notices=notices)
    return REPORTER.render(report, replace(PLAIN, statistics=statistics)).rsplit("\n\n", 1)[-1].splitlines()


def test_everything_that_a_finding_says() -> None:
    finding = make_finding(
        help_text="remove it",
        related=[Related("`billing` is called", Location("b.yaml", region=Region(4, 3, 4, 10)))],
    )
    assert REPORTER.render(make_report(finding), PLAIN) == (
        "warning[lonely-service]: nobody calls `orders`\n"
        "  --> compose.yaml:2:3\n"
        "   |\n"
        " 2 |   orders:\n"
        "   |   ^^^^^^\n"
        "  = see: b.yaml:4:3: `billing` is called\n"
        "  = help: remove it\n"
        "\n"
        "Read 1 document (1 compose); 2 services, 1 edge.\n"
        "Found 0 errors, 1 warning, 0 info.\n"
    )


def test_what_can_be_fixed_is_marked_and_counted() -> None:
    def fixable(kind: Applicability) -> Finding:
        finding = make_finding()
        finding.fix = TextFix("remove it", (), kind)
        return finding

    safe, unsafe, shown = (fixable(kind) for kind in Applicability)
    text = REPORTER.render(make_report(safe, unsafe, shown), PLAIN)
    assert text.count("warning[lonely-service]: nobody calls `orders` [*]\n") == 2
    assert ending(safe, safe, unsafe, shown)[-1] == "[*] 2 fixable with --fix, 1 with --fix --unsafe-fixes."
    assert ending(unsafe)[-1] == "[*] 1 fixable with --fix --unsafe-fixes."
    assert ending(shown)[-1].startswith("Found ")


def test_short_regions_are_shown_whole_and_long_ones_by_their_first_line() -> None:
    assert excerpt(Region(2, 3, 3, 18), *LINES) == [
        " 2 |   orders:",
        "   |   ^^^^^^^",
        " 3 |     image: orders",
        "   |     ^^^^^^^^^^^^^",
    ]
    assert excerpt(Region(1, 1, 4, 14), *LINES) == [" 1 | services:", "   | ^^^^^^^^^"]
    assert excerpt(Region(1, 1, 2, 1), *LINES) == [" 1 | services:", "   | ^^^^^^^^^"]


@pytest.mark.parametrize(
    ("line", "region", "marked"),
    [
        ("\tname: x", Region(1, 2, 1, 6), "    ^^^^"),
        ("漢字: x", Region(1, 5, 1, 6), "      ^"),
        ("漢字: x", Region(1, 1, 1, 3), "^^^^"),
        ("e\u0301te\u0301: x", Region(1, 8, 1, 9), "     ^"),
        ("name: x", Region(1, 8, 1, 8), "       ^"),
        ("name:", Region(1, 1, 1, 1), "^"),
    ],
)
def test_the_underline_meets_the_text(line: str, region: Region, marked: str) -> None:
    assert excerpt(region, line)[1] == f"   | {marked}"


def test_long_lines_are_clipped_around_the_region() -> None:
    line = "a" * 5_000 + "TARGET" + "b" * 5_000
    shown, marks = excerpt(Region(1, 5_001, 1, 5_007), line, width=60)
    assert shown == " 1 | …" + "a" * 20 + "TARGET" + "b" * 27 + "…"
    assert marks[5:].strip() == "^^^^^^"
    assert shown[marks.index("^") :].startswith("TARGET")
    shown, marks = excerpt(Region(1, 3, 1, 9_000), line, width=60)
    assert len(shown) <= 60
    assert marks == "   |   " + "^" * 52


def test_lines_that_are_not_there_are_not_shown() -> None:
    report = make_report(make_finding(region=Region(99, 1, 99, 2)))
    assert "|" not in REPORTER.render(report, PLAIN)
    assert "--> compose.yaml\n" in REPORTER.render(make_report(make_finding(region=None)), PLAIN)


def test_many_related_places_are_counted() -> None:
    places = [
        Related(f"use {index}", Location("b.yaml", region=Region(index, 1, index, 2)))
        for index in range(1, 12)
    ]
    lines = REPORTER.render(make_report(make_finding(related=places)), PLAIN).splitlines()
    assert sum(line.startswith("  = see: b.yaml") for line in lines) == 8
    assert "  = see: 3 more places" in lines


def test_the_last_lines() -> None:
    known, quiet = make_finding(), make_finding()
    known.suppressed, quiet.suppressed = Suppressed("external"), Suppressed("inSource")
    findings = (make_finding(severity=Severity.ERROR), make_finding(), known, quiet)
    notices = (
        Notice(Severity.WARNING, "it is larger than 64 MiB", "big.json"),
        Notice(Severity.INFO, "it is not ours", "other.yaml"),
        Notice(Severity.INFO, "`x`: gone", "old.yaml", "stale"),
    )
    assert ending(*findings, notices=notices) == [
        "not read: big.json: it is larger than 64 MiB",
        "stale in the baseline: old.yaml: `x`: gone",
        "Read 1 document (1 compose); 2 services, 1 edge.",
        "Found 1 error, 1 warning, 0 info. 1 finding suppressed. 1 finding known to the baseline. 1 file passed over.",
    ]


def test_paths_as_seen_from_the_reader() -> None:
    options = replace(PLAIN, shown_path=lambda path: f"../{path}")
    report = make_report(make_finding(), notices=[Notice(Severity.WARNING, "gone", "x.yaml")])
    assert "--> ../compose.yaml:2:3" in REPORTER.render(report, options)
    assert "not read: ../x.yaml: gone" in REPORTER.render(report, options)
    assert CONCISE.render(report, options).startswith("../compose.yaml:2:3: warning[lonely-service] nobody")


def test_colours() -> None:
    text = REPORTER.render(make_report(make_finding(severity=Severity.ERROR)), replace(PLAIN, colour=True))
    assert text.startswith("\x1b[1;31merror[lonely-service]\x1b[0m: \x1b[1mnobody calls `orders`\x1b[0m\n")
