"""What a rule claims."""

from dataclasses import dataclass
from typing import Any, Literal

from msgspec import Struct

from archlint.findings.severity import Applicability, Confidence, Severity
from archlint.source.location import Location


class Related(Struct):
    """Another place that belongs to a problem, with what it has to do with it (`first declared here`)."""

    message: str
    at: Location


@dataclass(frozen=True, slots=True)
class Edit:
    """One change to a document's data, at a node.

    `set` puts *value* at `at` (a mapping key that is not there yet is added at the end of its mapping), `remove`
    takes the node away with its key, `rename` gives the node's key the name *value*. The engine turns it into
    the smallest change of the text.
    """

    kind: Literal["set", "remove", "rename"]
    at: Location
    value: Any = None


@dataclass(frozen=True, slots=True)
class Fix:
    """A repair: what it does (imperative, lower case), the edits that do it, and whether it may be applied."""

    title: str
    edits: tuple[Edit, ...]
    applicability: Applicability = Applicability.SAFE


@dataclass(frozen=True, slots=True)
class Problem:
    """One claim of a rule: the message states a fact, the help advises.

    `at` is the node to blame (default: the subject's own). `related` are other places; `flow` is an ordered walk, such
    as the steps of a cycle. `severity` replaces the rule's for this problem, `confidence` limits it. `identity` names
    the graph elements that the problem is about, for its fingerprint.
    """

    message: str
    at: Location | None = None
    help: str = ""
    related: tuple[Related, ...] = ()
    flow: tuple[Related, ...] = ()
    severity: Severity | None = None
    confidence: Confidence = Confidence.DECLARED
    identity: tuple[str, ...] = ()
    fix: Fix | None = None
