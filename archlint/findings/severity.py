"""How bad a finding is, and how sure archlint is of it."""

from enum import StrEnum
from typing import Self


class Severity(StrEnum):
    """The weight of a finding: an error blocks a merge by default, a warning asks for a look, info informs."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for an error, 1 for a warning, 2 for info."""
        return _SEVERITIES.index(self)

    def at_most(self, cap: Self) -> Self:
        """Return the milder of the two severities."""
        return self if self.rank >= cap.rank else cap


class Confidence(StrEnum):
    """How a fact is known, best first.

    `declared`: somebody wrote it down as architecture; `configured`: a full URI, a mesh route; `inferred`:
    host and port, a convention; `weak`: one hint among others; `guessed`: never a finding.
    """

    DECLARED = "declared"
    CONFIGURED = "configured"
    INFERRED = "inferred"
    WEAK = "weak"
    GUESSED = "guessed"

    @classmethod
    def of(cls, value: float) -> "Confidence":
        """Return the level of a confidence between 0 and 1."""
        for level, least in _LEAST.items():
            if value >= least:
                return level
        return cls.GUESSED

    @property
    def cap(self) -> Severity:
        """The highest severity that a finding of this confidence may have."""
        if self in {Confidence.DECLARED, Confidence.CONFIGURED}:
            return Severity.ERROR
        return Severity.WARNING if self is Confidence.INFERRED else Severity.INFO


class Applicability(StrEnum):
    """Whether a fix may be applied: `safe` keeps the meaning, `unsafe` may change it, `display` is shown only."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    DISPLAY = "display"


_SEVERITIES = tuple(Severity)
_LEAST = {
    Confidence.DECLARED: 0.95,
    Confidence.CONFIGURED: 0.85,
    Confidence.INFERRED: 0.7,
    Confidence.WEAK: 0.5,
}
