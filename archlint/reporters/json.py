"""For programs: every finding with its place, in a form that does not change within a major version."""

from collections import Counter
from typing import Any

from archlint.api import Finding, Location, Report, ReportOptions, Severity, format_pointer, sanitize


class JsonReporter:
    """`version`, `findings`, `notices` and `summary`; suppressed findings only when asked for."""

    name = "json"
    help = "for programs"

    def render(self, report: Report, options: ReportOptions) -> str:
        """Return the report as JSON."""
        del options
        data = {
            "version": report.version,
            "findings": [_finding(finding, report) for finding in report.shown],
            "notices": [
                {
                    "kind": notice.kind,
                    "level": notice.level,
                    "path": notice.path,
                    "message": notice.message,
                }
                for notice in report.notices
            ],
            "summary": {
                "documents": dict(report.documents),
                "services": report.services,
                "edges": report.edges,
                **{
                    f"{severity}s" if severity is not Severity.INFO else "infos": report.count(severity)
                    for severity in Severity
                },
                "suppressed": sum(finding.suppressed is not None for finding in report.findings),
                "rules": dict(sorted(Counter(finding.rule for finding in report.reported).items())),
            },
        }
        return sanitize.json_text(data)


def _finding(finding: Finding, report: Report) -> dict[str, Any]:
    info = report.rules.get(finding.rule)
    data: dict[str, Any] = {
        "rule": finding.rule,
        "category": finding.category,
        "severity": finding.severity,
        "confidence": finding.confidence,
        "message": finding.message,
        "help": finding.help,
        **_location(finding.at),
        "related": [{"message": related.message, **_location(related.at)} for related in finding.places],
        "fingerprint": finding.fingerprint,
        "docs": info.docs if info else "",
    }
    if finding.suppressed:
        data["suppressed"] = {"kind": finding.suppressed.kind, "reason": finding.suppressed.reason}
    return data


def _location(at: Location) -> dict[str, Any]:
    region = at.region
    return {
        "path": at.path,
        "pointer": format_pointer(at.pointer),
        "region": {
            "startLine": region.start_line,
            "startColumn": region.start_column,
            "endLine": region.end_line,
            "endColumn": region.end_column,
        }
        if region
        else None,
    }


REPORTER = JsonReporter()
