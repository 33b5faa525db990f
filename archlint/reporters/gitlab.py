"""GitLab's Code Quality report."""

from archlint.api import Report, ReportOptions, Severity, sanitize

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.INFO: "info"}


class GitlabReporter:
    """A list of issues in the form of the Code Climate specification, as far as GitLab reads it."""

    name = "gitlab"
    help = "GitLab Code Quality"

    def render(self, report: Report, options: ReportOptions) -> str:
        """Return the report as JSON."""
        del options
        issues = [
            {
                "type": "issue",
                "check_name": finding.rule,
                "description": sanitize.plain(finding.message),
                "fingerprint": finding.fingerprint,
                "severity": _SEVERITIES[finding.severity],
                "location": {
                    "path": finding.at.path,
                    "lines": {
                        "begin": finding.at.region.start_line if finding.at.region else 1,
                        "end": finding.at.region.end_line if finding.at.region else 1,
                    },
                },
            }
            for finding in report.reported
        ]
        return sanitize.json_text(issues)


REPORTER = GitlabReporter()
