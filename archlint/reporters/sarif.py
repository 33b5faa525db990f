"""SARIF 2.1.0 (OASIS), as GitHub code scanning and editors read it."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from archlint.api import (
    Applicability,
    Confidence,
    Finding,
    Location,
    Notice,
    Region,
    Report,
    ReportOptions,
    RuleInfo,
    Severity,
    TextFix,
    format_pointer,
    sanitize,
)
from archlint.reporters.fingerprints import LineHashes

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MOST_RESULTS = 25_000
"""GitHub rejects runs with more results; the most severe ones are kept."""

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_PROBLEMS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "recommendation"}
_PRECISION = {Severity.ERROR: "very-high", Severity.WARNING: "high", Severity.INFO: "medium"}
_SCORES = {Severity.ERROR: "7.5", Severity.WARNING: "5.5", Severity.INFO: "3.0"}
_NOTICES = {"unread": "", "plugin": "", "stale": "stale in the baseline: "}
_SECURITY = frozenset(("auth", "security"))
_MOST_SNIPPET = 200
_MOST_CONTEXT = 8
_MOST_TAGS = 10
_MOST_RELATED = 99
_ROOT = "%SRCROOT%"


class SarifReporter:
    """One run with all rules' metadata, results with regions, fingerprints, code flows and suppressions, and notifications."""

    name = "sarif"
    help = "SARIF 2.1.0, for code scanning and editors"

    def render(self, report: Report, options: ReportOptions) -> str:
        """Return the report as SARIF; suppressed findings are results with `suppressions`."""
        del options
        kept = sorted(report.findings, key=lambda finding: finding.severity.rank)[:MOST_RESULTS]
        kept.sort(key=lambda finding: finding.order)
        rules = [report.rules[name] for name in sorted({*report.rules})]
        writer = _Writer(report, {info.id: index for index, info in enumerate(rules)})
        results = [writer.result(finding) for finding in kept]
        log = {
            "$schema": SCHEMA,
            "version": "2.1.0",
            "runs": [
                {
                    "tool": {
                        "driver": {
                            "name": "archlint",
                            "semanticVersion": report.version,
                            "version": report.version,
                            "informationUri": "https://archlint.dev",
                            "rules": [_rule(info) for info in rules],
                        }
                    },
                    "automationDetails": {"id": "archlint/"},
                    "columnKind": "utf16CodeUnits",
                    "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the project."}}},
                    "invocations": [_invocation(report, left_out=len(report.findings) - len(kept))],
                    "artifacts": [
                        _artifact(path, report)
                        for path in sorted({finding.at.path for finding in kept if finding.at.path})
                    ],
                    "results": results,
                }
            ],
        }
        return sanitize.json_text(log)


def uri(path: str) -> str:
    """Return *path* as a relative URI reference (RFC 3986 §4.2): percent-encoded, colons too, so that none ends a scheme."""
    try:
        raw = path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raw = path.encode("utf-8", "surrogatepass")
    return quote(raw, safe="/-._~!$&'()*+,;=@")


def _rule(info: RuleInfo) -> dict[str, Any]:
    secure = info.category in _SECURITY or "security" in info.tags
    tags = dict.fromkeys([info.category, *(["security"] if secure else []), *info.tags])
    properties: dict[str, Any] = {
        "tags": list(tags)[:_MOST_TAGS],
        "precision": _PRECISION[info.severity],
        "problem.severity": _PROBLEMS[info.severity],
    }
    if secure:
        properties["security-severity"] = _SCORES[info.severity]
    text = "\n\n".join(part for part in (info.why, info.fix) if part) or info.summary
    return {
        "id": info.id,
        "name": _pascal(info.id),
        "shortDescription": {"text": info.summary[:1024]},
        "fullDescription": {"text": (info.why or info.summary)[:1024]},
        "help": {"text": text, "markdown": info.markdown},
        "helpUri": info.docs,
        "defaultConfiguration": {"level": _LEVELS[info.severity]},
        "properties": properties,
    }


def _pascal(rule_id: str) -> str:
    name = "".join(word.capitalize() for word in rule_id.replace("/", "-").split("-"))
    return f"Rule{name}" if name[:1].isdigit() else name


def _artifact(path: str, report: Report) -> dict[str, Any]:
    data: dict[str, Any] = {"location": {"uri": uri(path), "uriBaseId": _ROOT}}
    source = report.source(path)
    if source is not None:
        data["length"] = len(source.raw)
        data["encoding"] = source.encoding.removesuffix("-sig").upper()
        data["hashes"] = {"sha-256": sha256(source.raw).hexdigest()}
    return data


def _invocation(report: Report, *, left_out: int) -> dict[str, Any]:
    notes = [_notification(notice) for notice in report.notices]
    crashes = [finding for finding in report.findings if finding.rule == "internal-error"]
    notes += [_notification(Notice(Severity.ERROR, crash.message, crash.at.path)) for crash in crashes]
    if left_out > 0:
        text = (
            f"of the results, {left_out} of lower severity are left out: at most {MOST_RESULTS} are reported"
        )
        notes.append({"level": "warning", "message": {"text": text}})
    return {"executionSuccessful": not crashes, "toolExecutionNotifications": notes}


def _notification(notice: Notice) -> dict[str, Any]:
    data: dict[str, Any] = {
        "level": _LEVELS[notice.level],
        "message": {"text": _text(f"{_NOTICES[notice.kind]}{notice.message}")},
    }
    if notice.path:
        data["locations"] = [
            {"physicalLocation": {"artifactLocation": {"uri": uri(notice.path), "uriBaseId": _ROOT}}}
        ]
    return data


