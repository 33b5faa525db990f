"""One finding for many: where most candidates of a document break a rule, the reader learns it once."""

from dataclasses import dataclass, field

from archlint.findings.finding import Finding
from archlint.findings.problem import Related
from archlint.source.document import Document

_LEAST = 4
_MANY = 25
_SHOWN = 10


@dataclass(slots=True)
class Tally:
    """What a rule said of one document: how many candidates it saw, how many broke it, and the findings."""

    candidates: int = 0
    broken: int = 0
    findings: list[Finding] = field(default_factory=list)

    def without(self, apart: list[Finding]) -> "Tally":
        """Return the tally as if the candidates of the findings *apart* were not there."""
        if not apart:
            return self
        findings = [finding for finding in self.findings if not any(finding is one for one in apart)]
        return Tally(self.candidates - len(apart), min(self.broken, len(findings)), findings)


def aggregate(tally: Tally, document: Document) -> list[Finding]:
    """Return the findings of *tally*, as one where more than half of the candidates (and at least four) broke the rule, or 25 did.

    It stands at the first place, says how many there are, and names the first others as related locations.
    """
    findings = tally.findings
    most = 2 * tally.broken > tally.candidates and tally.broken >= _LEAST
    if not most and tally.broken < _MANY:
        return findings
    first, *others = findings
    first.message = f"{first.message} (the same for {tally.broken - 1} of {tally.candidates - 1} others)"
    first.related = [*first.related, *(Related(other.message, other.at) for other in others[:_SHOWN])]
    first.identity = (document.path, str(document.index), "aggregate")
    return [first]
