"""For people at a terminal: like rustc and ruff."""

from collections import Counter
from collections.abc import Iterator
from unicodedata import combining, east_asian_width

from archlint.api import Applicability, Finding, Location, Region, Report, ReportOptions, Severity, sanitize

_COLOURS = {Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.INFO: "1;36"}
_MOST_LINES = 3
_LEAST_WIDTH = 40
_CONTEXT = 20
_MOST_RELATED = 8


class TextReporter:
    """Severity, rule, message, place, the source with the region underlined, related places, help; then a summary."""

    name = "text"
    help = "for people: source lines, related places and help"

    def render(self, report: Report, options: ReportOptions) -> str:
        """Return the report as text."""
        paint = _Paint(on=options.colour)
        blocks = ["\n".join(_finding(finding, report, options, paint)) for finding in report.shown]
        summary = "\n".join(_summary(report, options, paint))
        return "\n\n".join([*blocks, summary]) + "\n"


class _Paint:
    def __init__(self, *, on: bool) -> None:
        self.on = on

    def __call__(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.on else text


def _finding(finding: Finding, report: Report, options: ReportOptions, paint: _Paint) -> Iterator[str]:
    head = paint(f"{finding.severity}[{finding.rule}]", _COLOURS[finding.severity])
    mark = f" {paint('(suppressed)', '2')}" if finding.suppressed else ""
    if finding.fix is not None and finding.fix.applicability is not Applicability.DISPLAY:
        mark += f" {paint('[*]', '36')}"
    yield f"{head}: {paint(sanitize.plain(finding.message), '1')}{mark}"
    yield f"  {paint('-->', '1;34')} {_place(finding.at, options)}"
    yield from _excerpt(finding.at, report, options, paint, finding.severity)
    shown = finding.places
    for related in shown[:_MOST_RELATED]:
        yield f"  {paint('= see:', '1;34')} {_place(related.at, options)}: {sanitize.plain(related.message)}"
    if len(shown) > _MOST_RELATED:
        yield f"  {paint('= see:', '1;34')} {len(shown) - _MOST_RELATED} more places"
    if finding.help:
        yield f"  {paint('= help:', '1;34')} {sanitize.plain(finding.help)}"


def _place(at: Location, options: ReportOptions) -> str:
    region = at.region
    path = sanitize.plain(options.shown_path(at.path)) or "."
    return f"{path}:{region.start_line}:{region.start_column}" if region else path


def _excerpt(
    at: Location, report: Report, options: ReportOptions, paint: _Paint, severity: Severity
) -> Iterator[str]:
    region = at.region
    lines = report.lines(at.path) if region else ()
    if region is None or region.start_line > len(lines):
        return
    end = region.end_line
    if region.end_column == 1 and end > region.start_line:
        end -= 1
    last = end if end < region.start_line + _MOST_LINES and end <= len(lines) else region.start_line
    width = len(str(last)) + 1
    bar = paint("|", "1;34")
    yield f"{' ' * width} {bar}"
    for number in range(region.start_line, last + 1):
        text, start, length = _clip(lines[number - 1], number, region, options.width - width - 3)
        yield f"{paint(str(number).rjust(width), '1;34')} {bar} {text}".rstrip()
        if length:
            yield f"{' ' * width} {bar} {' ' * start}{paint('^' * length, _COLOURS[severity])}"


def _clip(line: str, number: int, region: Region, width: int) -> tuple[str, int, int]:
    """Return the part of *line* around the region, the column where the underline starts, and its length."""
    first, last = number == region.start_line, number == region.end_line
    start = region.start_column - 1 if first else len(line) - len(line.lstrip())
    end = region.end_column - 1 if last else len(line.rstrip())
    width = max(width, _LEAST_WIDTH) - 1
    cut = 0
    if end > width or _columns(line[:end]) > width:
        cut = max(0, min(start - _CONTEXT, len(line) - width))
    stop = cut + width + 1
    before = ("…" if cut else "") + line[cut:start]
    shown, left = _fit(before, width)
    marked, length = _fit(line[start : min(end, stop)], width - left)
    after, _ = _fit(line[end:stop], width - left - length)
    more = "…" if len(before) + len(line) - start > len(shown) + len(marked) + len(after) else ""
    least = int(first and left < width)
    return sanitize.source_line(shown + marked + after) + more, left, max(least, length)


def _fit(text: str, width: int) -> tuple[str, int]:
    """Return as much of *text* as takes at most *width* columns, and how many it takes."""
    taken = 0
    for index, char in enumerate(text):
        columns = _columns(char)
        if taken + columns > width:
            return text[:index], taken
        taken += columns
    return text, taken


def _columns(text: str) -> int:
    shown = sanitize.source_line(text)
    if shown.isascii():
        return len(shown)
    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in shown)


def _summary(report: Report, options: ReportOptions, paint: _Paint) -> Iterator[str]:
    if options.statistics:
        counts = Counter(finding.rule for finding in report.reported)
        for rule, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
            yield f"{count:6} {rule}"
        if counts:
            yield ""
    for notice in report.notices:
        if notice.kind == "plugin":
            yield sanitize.plain(notice.message)
        elif notice.kind == "stale" or notice.level is not Severity.INFO:
            name = "stale in the baseline" if notice.kind == "stale" else "not read"
            path = sanitize.plain(options.shown_path(notice.path)) or "."
            yield f"{name}: {path}: {sanitize.plain(notice.message)}"
    documents = ", ".join(f"{count} {kind}" for kind, count in _kinds(report).items())
    total = sum(report.documents.values())
    read = f"Read {_many(total, 'document')}" + (f" ({documents})" if documents else "")
    yield f"{read}; {_many(report.services, 'service')}, {_many(report.edges, 'edge')}."
    parts = [f"{_many(report.count(severity), _NAMES[severity])}" for severity in Severity]
    found = f"Found {', '.join(parts)}."
    hidden = Counter(finding.suppressed.kind for finding in report.findings if finding.suppressed)
    quiet = [notice for notice in report.notices if notice.level is Severity.INFO and notice.kind == "unread"]
    if hidden["inSource"]:
        found += f" {_many(hidden['inSource'], 'finding')} suppressed."
    if hidden["external"]:
        found += f" {_many(hidden['external'], 'finding')} known to the baseline."
    if quiet:
        found += f" {_many(len(quiet), 'file')} passed over."
    yield paint(found, "1") if report.reported else found
    if fixable := _fixable(report):
        yield fixable


def _fixable(report: Report) -> str:
    """Return how many findings archlint can mend itself, and with what; empty when it is none."""
    fixes = Counter(finding.fix.applicability for finding in report.reported if finding.fix is not None)
    safe, unsafe = fixes[Applicability.SAFE], fixes[Applicability.UNSAFE]
    more = "--fix --unsafe-fixes"
    parts = [f"{safe} fixable with --fix" if safe else "", f"{unsafe} with {more}" if unsafe else ""]
    if not safe and unsafe:
        parts = [f"{unsafe} fixable with {more}"]
    said = ", ".join(part for part in parts if part)
    return f"[*] {said}." if said else ""


_NAMES = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "info"}


def _many(count: int, name: str) -> str:
    return f"{count} {name}" if count == 1 or name == "info" else f"{count} {name}s"


def _kinds(report: Report) -> dict[str, int]:
    """Return the documents by kind, Kubernetes manifests counted together."""
    counts: Counter[str] = Counter()
    for kind, count in report.documents.items():
        counts[sanitize.plain(kind.split(" ")[0] if kind.startswith("kubernetes") else kind)] += count
    return dict(sorted(counts.items()))


REPORTER = TextReporter()
