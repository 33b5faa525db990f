"""What the user is told."""

from hashlib import sha256
from typing import Literal

from msgspec import Struct, field

from archlint.findings.problem import Related
from archlint.findings.severity import Applicability, Confidence, Severity
from archlint.source.location import Location, Region
from archlint.source.pointer import format_pointer


class TextEdit(Struct, frozen=True):
    """Replace the text at *region* by *text*."""

    path: str
    region: Region
    text: str


class TextFix(Struct, frozen=True):
    """A fix as text edits, ready to be applied."""

    title: str
    edits: tuple[TextEdit, ...]
    applicability: Applicability


class Suppressed(Struct, frozen=True):
    """Why a finding is not reported: a comment in the source, or an entry of the baseline."""

    kind: Literal["inSource", "external"]
    reason: str = ""


class Finding(Struct):
    """A problem with everything that a report says of it.

    `at.region` is known for every finding. `suppressed` is set when the finding is not to be counted.
    """

    rule: str
    category: str
    severity: Severity
    message: str
    at: Location
    confidence: Confidence = Confidence.DECLARED
    help: str = ""
    related: list[Related] = field(default_factory=list)
    flow: list[Related] = field(default_factory=list)
    identity: tuple[str, ...] = ()
    fingerprint: str = ""
    fix: TextFix | None = None
    suppressed: Suppressed | None = None

    @property
    def places(self) -> list[Related]:
        """All other places of the finding: the steps of its flow, then the related ones that are no step of it."""
        steps = {(step.message, step.at.node) for step in self.flow}
        return [*self.flow, *(one for one in self.related if (one.message, one.at.node) not in steps)]

    @property
    def order(self) -> tuple[str, int, int, str, str, str]:
        """The place of the finding in a report: path, line, column, rule, message, pointer."""
        region = self.at.region
        line, column = (region.start_line, region.start_column) if region else (0, 0)
        return self.at.path, line, column, self.rule, self.message, format_pointer(self.at.pointer)


def fingerprint(rule: str, at: Location, identity: tuple[str, ...], repeat: int = 0) -> str:
    """Return 32 hex digits that name a finding across edits of its file.

    Made of the rule, the file, the node's anchor and, for graph findings, the elements' identities; never of line
    numbers or message text. *repeat* counts findings that are equal in all of these.
    """
    parts = (
        [rule, *identity]
        if identity
        else [rule, at.path, str(at.document), at.anchor or format_pointer(at.pointer)]
    )
    if repeat:
        parts.append(str(repeat))
    return sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
