"""JUnit's XML, for CI systems that show test results."""

from typing import TYPE_CHECKING

from archlint.api import Finding, Report, ReportOptions, Severity, sanitize

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


class JunitReporter:
    """A test suite per file and a test case per finding; info is a case that passed with output."""

    name = "junit"
    help = "JUnit XML"

    def render(self, report: Report, options: ReportOptions) -> str:
        """Return the report as XML."""
        del options
        from xml.etree.ElementTree import Element, SubElement, indent, tostring  # noqa: PLC0415 - expensive

        by_file: dict[str, list[Finding]] = {}
        for finding in report.reported:
            by_file.setdefault(finding.at.path, []).append(finding)
        failures = sum(finding.severity is not Severity.INFO for finding in report.reported)
        count = len(report.reported) or 1
        root = Element("testsuites", name="archlint", tests=str(count), failures=str(failures), errors="0")
        for path, findings in by_file.items():
            failed = sum(finding.severity is not Severity.INFO for finding in findings)
            suite = SubElement(
                root,
                "testsuite",
                name=_text(path),
                tests=str(len(findings)),
                failures=str(failed),
                errors="0",
            )
            for finding in findings:
                _case(suite, finding)
        if not by_file:
            suite = SubElement(root, "testsuite", name="archlint", tests="1", failures="0", errors="0")
            SubElement(suite, "testcase", classname="archlint", name="no findings")
        indent(root)
        return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _case(suite: "Element", finding: Finding) -> None:
    from xml.etree.ElementTree import SubElement  # noqa: PLC0415

    line = finding.at.region.start_line if finding.at.region else 1
    path = _text(finding.at.path)
    case = SubElement(
        suite, "testcase", classname=path, name=f"{finding.rule} at line {line}", file=path, line=str(line)
    )
    message = _text(finding.message)
    text = f"{path}:{line}: {finding.severity}[{finding.rule}] {message}"
    if finding.help:
        text += f"\nhelp: {_text(finding.help)}"
    if finding.severity is Severity.INFO:
        SubElement(case, "system-out").text = text
    else:
        SubElement(case, "failure", type=str(finding.severity), message=message).text = text


def _text(text: str) -> str:
    return sanitize.xml(sanitize.plain(text))


REPORTER = JunitReporter()
