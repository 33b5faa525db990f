"""Comments of a YAML text that speak to archlint, and the nodes they stand beside."""

from dataclasses import dataclass

from archlint.source.patterns import regex
from archlint.source.pointer import Pointer
from archlint.source.source import Source

_COMMENT = regex(r"(?:^|(?<=[ \t]))#[ \t]*(archlint:[^\r\n]*)")
_NOTHING = regex(r"[ \t]*(?:---|%\w.*|[- \t]*)[ \t]*(?:#.*)?\Z")


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment: where its `#` stands, its text from `archlint:` on, and the node it is about.

    `document` and `pointer` name the outermost node that starts on the same line or, for a comment on a line of its own, on the
    next line that has one; `pointer` is `None` where there is none. In a text that is not made of nodes (assignments, one a line),
    `meant` is the line that the comment is about, otherwise 0.
    """

    line: int
    column: int
    text: str
    document: int
    pointer: Pointer | None
    meant: int = 0


def comments(source: Source) -> list[Comment]:
    """Return the comments of *source* that start with `archlint:`; text inside scalars is none."""
    if b"archlint:" not in source.raw and source.encoding.startswith("utf-8"):
        return []
    lines = source.lines
    found = [
        (number, match.start() + 1, match.group(1).rstrip())
        for number, line in enumerate(lines, 1)
        if "archlint:" in line and (match := _COMMENT.search(line))
    ]
    if not found:
        return []
    from archlint.source.yaml_lines import lines_of_nodes  # noqa: PLC0415

    meant = _lines_meant(lines, [number for number, _, _ in found])
    if not _has_nodes(source):
        return [Comment(number, column, text, 0, (), meant[number]) for number, column, text in found]
    try:
        known = lines_of_nodes(source.text, frozenset({*meant, *meant.values()}))
    except UnicodeDecodeError:
        return []
    result = []
    for number, column, text in found:
        if not known.in_scalar(number, column):
            document, pointer = known.nodes.get(meant[number], (0, None))
            result.append(Comment(number, column, text, document, pointer))
    return result


def _has_nodes(source: Source) -> bool:
    """Tell whether *source* is YAML or JSON, by its name or by what it says."""
    if source.name.lower().endswith((".yaml", ".yml", ".json")):
        return True
    from archlint.source.parse import parse  # noqa: PLC0415

    return any(isinstance(document.data, dict | list) for document in parse(source).documents)


def _lines_meant(lines: list[str], numbers: list[int]) -> dict[int, int]:
    """Return the line that a comment on each of *numbers* is about: its own, or the next with a node on it."""
    meant: dict[int, int] = {}
    following = len(lines)
    number = len(lines)
    for wanted in reversed(numbers):
        while number >= wanted:
            if not _NOTHING.match(lines[number - 1]):
                following = number
            number -= 1
        meant[wanted] = following
    return meant
