"""The outcome of a run, and what can be done with it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from archlint.findings.finding import Finding
from archlint.findings.severity import Severity
from archlint.source.source import Source


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that a run has to say beside its findings: a file that was not read, an entry of the baseline gone stale, a plugin that does not work."""

    level: Severity
    message: str
    path: str = ""
    kind: Literal["unread", "stale", "plugin"] = "unread"


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """What a report says of a rule: plain data, so that reporters need no rule."""

    id: str
    category: str
    severity: Severity
    profile: str
    summary: str
    why: str
    fix: str
    markdown: str
    references: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    docs: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """All that a run found.

    `findings` are sorted by place; suppressed ones are among them. `documents` counts what was read, by kind
    (`openapi 3.1`), `services` and `edges` what the graph holds. `lines` returns the lines of a file of the project
    (without line ends; empty when it cannot be read), `source` the file itself. `rules` describes every rule that ran, by id.
    """

    version: str
    root: str
    findings: Sequence[Finding]
    rules: Mapping[str, RuleInfo]
    notices: Sequence[Notice] = ()
    documents: Mapping[str, int] = field(default_factory=dict)
    services: int = 0
    edges: int = 0
    lines: Callable[[str], Sequence[str]] = lambda _path: ()
    source: Callable[[str], Source | None] = lambda _path: None
    show_suppressed: bool = False

    @property
    def reported(self) -> list[Finding]:
        """The findings that count: neither suppressed in the source nor known to the baseline."""
        return [finding for finding in self.findings if finding.suppressed is None]

    @property
    def shown(self) -> list[Finding]:
        """The findings to print: the ones that count, and the suppressed ones when asked for."""
        return list(self.findings) if self.show_suppressed else self.reported

    def count(self, severity: Severity) -> int:
        """Return how many findings of *severity* count."""
        return sum(finding.severity is severity for finding in self.reported)


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """How to print: `colour` with ANSI escapes, `width` in columns, with `statistics` per rule.

    `shown_path` turns a path of the project into one that a reader can open from where they are; only texts for people use it.
    """

    colour: bool = False
    width: int = 100
    statistics: bool = False
    shown_path: Callable[[str], str] = lambda path: path


class Reporter(Protocol):
    """An output format: its name, what it is for, and the function that writes a report as text."""

    name: str
    help: str

    def render(self, report: Report, options: ReportOptions) -> str:
        """Return the whole report as text that ends in a line end (or is empty)."""
        ...
