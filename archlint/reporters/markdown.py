"""Markdown, for comments on merge requests and job summaries."""

from collections import Counter

from archlint.api import Finding, Report, ReportOptions, Severity, sanitize

_MOST_CHARACTERS = 60_000
"""GitHub takes comments of up to 65,536 characters."""


class MarkdownReporter:
    """A table of findings by severity, cut before it is too long for a comment."""

    name = "markdown"
    help = "tables for comments and job summaries"

    def render(self, report: Report, options: ReportOptions) -> str:
        """Return the report as Markdown."""
        del options
        found = report.reported
        counts = Counter(finding.severity for finding in found)
        head = ", ".join(
            f"{counts[severity]} {severity}{'s' if counts[severity] != 1 and severity is not Severity.INFO else ''}"
            for severity in Severity
        )
        parts = [f"## archlint: {head if found else 'nothing to report'}\n"]
        total = sum(report.documents.values())
        counted = ((total, "document"), (report.services, "service"), (report.edges, "edge"))
        read = ", ".join(f"{count} {name}{'' if count == 1 else 's'}" for count, name in counted)
        parts.append(f"\n{read}.\n")
        rows = [
            _row(finding)
            for finding in sorted(found, key=lambda finding: (finding.severity.rank, finding.order))
        ]
        if rows:
            parts.append("\n| | rule | finding | place |\n| --- | --- | --- | --- |\n")
        size = sum(map(len, parts))
        for index, row in enumerate(rows):
            size += len(row)
            if size > _MOST_CHARACTERS:
                parts.append(f"\n… and {len(rows) - index} more\n")
                break
            parts.append(row)
        return "".join(parts)


def _row(finding: Finding) -> str:
    line = finding.at.region.start_line if finding.at.region else 1
    place = sanitize.markdown(f"{finding.at.path}:{line}")
    text = sanitize.markdown(finding.message)
    if finding.help:
        text += f"<br>help: {sanitize.markdown(finding.help)}"
    return f"| {finding.severity} | `{finding.rule}` | {text} | {place} |\n"


REPORTER = MarkdownReporter()
