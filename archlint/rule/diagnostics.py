"""What the engine itself reports: problems with inputs and rules rather than with the design."""

from collections.abc import Iterator
from typing import Any

from archlint.findings.problem import Problem
from archlint.findings.severity import Severity
from archlint.rule.rule import Context, Rule


def _silent(_subject: Any, _context: Context) -> Iterator[Problem]:
    return iter(())


def _diagnostic(name: str, severity: Severity, docs: str, *, profile: str = "recommended") -> Rule:
    return Rule(
        id=name,
        category="diagnostics",
        severity=severity,
        profile=profile,
        since="0.1.0",
        subjects=(),
        check=_silent,
        docs=docs,
        module=__name__,
    )


ARTIFACT_UNPARSABLE = _diagnostic(
    "artifact-unparsable",
    Severity.ERROR,
    """A file claims to be an API description, a manifest or the like and cannot be parsed.

## Why is this bad?

Neither archlint nor the tool that the file is for can read it, and nothing that it says is checked.

## How to fix

Mend the syntax at the place that the message names.""",
)

INTERNAL_ERROR = _diagnostic(
    "internal-error",
    Severity.ERROR,
    """A rule or a format crashed on a file.

## Why is this bad?

What the rule would have found there is not reported. All other rules and files were checked.

## How to fix

Report the crash with the file; until it is mended, switch the rule off for the file.""",
)

UNUSED_SUPPRESSION = _diagnostic(
    "unused-suppression",
    Severity.WARNING,
    """A suppression that suppresses nothing, or that has ended.

## Why is this bad?

It hides the next finding of that rule at the same place, which nobody has looked at.

## How to fix

Remove the suppression, or the ids in it that are not needed; where it has ended, mend the fault, or move the date.""",
)

UNEXPLAINED_SUPPRESSION = _diagnostic(
    "unexplained-suppression",
    Severity.WARNING,
    """A suppression without a reason.

## Why is this bad?

Nobody can tell later whether what it hides is still right, so it stays for ever.

## How to fix

Say why behind the brackets: `# archlint: ignore[shared-database] both are moved to orders-db by March`.""",
    profile="all",
)

DIAGNOSTICS: dict[str, Rule] = {
    diagnostic.id: diagnostic
    for diagnostic in (ARTIFACT_UNPARSABLE, INTERNAL_ERROR, UNEXPLAINED_SUPPRESSION, UNUSED_SUPPRESSION)
}
"""The engine's own diagnostics by id: configured, documented and suppressed like rules."""
