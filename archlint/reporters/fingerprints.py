"""The hash by which GitHub code scanning tells whether an alert is known, `primaryLocationLineHash`.

The algorithm is that of CodeQL's action: a polynomial over the 100 UTF-16 code units from the start of a line on, blanks left out, and
a counter of equal hashes within the file.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import accumulate
from sys import byteorder

_BLOCK = 100
_FACTOR = 37
_MASK = (1 << 64) - 1
_END = "\uffff" + "\0" * _BLOCK
_CODEC = "utf-16-le" if byteorder == "little" else "utf-16-be"


class LineHashes:
    """The hashes of the lines of one file; most is computed only for the lines that are asked for."""

    def __init__(self, lines: Sequence[str]) -> None:
        parts = [_units(_significant(line) + "\n")[:_BLOCK] for line in lines[:-1]]
        parts.extend(_units(_significant(line))[:_BLOCK] for line in lines[-1:])
        self._text = "".join(parts) + _END
        self._starts = list(accumulate(map(len, parts[:-1]), initial=0)) if parts else []
        self._counts: list[int] = []
        seen: Counter[int] = Counter()
        for start in self._starts:
            key = hash(self._text[start : start + _BLOCK])
            seen[key] += 1
            self._counts.append(seen[key])

    def of(self, line: int) -> str:
        """Return the hash of *line* (from 1), `hexadecimal:count`; empty for a line that is not there."""
        if not 0 < line <= len(self._starts):
            return ""
        start = self._starts[line - 1]
        value = 0
        for unit in self._text[start : start + _BLOCK]:
            value = (value * _FACTOR + ord(unit)) & _MASK
        return f"{value:x}:{self._counts[line - 1]}"


def _significant(line: str) -> str:
    """Return *line* without blanks, as far as it can matter: what stands beyond a block is in no hash, of this line or another."""
    text = line.replace(" ", "").replace("\t", "")
    return text[:_BLOCK]


def _units(text: str) -> str:
    """Return *text* with a character for each UTF-16 code unit."""
    if text.isascii() or max(text, default="") <= "\uffff":
        return text
    return "".join(map(chr, memoryview(text.encode(_CODEC, "surrogatepass")).cast("H")))
