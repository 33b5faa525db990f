"""Suppressions in the source: comments, and `x-archlint-ignore` where there are none."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from msgspec import Struct

from archlint.config.model import Config
from archlint.errors import hint
from archlint.findings.finding import Finding, Suppressed
from archlint.rule.diagnostics import INTERNAL_ERROR, UNEXPLAINED_SUPPRESSION, UNUSED_SUPPRESSION
from archlint.rule.rule import Rule
from archlint.source.comments import comments
from archlint.source.document import Document
from archlint.source.location import Location, Region
from archlint.source.patterns import regex
from archlint.source.pointer import Pointer
from archlint.source.source import Source

KEY = "x-archlint-ignore"
"""The extension that suppresses findings at the object that holds it, and below."""

_DIRECTIVE = regex(r"archlint:\s*([a-z][a-z-]*)(?![\w])\s*(.*)\Z", re.DOTALL)
_WORDS = ("ignore", "ignore-file")
_UNTIL = regex(r"(?<!\S)until=(\S+)")


class Suppression(Struct):
    """What somebody does not want to hear of.

    `rules` are rule ids or categories (`all` for every one). It covers the node at `pointer` and what is below; `None` = the file.
    With a `line`, it covers what starts there. `until` is the last day on which it holds, ISO 8601. `fault` says what is wrong with
    how it is written; it then covers nothing.
    """

    at: Location
    rules: tuple[str, ...]
    pointer: Pointer | None
    document: int = 0
    reason: str = ""
    until: str = ""
    fault: str = ""
    line: int = 0


def collect(source: Source, documents: Sequence[Document]) -> list[Suppression]:
    """Return the suppressions written in *source*."""
    if b"archlint" not in source.raw and source.encoding.startswith("utf-8"):
        return []
    found = list(_in_comments(source))
    if KEY.encode() in source.raw or not source.encoding.startswith("utf-8"):
        for document in documents:
            found.extend(_in_data(document))
    return found


def holds(suppression: Suppression, finding: Finding, *, today: str) -> bool:
    """Tell whether *suppression* hides *finding* on the day *today*."""
    return bool(_matched(suppression, finding)) and not _ended(suppression, today)


def apply(
    findings: list[Finding],
    suppressions: Iterable[Suppression],
    *,
    config: Config,
    files: Collection[str],
    whole: bool,
) -> list[Finding]:
    """Mark the suppressed ones of *findings*, and return them with one more per suppression that suppresses nothing.

    *files* were checked; *whole* tells that they are the whole project. Where something else could still be found that a
    suppression hides (its rule did not run, or looks at more than was checked), the suppression is not called unused.
    """
    by_file: dict[str, list[Suppression]] = defaultdict(list)
    for suppression in {_key(suppression): suppression for suppression in suppressions}.values():
        by_file[suppression.at.path].append(suppression)
    used: set[tuple[int, str]] = set()
    for finding in findings:
        for suppression in by_file.get(finding.at.path, ()):
            matched = _matched(suppression, finding)
            used.update((id(suppression), name) for name in matched)
            if matched and not _ended(suppression, config.today):
                finding.suppressed = finding.suppressed or Suppressed("inSource", suppression.reason)
    judge = _Judge(config, frozenset(files), whole, _crashed(findings))
    more = [
        finding
        for group in by_file.values()
        for suppression in group
        for finding in judge.judge(suppression, used)
    ]
    for finding in more:
        if any(
            _matched(suppression, finding) and "all" not in suppression.rules
            for suppression in by_file[finding.at.path]
        ):
            finding.suppressed = Suppressed("inSource")
    return [*findings, *more]


def _key(suppression: Suppression) -> tuple[Any, ...]:
    return (*suppression.at.node, suppression.at.region, suppression.rules)


def _matched(suppression: Suppression, finding: Finding) -> list[str]:
    """Return the names in *suppression* that stand for the rule of *finding*, if it covers its place."""
    if suppression.fault:
        return []
    names = [name for name in suppression.rules if name in {finding.rule, finding.category, "all"}]
    return names if names and _covers(suppression, finding.at) else []


def _ended(suppression: Suppression, today: str) -> bool:
    return bool(suppression.until) and (not _is_date(suppression.until) or suppression.until < today)


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _crashed(findings: Iterable[Finding]) -> frozenset[str]:
    return frozenset(finding.identity[0] for finding in findings if finding.rule == INTERNAL_ERROR.id)


@dataclass(frozen=True, slots=True)
class _Judge:
    """Says what is to be said of suppressions themselves."""

    config: Config
    files: frozenset[str]
    whole: bool
    crashed: frozenset[str]

    def judge(self, suppression: Suppression, used: set[tuple[int, str]]) -> Iterator[Finding]:
        """Yield what is to be said of *suppression*; *used* are the pairs of a suppression and a name in it that hid something."""
        if suppression.fault:
            yield from self._say(
                UNUSED_SUPPRESSION,
                suppression,
                suppression.fault,
                "write it as `archlint: ignore[rule-id] reason`",
            )
            return
        if not suppression.reason:
            yield from self._say(
                UNEXPLAINED_SUPPRESSION, suppression, "the suppression gives no reason", "say why behind it"
            )
        for name in suppression.rules:
            said = self._unused(suppression, name, is_used=(id(suppression), name) in used)
            if said is not None:
                yield from self._say(UNUSED_SUPPRESSION, suppression, *said)

    def _unused(self, suppression: Suppression, name: str, *, is_used: bool) -> tuple[str, str] | None:
        rules = [rule for rule in self.config.rules.values() if name in {rule.id, rule.category, "all"}]
        if not rules:
            close = hint(name, [*self.config.rules, *{rule.category for rule in self.config.rules.values()}])
            return f"there is no rule or category `{name}`{close}", "name a rule that `archlint rules` lists"
        if suppression.until and not _is_date(suppression.until):
            return (
                f"`{suppression.until}` is no date, and nothing is suppressed",
                "write it as `until=2030-12-31`",
            )
        if is_used:
            ended = f"the suppression of `{name}` ended on {suppression.until}"
            return (
                (ended, "mend the fault, or move the date")
                if _ended(suppression, self.config.today)
                else None
            )
        if name in {UNUSED_SUPPRESSION.id, UNEXPLAINED_SUPPRESSION.id, UNUSED_SUPPRESSION.category}:
            return None
        if self._is_known_unused(suppression.at.path, name, rules):
            return f"`{name}` finds nothing here", "remove the suppression"
        return None

    def _is_known_unused(self, path: str, name: str, rules: list[Rule]) -> bool:
        """Tell whether all that *name* stands for ran, and ran on all that it looks at."""
        if not self.whole and path not in self.files:
            return False
        if self.config.is_narrowed and name not in self.config.rules:
            return False
        running = [rule for rule in rules if self.config.resolve(rule.id, path=path).enabled]
        return bool(running) and not any(
            rule.id in self.crashed or (not self.whole and rule.is_about_graph) for rule in running
        )

    def _say(self, rule: Rule, suppression: Suppression, message: str, advice: str) -> Iterator[Finding]:
        setting = self.config.resolve(rule.id, path=suppression.at.path)
        if setting.enabled:
            yield Finding(
                rule=rule.id,
                category=rule.category,
                severity=setting.severity,
                message=message,
                at=suppression.at,
                help=advice,
            )


def _covers(suppression: Suppression, at: Location) -> bool:
    if suppression.pointer is None:
        return True
    if suppression.line:
        return at.region is not None and at.region.start_line == suppression.line
    depth = len(suppression.pointer)
    return suppression.document == at.document and at.pointer[:depth] == suppression.pointer


def _in_comments(source: Source) -> Iterator[Suppression]:
    for comment in comments(source):
        match = _DIRECTIVE.match(comment.text)
        if match is None:
            continue
        word, rest = match.groups()
        whole_file = word == "ignore-file"
        if (word not in _WORDS and not rest.startswith("[")) or (comment.pointer is None and not whole_file):
            continue
        region = Region(comment.line, comment.column, comment.line, comment.column + 2 + len(comment.text))
        at = Location(source.path, comment.pointer or (), comment.document, region=region)
        at.anchor = f"comment:{comment.text}"
        names, bracket, reason = rest[1:].partition("]") if rest.startswith("[") else ("all", "]", rest)
        suppression = _suppression(
            at, None if whole_file else comment.pointer, names, reason, comment.document
        )
        suppression.line = comment.meant
        if word not in _WORDS:
            suppression.fault = f"there is no `{word}`{hint(word, _WORDS)}"
        elif not bracket:
            suppression.fault = "the bracket is not closed, and nothing is suppressed"
        yield suppression


def _in_data(document: Document) -> Iterator[Suppression]:
    found: list[tuple[Pointer, Any]] = []
    pending: list[tuple[Pointer, Any]] = [((), document.data)]
    seen: set[int] = set()
    while pending:
        pointer, value = pending.pop()
        if id(value) in seen:
            continue
        if isinstance(value, dict):
            seen.add(id(value))
            if KEY in value:
                found.append((pointer, value[KEY]))
            pending.extend(((*pointer, key), item) for key, item in value.items() if key != KEY)
        elif isinstance(value, list):
            seen.add(id(value))
            pending.extend(((*pointer, index), item) for index, item in enumerate(value))
    regions = document.locator.locate([((*pointer, KEY), True) for pointer, _ in found])
    for pointer, value in found:
        at = Location(
            document.path, (*pointer, KEY), document.index, on_key=True, region=regions[(*pointer, KEY), True]
        )
        if isinstance(value, dict):
            names = _listed(value.get("rules"))
            until = f" until={value['until']}" if value.get("until") else ""
            yield _suppression(at, pointer, names, f"{value.get('reason', '')}{until}", document.index)
        else:
            yield _suppression(at, pointer, _listed(value), "", document.index)


def _listed(value: Any) -> str:
    return ",".join(str(name) for name in value) if isinstance(value, list) else str(value or "")


def _suppression(at: Location, pointer: Pointer | None, names: str, text: str, document: int) -> Suppression:
    rules = tuple(dict.fromkeys(name.strip() for name in names.split(",") if name.strip()))
    until = _UNTIL.search(text)
    reason = " ".join(_UNTIL.sub("", text).split()).strip(" ,;:-")
    fault = "" if rules else "the suppression names no rule, and nothing is suppressed"
    return Suppression(at, rules, pointer, document, reason, until.group(1) if until else "", fault)
