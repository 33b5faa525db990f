"""Which paths a route lets through. Tools write patterns differently; what cannot be told lets nothing through."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from archlint.model.facts import RouteFact
from archlint.source.patterns import regex

type Kind = Literal["prefix", "exact", "unknown"]

_OPEN_REGEX = regex(r"\(?(?:[/|$()?:]|\(/\|\$\))*\.[*+]\)?[)$]*\Z")
_SPECIAL = regex(r"[\\^$.|?*+()\[\]{}]")
_GLOB_END = regex(r"/?(?:\*\*?|\{\*?\w+\}|\{\*\w+\}|\{remaining\})\Z")


@dataclass(frozen=True, slots=True)
class Pattern:
    """Paths that are `text` (`exact`) or begin with it (`prefix`, ends at a slash); of `unknown` ones, `text` is how they begin."""

    text: str
    kind: Kind

    def admits(self, path: str) -> bool:
        """Tell whether *path* surely passes."""
        if self.kind == "prefix":
            whole = self.text.rstrip("/")
            return path == whole or path.startswith(f"{whole}/")
        return self.kind == "exact" and path == self.text


def patterns(route: RouteFact) -> list[Pattern]:
    """Return the patterns of *route*; one of all paths where it has none. Those with further conditions are unknown."""
    matches = route.extra.get("matches")
    found = [
        _pattern(
            str(match.get("path", "/")), str(match.get("match", "prefix")), known=not match.get("conditional")
        )
        for match in (matches if isinstance(matches, list) else ())
        if isinstance(match, dict)
    ]
    return found or [_pattern(route.path or "/", str(route.extra.get("match", "") or _style(route.path)))]


def admits(route: RouteFact, path: str) -> bool:
    """Tell whether requests for *path* surely pass *route*."""
    return any(pattern.admits(path) for pattern in patterns(route))


def admits_all(route: RouteFact) -> bool:
    """Tell whether requests for every path surely pass *route*."""
    return any(pattern.kind == "prefix" and not pattern.text.strip("/") for pattern in patterns(route))


def beginnings(route: RouteFact) -> Iterator[str]:
    """Yield how the paths that pass *route* begin, whatever follows."""
    for pattern in patterns(route):
        yield pattern.text


def _style(path: str) -> str:
    """Return how a pattern is meant where the tool does not say: `~` begins a regular expression (Kong), stars are Spring's."""
    if path.startswith("~"):
        return "regex"
    return "glob" if "*" in path or "{" in path else "prefix"


def _pattern(text: str, match: str, *, known: bool = True) -> Pattern:
    bare = text.removeprefix("~").removeprefix("^")
    if match == "regex":
        special = _SPECIAL.search(bare)
        begin = bare[: special.start()] if special else bare
        rest = bare[len(begin) :]
        kind: Kind = "exact" if rest in {"", "$"} else "prefix" if _OPEN_REGEX.match(rest) else "unknown"
        begin = begin.rstrip("/") or "/" if kind == "prefix" else begin
    elif match == "glob":
        end = _GLOB_END.search(bare)
        begin = bare[: end.start()] if end else bare
        kind = "prefix" if end else "exact"
        if any(sign in begin for sign in "*{?"):
            begin, kind = re.split(r"[*{?]", begin, maxsplit=1)[0], "unknown"
    else:
        begin, kind = bare, "exact" if match == "exact" else "prefix"
    return Pattern(begin or "/", kind if known else "unknown")