class _Writer:
    def __init__(self, report: Report, indices: dict[str, int]) -> None:
        self.report = report
        self.indices = indices
        self.hashes: dict[str, LineHashes] = {}

    def result(self, finding: Finding) -> dict[str, Any]:
        text = _sentence(finding.message) + (f" Help: {_text(finding.help)}" if finding.help else "")
        data: dict[str, Any] = {
            "ruleId": finding.rule,
            "level": _LEVELS[finding.severity],
            "message": {"text": text, "markdown": sanitize.markdown(text)},
            "locations": [self.location(finding.at, excerpt=True)],
            "partialFingerprints": self.fingerprints(finding),
        }
        if finding.rule in self.indices:
            data["ruleIndex"] = self.indices[finding.rule]
        related = finding.places[:_MOST_RELATED]
        if related:
            data["relatedLocations"] = [
                {"id": index, "message": {"text": _text(one.message)}, **self.location(one.at)}
                for index, one in enumerate(related)
            ]
        if finding.flow:
            steps = [
                {"location": {"message": {"text": _text(one.message)}, **self.location(one.at)}}
                for one in finding.flow
            ]
            data["codeFlows"] = [{"threadFlows": [{"locations": steps}]}]
        if finding.suppressed is not None:
            data["suppressions"] = [
                {"kind": finding.suppressed.kind, "justification": sanitize.plain(finding.suppressed.reason)}
            ]
        if finding.fix is not None and finding.fix.applicability is not Applicability.DISPLAY:
            data["fixes"] = [self.fix(finding.fix)]
        if finding.confidence is not Confidence.DECLARED:
            data["properties"] = {"confidence": finding.confidence}
        return data

    def location(self, at: Location, *, excerpt: bool = False) -> dict[str, Any]:
        physical: dict[str, Any] = {"artifactLocation": {"uri": uri(at.path), "uriBaseId": _ROOT}}
        lines = self.report.lines(at.path)
        if at.region is not None:
            physical["region"] = region = _region(at.region, lines)
            if excerpt and at.region.end_line <= len(lines):
                region["snippet"] = {"text": _snippet(at.region, lines)}
                if at.region.end_line - at.region.start_line < _MOST_CONTEXT:
                    physical["contextRegion"] = _context(at.region, lines)
        data: dict[str, Any] = {"physicalLocation": physical}
        if at.pointer:
            data["logicalLocations"] = [{"fullyQualifiedName": format_pointer(at.pointer), "kind": "member"}]
        return data

    def fingerprints(self, finding: Finding) -> dict[str, str]:
        path = finding.at.path
        if path not in self.hashes:
            self.hashes[path] = LineHashes(self.report.lines(path))
        code = self.hashes[path].of(finding.at.region.start_line if finding.at.region else 1)
        prints = {"archlint/v1": finding.fingerprint}
        return {"primaryLocationLineHash": code, **prints} if code else prints

    def fix(self, fix: TextFix) -> dict[str, Any]:
        changes: dict[str, list[dict[str, Any]]] = {}
        for edit in fix.edits:
            region = _region(edit.region, self.report.lines(edit.path))
            changes.setdefault(edit.path, []).append(
                {"deletedRegion": region, "insertedContent": {"text": edit.text}}
            )
        return {
            "description": {"text": sanitize.plain(fix.title)},
            "artifactChanges": [
                {"artifactLocation": {"uri": uri(path), "uriBaseId": _ROOT}, "replacements": edits}
                for path, edits in changes.items()
            ],
        }


def _region(region: Region, lines: Sequence[str]) -> dict[str, Any]:
    """Return *region* in UTF-16 code units; ours counts code points."""
    return {
        "startLine": region.start_line,
        "startColumn": _utf16(lines, region.start_line, region.start_column),
        "endLine": region.end_line,
        "endColumn": _utf16(lines, region.end_line, region.end_column),
    }


def _text(text: str) -> str:
    """Return *text* for a SARIF message, in which `[text](1)` would be a link to another place of the result."""
    return sanitize.plain(text).replace("](", "] (")


def _sentence(message: str) -> str:
    text = _text(message)
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"


def _snippet(region: Region, lines: Sequence[str]) -> str:
    """Return the text of *region*, cut where it is long."""
    parts = list(lines[region.start_line - 1 : region.end_line][:_MOST_CONTEXT])
    if region.end_line - region.start_line < _MOST_CONTEXT:
        parts[-1] = parts[-1][: region.end_column - 1]
    parts[0] = parts[0][region.start_column - 1 :]
    return "\n".join(sanitize.source_line(part)[:_MOST_SNIPPET] for part in parts)


def _context(region: Region, lines: Sequence[str]) -> dict[str, Any]:
    first = max(1, region.start_line - 1)
    last = min(len(lines), region.end_line + 1)
    text = "\n".join(sanitize.source_line(line)[:_MOST_SNIPPET] for line in lines[first - 1 : last])
    return {"startLine": first, "endLine": last, "snippet": {"text": text}}


def _utf16(lines: Sequence[str], line: int, column: int) -> int:
    if line > len(lines) or lines[line - 1].isascii():
        return column
    return column + sum(ord(char) > 0xFFFF for char in lines[line - 1][: column - 1])  # noqa: PLR2004 - beyond the basic plane


REPORTER = SarifReporter()
