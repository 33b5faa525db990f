"""Marks for the actions of a template, of the same length, and what they become where one has a line for itself."""

import re
from collections.abc import Iterator
from typing import Any, ClassVar

from archlint.api import UNKNOWN, regex

_START, _NOTHING, _FIRST, _LAST = "\ue000", "\ue001", 0xE100, 0xF8FF
_MARK = regex("\ue000([\ue100-\uf8ff])\ue002*")
_ONLY_MARKS = regex(
    "[ \t]*(?:\ue000[\ue100-\uf8ff]\ue002*|\ue001)(?:[ \t]|\ue000[\ue100-\uf8ff]\ue002*|\ue001)*\\Z"
)
_TAKEN_OUT = regex(r"(?:(?<=\n)|(?<=\r))(?P<indent>[ \t]+)|[^\r\n]")
_INDENT = regex(r"\bn?indent\s+(\d{1,3})\b")
_LINE = regex(r"[^\r\n]*")
_SEPARATOR = regex(r"---(?:[ \t]|\Z)")


class Marks:
    """The marks of one template and what they stand for."""

    RESERVED: ClassVar[tuple[str, ...]] = ("\ue000", "\ue001", "\ue002")

    def __init__(self) -> None:
        self.values: list[Any] = []
        self.texts: list[str] = []
        self.bodies: list[str] = []
        self.kinds: list[str] = []
        self.keys: dict[int, tuple[str, ...]] = {}
        self.heads: dict[int, str] = {}
        self.rounds: dict[int, list[Any]] = {}
        self._settled: set[int] = set()

    def value(self, text: str, value: Any, body: str, rounds: list[Any]) -> str:
        """Return the mark for the action *text* that writes *value*, or one of *rounds* in each round of a `range`."""
        if rounds:
            self.rounds[len(self.values)] = rounds
        return self._mark(text, value, body, "value")

    def in_each_round(self, data: Any) -> Iterator[None]:
        """Give the marks in *data* the values of each round in turn; yields once where nothing depends on a round."""
        numbers = {
            number for number in self._inside(data) if number in self.rounds and number not in self._settled
        }
        before = {number: self.values[number] for number in numbers}
        self._settled |= numbers
        for index in range(max((len(self.rounds[number]) for number in numbers), default=0)):
            for number in numbers:
                rounds = self.rounds[number]
                self.values[number] = rounds[index] if index < len(rounds) else UNKNOWN
            yield
        for number, value in before.items():
            self.values[number] = value
        self._settled -= numbers
        if not numbers:
            yield

    def _inside(self, root: Any) -> list[int]:
        found: list[int] = []
        pending = [root] if self.rounds else []
        while pending:
            value = pending.pop()
            if isinstance(value, str):
                found.extend(self.numbers(value))
            elif isinstance(value, dict):
                pending.extend((*value, *value.values()))
            elif isinstance(value, list):
                pending.extend(value)
        return found

    def gap(self, text: str, keys: tuple[str, ...] | None, head: str = "") -> str:
        """Return the mark for the start of a block that does not count as the values are.

        *keys* would stand there, where that is known, and *head* is its first line.
        """
        if keys is not None:
            self.keys[len(self.values)] = keys
        self.heads[len(self.values)] = head
        return self._mark(text, UNKNOWN, text, "gap")

    def doubt(self, text: str) -> str:
        """Return the mark for the start of a block of which it is not known whether it counts."""
        return self._mark(text, UNKNOWN, text, "doubt")

    @staticmethod
    def nothing(text: str) -> str:
        """Return *text* with nothing in its place: every character but line ends and what indents lines is taken out."""
        return _TAKEN_OUT.sub(lambda match: match["indent"] or _NOTHING, text)

    def _mark(self, text: str, value: Any, body: str, kind: str) -> str:
        first, _, rest = text.partition("\n")
        if _FIRST + len(self.values) > _LAST:
            return self.nothing(text)
        mark = _START + chr(_FIRST + len(self.values)) + "\ue002" * (len(first.rstrip("\r")) - 2)
        mark += first[len(mark) :]
        self.values.append(value)
        self.texts.append(" ".join(text.split()).replace("{{-", "{{").replace("-}}", "}}"))
        self.bodies.append(body)
        self.kinds.append(kind)
        return mark + ("\n" + self.nothing(rest) if rest or text.endswith("\n") else "")

    def numbers(self, text: str) -> list[int]:
        """Return the numbers of the marks in *text*."""
        return [ord(found) - _FIRST for found in _MARK.findall(text)]

    def alone(self, text: str) -> int | None:
        """Return the number of the mark that *text* consists of, or `None`."""
        match = _MARK.fullmatch(text.replace(_NOTHING, "").strip())
        return ord(match[1]) - _FIRST if match else None

    def replaced(self, text: str, shown: Any) -> str:
        """Return *text* with every mark replaced by what *shown* gives for its number."""
        return _MARK.sub(lambda match: shown(ord(match[1]) - _FIRST), text).replace(_NOTHING, "")


