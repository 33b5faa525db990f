"""Repair: fixes applied until none is left, in memory first; a file is written at once or not at all."""

import os
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import unified_diff
from pathlib import Path

from archlint.engine.pipeline import Outcome, Request, run
from archlint.engine.texts import edited, encoded
from archlint.findings.finding import Finding, TextEdit, TextFix
from archlint.findings.severity import Applicability
from archlint.source.files import FileRefused, read_bytes, write_atomic
from archlint.source.parse import parse
from archlint.source.source import Source

_MOST_PASSES = 10


@dataclass(frozen=True, slots=True)
class Repaired:
    """What a repair did: the state afterwards, the files before and after, how many fixes were made."""

    outcome: Outcome
    changes: dict[str, tuple[Source, Source]]
    applied: int

    def diff(self) -> str:
        """Return the changes as a unified diff."""
        return "".join(
            line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
            for path, (before, after) in sorted(self.changes.items())
            for line in unified_diff(
                before.text.splitlines(keepends=True),
                after.text.splitlines(keepends=True),
                f"a/{path}",
                f"b/{path}",
            )
        )


def repair(request: Request, *, unsafe: bool = False) -> Repaired:
    """Apply the fixes of what *request* finds, pass by pass until none is left, and check again. Nothing is written.

    What is suppressed stays as it is. A fix after which its file would not parse is left out.
    """
    changes: dict[str, tuple[Source, Source]] = {}
    single = replace(request, config=replace(request.config, aggregate=False))
    refused: set[TextFix] = set()
    applied = 0
    for _ in range(_MOST_PASSES):
        overlay = tuple(after for _, after in changes.values())
        outcome = run(replace(single, overlay=overlay))
        chosen = _chosen(outcome.report.findings, refused, unsafe=unsafe)
        made = _apply(chosen, request.root, changes, refused) if chosen else 0
        if not made:
            break
        applied += made
    return Repaired(
        run(replace(request, overlay=tuple(after for _, after in changes.values()))), changes, applied
    )


def write(repaired: Repaired, root: Path) -> list[str]:
    """Write the changed files below *root*; return those that changed meanwhile, which are left alone."""
    moved = []
    for path, (before, after) in sorted(repaired.changes.items()):
        try:
            is_same = read_bytes(os.path.realpath(root), path) == before.raw
        except FileRefused:
            is_same = False
        if is_same:
            write_atomic(root / path, after.raw)
        else:
            moved.append(path)
    return moved


def _chosen(findings: Iterable[Finding], refused: set[TextFix], *, unsafe: bool) -> list[TextFix]:
    """Return the fixes to make in one pass: allowed ones, each once, none that meets another's text."""
    allowed = {Applicability.SAFE, *((Applicability.UNSAFE,) if unsafe else ())}
    taken: dict[str, list[TextEdit]] = defaultdict(list)
    chosen: list[TextFix] = []
    for finding in findings:
        fix = finding.fix
        if (
            fix is None
            or finding.suppressed
            or fix.applicability not in allowed
            or fix in refused
            or fix in chosen
        ):
            continue
        if any(_meet(edit, other) for edit in fix.edits for other in taken[edit.path]):
            continue
        chosen.append(fix)
        for edit in fix.edits:
            taken[edit.path].append(edit)
    return chosen


def _meet(one: TextEdit, other: TextEdit) -> bool:
    first, second = one.region, other.region
    if first == second:
        return True
    starts = (first.start_line, first.start_column), (second.start_line, second.start_column)
    ends = (first.end_line, first.end_column), (second.end_line, second.end_column)
    return starts[0] < ends[1] and starts[1] < ends[0]


def _apply(
    fixes: list[TextFix], root: Path, changes: dict[str, tuple[Source, Source]], refused: set[TextFix]
) -> int:
    """Make *fixes* in the files of *changes*, all at once or, where a file would not parse any more, one by one."""
    before = dict(changes)
    if _make(fixes, root, changes):
        return len(fixes)
    changes.clear()
    changes.update(before)
    made: list[TextFix] = []
    for fix in fixes:
        attempt = dict(before)
        if _make([*made, fix], root, attempt):
            made.append(fix)
            changes.update(attempt)
        else:
            refused.add(fix)
    return len(made)


def _make(fixes: list[TextFix], root: Path, changes: dict[str, tuple[Source, Source]]) -> bool:
    edits: dict[str, list[TextEdit]] = defaultdict(list)
    for fix in fixes:
        for edit in fix.edits:
            edits[edit.path].append(edit)
    for path, group in edits.items():
        try:
            original = (
                changes[path][0]
                if path in changes
                else Source(path, read_bytes(os.path.realpath(root), path))
            )
        except FileRefused:
            return False
        current = changes[path][1] if path in changes else original
        after = Source(path, encoded(edited(current.text, group), original))
        parsed, old = parse(after), parse(current)
        if len(parsed.faults) > len(old.faults) or len(parsed.documents) != len(old.documents):
            return False
        changes[path] = (original, after)
    return True
