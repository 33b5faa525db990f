"""Git's ignore files, matched as git does: each entry by itself, the last pattern that matches decides (gitignore(5))."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_SPECIAL = re.compile(r"[*?\[\\]")
_TRAILING = re.compile(r"(?<!\\) +\Z")
_NAMED = {
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "blank": r" \t",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": r"\x21-\x7e",
    "lower": "a-z",
    "print": r"\x20-\x7e",
    "punct": r"!-/:-@\[-`{-~",
    "space": r" \t\r\n\v\f",
    "upper": "A-Z",
    "xdigit": "0-9a-fA-F",
}


@dataclass(frozen=True, slots=True)
class _Pattern:
    """One line: `text` is matched against the name of an entry or, when it is `anchored`, against its path from the base."""

    expression: re.Pattern[str]
    prefix: str
    number: int
    ignores: bool
    folders_only: bool


class IgnoreFile:
    """The patterns of one ignore file; `base` is its folder, relative to the root."""

    def __init__(self, base: str, lines: Iterable[str]) -> None:
        self.base = base
        self._by_name: list[_Pattern] = []
        self._by_path: list[_Pattern] = []
        self._names: dict[tuple[str, bool], _Pattern | None] = {}
        for number, line in enumerate(lines):
            self._read(number, line)
        self._by_name.reverse()
        self._by_path.reverse()

    def says(self, path: str, *, folder: bool) -> bool | None:
        """Tell whether the entry at *path* (relative to the root) is ignored; `None` when no pattern speaks of it."""
        name = path.rpartition("/")[2]
        try:
            best = self._names[name, folder]
        except KeyError:
            best = self._names[name, folder] = _first(self._by_name, name, folder=folder)
        if self._by_path:
            below = path[len(self.base) + 1 :] if self.base else path
            other = _first(self._by_path, below, folder=folder)
            if other is not None and (best is None or other.number > best.number):
                best = other
        return None if best is None else best.ignores

    def _read(self, number: int, line: str) -> None:
        line = _TRAILING.sub("", line.removesuffix("\r"))
        if not line or line.startswith("#"):
            return
        ignores = not line.startswith("!")
        line = line if ignores else line[1:]
        folders_only = line.endswith("/")
        line = line.removesuffix("/")
        by_path = "/" in line
        line = line.removeprefix("/")
        special = _SPECIAL.search(line)
        cut = special.start() if special else len(line)
        expression = translate(line[cut:])
        if line and expression is not None:
            pattern = _Pattern(expression, line[:cut], number, ignores, folders_only)
            (self._by_path if by_path else self._by_name).append(pattern)


def _first(patterns: list[_Pattern], text: str, *, folder: bool) -> _Pattern | None:
    for pattern in patterns:
        if (
            text.startswith(pattern.prefix)
            and (folder or not pattern.folders_only)
            and pattern.expression.match(text, len(pattern.prefix))
        ):
            return pattern
    return None


def translate(pattern: str) -> re.Pattern[str] | None:
    """Return the regular expression of git's wildcard *pattern*; `None` for one that matches nothing."""
    parts = []
    position = 0
    while position < len(pattern):
        character = pattern[position]
        if character == "*":
            end = position
            while pattern[end : end + 1] == "*":
                end += 1
            whole = end - position > 1 and pattern[position - 1 : position] in {"", "/"}
            if whole and pattern[end : end + 1] == "/":
                parts.append("(?:.*/)?")
                end += 1
            else:
                parts.append(".*" if whole and end == len(pattern) else "[^/]*")
            position = end
        elif character == "[":
            found = _class(pattern, position + 1)
            if found is None:
                return None
            expression, position = found
            parts.append(expression)
        else:
            if character == "\\":
                position += 1
                if position == len(pattern):
                    return None
                character = pattern[position]
                parts.append(re.escape(character))
            else:
                parts.append("[^/]" if character == "?" else re.escape(character))
            position += 1
    return re.compile("".join(parts) + r"\Z", re.DOTALL)


def _class(pattern: str, position: int) -> tuple[str, int] | None:
    """Return the expression of the character class whose content starts at *position*, and where it ends."""
    negated = pattern[position : position + 1] in {"!", "^"}
    position += negated
    members = []
    first = True
    while first or pattern[position : position + 1] != "]":
        first = False
        if position >= len(pattern):
            return None
        if pattern.startswith("[:", position) and (end := pattern.find(":]", position)) > 0:
            named = _NAMED.get(pattern[position + 2 : end])
            if named is None:
                return None
            members.append(named)
            position = end + 2
            continue
        low, position = _member(pattern, position)
        high = low
        if pattern[position : position + 1] == "-" and pattern[position + 1 : position + 2] not in {"", "]"}:
            high, position = _member(pattern, position + 1)
        if low <= high:
            members.append(f"{re.escape(low)}-{re.escape(high)}")
    inner = "".join(members)
    if not inner:
        return ("[^/]" if negated else r"(?!)"), position + 1
    return f"(?!/)[{'^' * negated}{inner}]", position + 1


def _member(pattern: str, position: int) -> tuple[str, int]:
    if pattern[position] == "\\" and position + 1 < len(pattern):
        position += 1
    return pattern[position], position + 1