def marked(text: str, marks: Marks) -> str:
    """Return *text* with the lines that only have marks made entries of the mapping or the list that they stand in."""
    ends = re.findall(r"\r\n|\r|\n", text)
    lines = re.split(r"\r\n|\r|\n", text)
    bare = [_ONLY_MARKS.match(line) is not None for line in lines]
    done: list[str] = []
    seen: list[str] = []
    for index, line in enumerate(lines):
        if not bare[index]:
            done.append(line)
            if line.strip() and not line.lstrip().startswith("#"):
                seen.append(line)
            continue
        found = [number for number in marks.numbers(line) if marks.kinds[number] != "doubt"]
        entry = ""
        if found:
            entry = _entry(found[0], line, lines, index, seen, bare, marks)
            if entry:
                seen.append(entry)
        done.append(entry)
    return "".join(line + end for line, end in zip(done, [*ends, ""], strict=True))


def _entry(
    number: int, line: str, lines: list[str], index: int, seen: list[str], bare: list[bool], marks: Marks
) -> str:
    """Return the line that stands for the mark *number*, alone on line *index*: an entry of what is around, or nothing."""
    following = next(
        (lines[at] for at in range(index + 1, len(lines)) if not bare[at] and lines[at].strip(" \t\ue001")),
        "",
    )
    head = marks.heads.get(number, "")
    wanted = _INDENT.search(marks.bodies[number]) or (_INDENT.search(head) if "{{" in head else None)
    column = int(wanted[1]) if wanted else len(line) - len(line.lstrip())
    if marks.kinds[number] == "gap" and not wanted:
        hidden = lines[index + 1] if index + 1 < len(lines) else ""
        if hidden.strip() and not hidden.strip(" \t\ue001"):
            column = len(hidden) - len(hidden.lstrip(" \t"))
    mark = _START + chr(_FIRST + number)
    if not seen or _SEPARATOR.match(seen[-1]):
        return ""
    above = seen[-1]
    key = _key_column(above)
    if above.rstrip().endswith(":") and key < column:
        if _column(following) == column and following.lstrip().startswith("- "):
            return " " * column + f"- {mark}"
        return " " * column + f"{mark}:"
    if above.rstrip().endswith(":") and key == column:
        is_item = following.lstrip().startswith("- ") and _column(following) == column
        if is_item or head.lstrip().startswith("- "):
            return " " * column + f"- {mark}"
        if not following.lstrip().startswith("- "):
            return " " * column + f"{mark}:"
    for earlier in reversed(seen):
        if _SEPARATOR.match(earlier):
            break
        dash = _column(earlier) if earlier.lstrip().startswith("- ") else -1
        if dash == column:
            return " " * column + f"- {mark}"
        if _key_column(earlier) == column:
            return " " * column + f"{mark}:"
        if _column(earlier) < column:
            break
    return ""


def _column(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _key_column(line: str) -> int:
    """Return the column at which the key of *line* starts, behind the dashes of list items."""
    column = _column(line)
    while line[column : column + 2] == "- ":
        column += 2
        column += len(line[column:]) - len(line[column:].lstrip(" "))
    return column
