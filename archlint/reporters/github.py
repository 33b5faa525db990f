"""Annotations on GitHub, by workflow commands."""

from archlint.api import Finding, Report, ReportOptions, Severity, sanitize

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
_MOST = 10
"""GitHub shows at most ten annotations of each kind per step."""


class GithubReporter:
    """A workflow command per finding, the most severe first, as many as GitHub shows; the rest as a plain line."""

    name = "github"
    help = "annotations in GitHub Actions"

    def render(self, report: Report, options: ReportOptions) -> str:
        """Return the commands."""
        del options
        lines: list[str] = []
        for severity in Severity:
            found = [finding for finding in report.reported if finding.severity is severity]
            lines.extend(_command(finding) for finding in found[:_MOST])
            if len(found) > _MOST:
                lines.append(f"{len(found) - _MOST} more {severity} findings are not shown as annotations")
        return "".join(f"{line}\n" for line in lines)


def _command(finding: Finding) -> str:
    region = finding.at.region
    properties = [f"file={sanitize.github_property(finding.at.path)}"]
    if region is not None:
        properties += [f"line={region.start_line}", f"endLine={region.end_line}"]
        if region.start_line == region.end_line:
            properties += [f"col={region.start_column}", f"endColumn={region.end_column}"]
    properties.append(f"title={sanitize.github_property(finding.rule)}")
    text = finding.message + (f" (help: {finding.help})" if finding.help else "")
    return f"::{_COMMANDS[finding.severity]} {','.join(properties)}::{sanitize.github_data(text)}"


REPORTER = GithubReporter()
