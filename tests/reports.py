"""Reports made by hand, and text that tries to break out of them."""

from collections.abc import Sequence

from hypothesis import strategies as st

from archlint.api import (
    Confidence,
    Finding,
    Location,
    Notice,
    Region,
    Related,
    Report,
    ReportOptions,
    RuleInfo,
    Severity,
)

RULE = RuleInfo(
    id="lonely-service",
    category="services",
    severity=Severity.WARNING,
    profile="recommended",
    summary="A service that nobody calls.",
    why="Nobody knows what it is for.",
    fix="Remove it.",
    markdown="# lonely-service\n\nA service that nobody calls.\n",
    references=("https://example.com/lonely",),
    docs="https://example.com/rules/lonely-service",
)
REGION = Region(2, 3, 2, 9)
LINES = ("services:", "  orders:", "    image: orders", "  billing: {}")


def make_finding(
    message: str = "nobody calls `orders`",
    path: str = "compose.yaml",
    region: Region | None = REGION,
    *,
    severity: Severity = Severity.WARNING,
    pointer: tuple[str | int, ...] = ("services", "orders"),
    help_text: str = "",
    related: Sequence[Related] = (),
    flow: Sequence[Related] = (),
) -> Finding:
    """Return a finding of `RULE`."""
    return Finding(
        rule=RULE.id,
        category=RULE.category,
        severity=severity,
        message=message,
        at=Location(path, pointer, region=region),
        confidence=Confidence.DECLARED,
        help=help_text,
        related=list(related),
        flow=list(flow),
        fingerprint="0123456789abcdef0123456789abcdef",
    )


def make_report(
    *findings: Finding,
    lines: Sequence[str] = LINES,
    notices: Sequence[Notice] = (),
    show_suppressed: bool = False,
) -> Report:
    """Return a report of *findings* in files that all hold *lines*."""
    return Report(
        version="0.1.0",
        root="/project",
        findings=findings,
        rules={RULE.id: RULE},
        notices=notices,
        documents={"compose": 1},
        services=2,
        edges=1,
        lines=lambda _path: lines,
        show_suppressed=show_suppressed,
    )


PLAIN = ReportOptions(width=80)

_WEAPONS = (
    "\x1b[31m", "\x1b]8;;http://evil\x07", "\x9b2J", "\r", "\n", "\r\n", "\n::error::x", "::set-env name=A::b", "  ::add-mask::x",
    "##[error]x", "##vso[task.setvariable]x", "##teamcity[buildStop]", "###[x", "\u202e", "\u2066", "\u2028", "\x00", "\x85", "\ufeff",
    "\ud800", "\udcff", "\uffff", "\U000e0041", "]]>", "<!--", "<script>", "</failure>", "&amp;", "&#10;", '"', "'", "\\", "\\u0023", "`",
    "``", "|", "\\|", "[a](http://evil)", "![a](http://evil)", "](1)", "{0}", "*b*", "__b__", "@everyone", "#1", "%0A", "%3A%3A", "%", ",", ":",
    "/", "..", " ", "é", "漢", "\U0001f600", "a" * 40,
)  # fmt: skip

hostile = st.lists(st.one_of(st.sampled_from(_WEAPONS), st.text(max_size=8)), max_size=6).map("".join)
"""Text out of control sequences, workflow commands, markup and ordinary characters."""
