"""What a rule is."""

import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct

from archlint.findings.problem import Problem
from archlint.findings.severity import Severity
from archlint.model.graph import Element, ServiceGraph
from archlint.source.document import Document

PROFILES = ("recommended", "strict", "all")
"""The built-in profiles; each holds the rules of the ones before it."""


class Options(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """The base of a rule's options.

    Each field has a default and is annotated with `Annotated[type, Meta(description="…")]`; in the configuration its name
    is written in camel case.
    """


@dataclass(frozen=True, slots=True)
class Context:
    """What a rule may ask beside its subject.

    `options` is an instance of the rule's options class. `graph` is the service graph; it is empty while single documents
    are checked. `today` is the date to hold deadlines against, ISO 8601. `validate` yields the structural faults that a
    document's format sees. `complete` tells whether the scope of a path is declared complete, so that what is not in it does
    not exist (closed world).
    """

    options: Any = None
    graph: ServiceGraph = field(default_factory=ServiceGraph)
    today: str = ""
    validate: Callable[[Document], Iterator[Problem]] = lambda _document: iter(())
    complete: Callable[[str], bool] = lambda _path: False


type Check = Callable[[Any, Context], Iterator[Problem]]
type Files = str | dict[str, str]


@dataclass(frozen=True, slots=True)
class Example:
    """An input of a rule: file names and texts, and whether the rule must stay silent.

    A line that ends in `# <- text` expects a finding that starts on it and whose message contains *text*. `options` are
    the rule's options as in the configuration. `fixed` maps file names to their text after the fixes.
    """

    good: bool
    written: Files = field(hash=False)
    options: tuple[tuple[str, Any], ...] = ()
    repaired: Files = field(default="", hash=False)
    title: str = ""

    @property
    def files(self) -> tuple[tuple[str, str], ...]:
        """The names and texts of the files, as far left as they go; a single file may have no name."""
        return _files(self.written)

    @property
    def fixed(self) -> tuple[tuple[str, str], ...]:
        """The names and texts of the files after the fixes; empty when there are none."""
        return _files(self.repaired) if self.repaired else ()


def Good(  # noqa: N802 - reads as a noun in the metadata of a rule
    files: Files, title: str = "", *, options: dict[str, Any] | None = None
) -> Example:
    """Return an example in which the rule finds nothing. A single text is a file named by its content."""
    return Example(True, files, tuple((options or {}).items()), title=title)


def Bad(  # noqa: N802
    files: Files, title: str = "", *, options: dict[str, Any] | None = None, fixed: Files | None = None
) -> Example:
    """Return an example in which the rule finds exactly what its markers say."""
    return Example(False, files, tuple((options or {}).items()), fixed or "", title)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule's metadata and its check, a pure function from a subject to problems.

    `subjects` are the views or graph elements that `check` is called with. `profile` is the first built-in profile that holds
    the rule. `applies`, where given, tells the candidates among the subjects: `check` is called for those only, and with
    `aggregate` one finding stands for all where more than half of a document's candidates break the rule.
    `docs` is the docstring of the rule's module: a summary and the sections *Why is this bad?* and *How to fix*.
    """

    id: str
    category: str
    severity: Severity
    profile: str
    since: str
    subjects: tuple[type[Any], ...]
    check: Check
    docs: str
    references: tuple[str, ...] = ()
    examples: tuple[Example, ...] = ()
    options: type[Options] = Options
    applies: Callable[[Any], bool] | None = None
    aggregate: bool = False
    tags: tuple[str, ...] = ()
    module: str = ""

    @property
    def is_about_graph(self) -> bool:
        """Tell whether the rule looks at the service graph, and with it at more than one file."""
        return any(issubclass(subject, ServiceGraph | Element) for subject in self.subjects)

    @property
    def summary(self) -> str:
        """The first paragraph of the docs, in one line."""
        return " ".join(self.docs.strip().split("\n\n", 1)[0].split())

    def section(self, title: str) -> str:
        """Return the text under the heading *title* of the docs, or an empty string."""
        match = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", self.docs, re.MULTILINE | re.DOTALL)
        return match.group(1).strip() if match else ""


def rule(
    *,
    id: str,  # noqa: A002 - the word users know
    category: str,
    severity: Severity,
    subject: type[Any] | tuple[type[Any], ...],
    since: str,
    profile: str = "recommended",
    references: tuple[str, ...] = (),
    examples: tuple[Example, ...] = (),
    options: type[Options] = Options,
    applies: Callable[[Any], bool] | None = None,
    aggregate: bool = False,
    tags: tuple[str, ...] = (),
) -> Callable[[Check], Rule]:
    """Make a `Rule` of the decorated function, to be called with each *subject* (a class, or several).

    The page of the rule is the docstring of its module.
    """

    def decorate(check: Check) -> Rule:
        module = inspect.getmodule(check)
        return Rule(
            id=id,
            category=category,
            severity=severity,
            profile=profile,
            since=since,
            subjects=subject if isinstance(subject, tuple) else (subject,),
            check=check,
            docs=inspect.cleandoc((module and module.__doc__) or check.__doc__ or ""),
            references=references,
            examples=examples,
            options=options,
            applies=applies,
            aggregate=aggregate,
            tags=tags,
            module=check.__module__,
        )

    return decorate


def _files(files: Files) -> tuple[tuple[str, str], ...]:
    named = {"": files} if isinstance(files, str) else files
    return tuple((name, textwrap.dedent(text).strip("\n") + "\n") for name, text in named.items())
