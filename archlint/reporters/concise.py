"""One line per finding, for editors and scripts."""

from archlint.api import Report, ReportOptions, sanitize


class ConciseReporter:
    """`path:line:column: severity[rule] message`."""

    name = "concise"
    help = "one line per finding"

    def render(self, report: Report, options: ReportOptions) -> str:
        """Return a line per finding."""
        lines = []
        for finding in report.shown:
            region = finding.at.region
            line, column = (region.start_line, region.start_column) if region else (1, 1)
            mark = " (suppressed)" if finding.suppressed else ""
            place = f"{sanitize.plain(options.shown_path(finding.at.path)) or '.'}:{line}:{column}"
            lines.append(
                f"{place}: {finding.severity}[{finding.rule}] {sanitize.plain(finding.message)}{mark}\n"
            )
        return "".join(lines)


REPORTER = ConciseReporter()
