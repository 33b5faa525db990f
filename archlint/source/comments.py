"""Comments of a YAML text that speak to archlint, and the nodes they stand beside."""

import re
from dataclasses import dataclass

from archlint.source.fault import SyntaxFault
from archlint.source.location import Region
from archlint.source.pointer import Pointer
from archlint.source.source import Source

_COMMENT = re.compile(r"(?:^|(?<=[ \t]))#[ \t]*(archlint:[^\r\n]*)")


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment: where its `#` stands, its text from `archlint:` on, and the node it is about.

    `document` and `pointer` name the outermost node that starts on the same line or, for a comment on a line of its own, on the
    next line that has one; `pointer` is `None` where there is none.
    """

    line: int
    column: int
    text: str
    document: int
    pointer: Pointer | None


def comments(source: Source) -> list[Comment]:
    """Return the comments of *source* that start with `archlint:`; text inside scalars is none."""
    if b"archlint:" not in source.raw:
        return []
    lines = source.lines
    found = [
        (number, match.start(), match.group(1).rstrip())
        for number, line in enumerate(lines, 1)
        if "archlint:" in line and (match := _COMMENT.search(line))
    ]
    if not found:
        return []
    from archlint.source.events import lines_of_nodes  # noqa: PLC0415

    anchors = {number: _line_meant(lines, number) for number, _, _ in found}
    try:
        nodes, scalars = lines_of_nodes(source.text, frozenset({*anchors, *anchors.values()}))
    except (SyntaxFault, UnicodeDecodeError):
        nodes, scalars = {}, []
    by_line = {line: (document, pointer) for (document, line), pointer in nodes.items()}
    result = []
    for number, column, text in found:
        if any(_inside(region, number, column + 1) for region in scalars):
            continue
        document, pointer = by_line.get(anchors[number], (0, None))
        result.append(Comment(number, column + 1, text, document, pointer))
    return result


def _line_meant(lines: list[str], number: int) -> int:
    """Return the line that a comment on line *number* is about: its own, or the next with something on it."""
    if not lines[number - 1].lstrip().startswith("#"):
        return number
    for following in range(number + 1, len(lines) + 1):
        line = lines[following - 1].strip()
        if line and not line.startswith("#") and line != "---":
            return following
    return number


def _inside(region: Region, line: int, column: int) -> bool:
    return (region.start_line, region.start_column) <= (line, column) < (region.end_line, region.end_column)
