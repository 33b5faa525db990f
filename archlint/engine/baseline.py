"""Known findings: written once, reported no more, and said when they are gone."""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct, field

from archlint.config.model import Config
from archlint.errors import ConfigError, UsageError
from archlint.findings.finding import Finding, Suppressed
from archlint.findings.report import Notice
from archlint.findings.severity import Severity
from archlint.source.files import write_atomic

DEFAULT = "archlint-baseline.json"
"""Where a baseline is written when nothing else is said."""

_VERSION = 1


class Entry(Struct, omit_defaults=True):
    """A known finding: its fingerprint, and what a reader needs to recognise it. `note` is for people and kept."""

    fingerprint: str
    rule: str
    path: str
    message: str
    note: str = ""


class Baseline(Struct):
    """The known findings of a project."""

    version: int = _VERSION
    findings: list[Entry] = field(default_factory=list)


def load(path: Path) -> Baseline:
    """Return the baseline at *path*; raise `UsageError` when there is none, `ConfigError` when it is broken."""
    try:
        raw = path.read_bytes()
    except OSError:
        raise UsageError(f"the baseline `{path}` cannot be read; `archlint baseline` writes one") from None
    try:
        baseline = msgspec.json.decode(raw, type=Baseline)
    except msgspec.DecodeError as error:
        raise ConfigError(f"the baseline is broken: {error}", path=str(path)) from None
    if baseline.version != _VERSION:
        raise ConfigError(f"the baseline has version {baseline.version}, not {_VERSION}", path=str(path))
    return baseline


def apply(
    findings: Sequence[Finding], baseline: Baseline, *, judged: Callable[[Entry], bool] = lambda _: True
) -> list[Notice]:
    """Mark the *findings* that *baseline* knows, and return a notice per entry that nothing is found for any more.

    *judged* tells of an entry whether this run would have found it; nothing is said of the others.
    """
    entries = {entry.fingerprint: entry for entry in baseline.findings}
    seen: set[str] = set()
    for finding in findings:
        entry = entries.get(finding.fingerprint)
        if entry is not None:
            seen.add(entry.fingerprint)
            finding.suppressed = finding.suppressed or Suppressed(
                "external", entry.note or "known to the baseline"
            )
    return [
        Notice(Severity.INFO, f"`{entry.rule}`: {entry.message}", entry.path, "stale")
        for entry in baseline.findings
        if entry.fingerprint not in seen and judged(entry)
    ]


def looks_for(entry: Entry, config: Config, *, files: Collection[str], whole: bool) -> bool:
    """Tell whether a run over *files* (with *whole*, the whole project) would find what *entry* says, were it still there."""
    rule = config.rules.get(entry.rule)
    if rule is None:
        return whole
    if not config.resolve(rule.id, path=entry.path).enabled:
        return whole and not config.is_narrowed
    return whole or (entry.path in files and not rule.is_about_graph)


def update(
    findings: Sequence[Finding], old: Baseline | None, *, judged: Callable[[Entry], bool] = lambda _: True
) -> Baseline:
    """Return a baseline of *findings* (those suppressed in the source left out), with the notes of *old* kept.

    Entries of *old* that are not *judged* stay as they are.
    """
    before = {entry.fingerprint: entry for entry in old.findings} if old is not None else {}
    entries = {name: entry for name, entry in before.items() if not judged(entry)}
    for finding in findings:
        if finding.suppressed is None or finding.suppressed.kind == "external":
            known = before.get(finding.fingerprint)
            entries[finding.fingerprint] = Entry(
                finding.fingerprint,
                finding.rule,
                finding.at.path,
                finding.message,
                known.note if known is not None else "",
            )
    return Baseline(
        findings=sorted(entries.values(), key=lambda entry: (entry.path, entry.rule, entry.fingerprint))
    )


def save(baseline: Baseline, path: Path) -> None:
    """Write *baseline* to *path*; raise `OSError`."""
    write_atomic(path, msgspec.json.format(msgspec.json.encode(baseline), indent=2) + b"\n")
