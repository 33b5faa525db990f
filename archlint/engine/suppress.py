"""Suppressions in the source: comments, and `x-archlint-ignore` where there are none."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from archlint.config.model import Config
from archlint.findings.finding import Finding, Suppressed
from archlint.rule.diagnostics import UNUSED_SUPPRESSION
from archlint.source.comments import comments
from archlint.source.document import Document
from archlint.source.location import Location, Region
from archlint.source.pointer import Pointer
from archlint.source.source import Source

KEY = "x-archlint-ignore"
"""The extension that suppresses findings at the object that holds it, and below."""

_DIRECTIVE = re.compile(r"archlint:\s*(ignore-file|ignore)\s*(?:\[([^\]]*)\])?\s*(.*)\Z", re.DOTALL)
_UNTIL = re.compile(r"\buntil=(\d{4}-\d{2}-\d{2})\b")


class Suppression(Struct):
    """What somebody does not want to hear of.

    `rules` are rule ids or categories (`all` for every one). It covers the node at `pointer` and what is below; `None` = the file.
    `until` is the last day on which it holds, ISO 8601.
    """

    at: Location
    rules: tuple[str, ...]
    pointer: Pointer | None
    document: int = 0
    reason: str = ""
    until: str = ""


def collect(source: Source, documents: Sequence[Document]) -> list[Suppression]:
    """Return the suppressions written in *source*."""
    if b"archlint" not in source.raw:
        return []
    found = list(_in_comments(source))
    if KEY.encode() in source.raw:
        for document in documents:
            found.extend(_in_data(document))
    return found


def apply(findings: list[Finding], suppressions: Sequence[Suppression], *, config: Config) -> list[Finding]:
    """Mark the suppressed ones of *findings*, and return them with one more per suppression that suppresses nothing.

    A suppression is unused when none of its rules found anything at its node although one of them ran; an expired one does not
    suppress.
    """
    by_file: dict[str, list[Suppression]] = defaultdict(list)
    for suppression in suppressions:
        by_file[suppression.at.path].append(suppression)
    used: set[tuple[int, str]] = set()
    for finding in findings:
        for suppression in by_file.get(finding.at.path, ()):
            matched = [name for name in suppression.rules if name in {finding.rule, finding.category, "all"}]
            if not matched or not _covers(suppression, finding.at):
                continue
            used.update((id(suppression), name) for name in matched)
            if not suppression.until or suppression.until >= config.today:
                finding.suppressed = finding.suppressed or Suppressed("inSource", suppression.reason)
    return [
        *findings,
        *(unused for suppression in suppressions for unused in _unused(suppression, used, config)),
    ]


def _unused(suppression: Suppression, used: set[tuple[int, str]], config: Config) -> Iterator[Finding]:
    setting = config.resolve(UNUSED_SUPPRESSION.id, path=suppression.at.path)
    if not setting.enabled:
        return
    expired = suppression.until and suppression.until < config.today
    categories = {rule.category for rule in config.rules.values()}
    for name in suppression.rules:
        if (id(suppression), name) in used:
            if expired:
                yield _finding(
                    suppression,
                    f"the suppression of `{name}` ended on {suppression.until}",
                    "mend the fault, or move the date",
                    config,
                )
        elif name not in config.rules and name not in categories and name != "all":
            yield _finding(
                suppression,
                f"there is no rule or category `{name}`",
                "name a rule that `archlint rules` lists",
                config,
            )
        elif name not in config.rules or config.resolve(name, path=suppression.at.path).enabled:
            yield _finding(suppression, f"`{name}` finds nothing here", "remove the suppression", config)


def _finding(suppression: Suppression, message: str, advice: str, config: Config) -> Finding:
    return Finding(
        rule=UNUSED_SUPPRESSION.id,
        category=UNUSED_SUPPRESSION.category,
        severity=config.resolve(UNUSED_SUPPRESSION.id, path=suppression.at.path).severity,
        message=message,
        at=suppression.at,
        help=advice,
    )


def _covers(suppression: Suppression, at: Location) -> bool:
    if suppression.pointer is None:
        return True
    depth = len(suppression.pointer)
    return suppression.document == at.document and at.pointer[:depth] == suppression.pointer


def _in_comments(source: Source) -> Iterator[Suppression]:
    for comment in comments(source):
        match = _DIRECTIVE.match(comment.text)
        if match is None:
            continue
        region = Region(comment.line, comment.column, comment.line, comment.column + 2 + len(comment.text))
        whole_file = match.group(1) == "ignore-file"
        if not whole_file and comment.pointer is None:
            continue
        pointer = None if whole_file else comment.pointer
        at = Location(source.path, comment.pointer or (), comment.document, region=region)
        at.anchor = f"comment:{comment.text}"
        yield _suppression(at, pointer, match.group(2), match.group(3), comment.document)


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
            rules = value.get("rules", ())
            names = ",".join(str(name) for name in rules) if isinstance(rules, list) else str(rules)
            until = f" until={value['until']}" if value.get("until") else ""
            yield _suppression(at, pointer, names, f"{value.get('reason', '')}{until}", document.index)
        else:
            names = ",".join(str(name) for name in value) if isinstance(value, list) else str(value)
            yield _suppression(at, pointer, names, "", document.index)


def _suppression(
    at: Location, pointer: Pointer | None, names: str | None, text: str, document: int
) -> Suppression:
    rules = tuple(dict.fromkeys(name.strip() for name in (names or "").split(",") if name.strip())) or (
        "all",
    )
    until = _UNTIL.search(text)
    reason = " ".join(_UNTIL.sub("", text).split()).strip()
    return Suppression(at, rules, pointer, document, reason, until.group(1) if until else "")
