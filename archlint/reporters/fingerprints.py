"""The hash by which GitHub code scanning tells whether an alert is known, `primaryLocationLineHash`.

The algorithm is that of CodeQL's action: a rolling hash over the 100 characters from the start of a line on, white space left out, and a
counter of equal hashes within the file.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import chain
from sys import byteorder

_BLOCK = 100
_FACTOR = 37
_MASK = (1 << 64) - 1
_END = 65_535
_MOST_LINES = 20_000


def line_hashes(lines: Sequence[str]) -> list[str]:
    """Return the hash of each of *lines*, `hexadecimal:count`; only the first 20,000 are hashed."""
    text = lines[:_MOST_LINES]
    first = pow(_FACTOR, _BLOCK, 1 << 64)
    window = [0] * _BLOCK
    owner = [-1] * _BLOCK
    value = index = 0
    counts: Counter[str] = Counter()
    found = [""] * len(text)
    last = len(text) - 1 if text and not _significant(text[-1]) else -1

    for number, char in chain(_characters(text), [(last, _END)], ((-1, 0) for _ in range(_BLOCK))):
        if owner[index] >= 0:
            code = f"{value:x}"
            counts[code] += 1
            found[owner[index]] = f"{code}:{counts[code]}"
        owner[index] = number
        value = (_FACTOR * value + char - first * window[index]) & _MASK
        window[index] = char
        index = (index + 1) % _BLOCK
    return found


def _characters(lines: Sequence[str]) -> list[tuple[int, int]]:
    """Return the UTF-16 code units that count, each with the line that it begins, or -1.

    What stands in a line beyond a block is in no hash, neither its own nor that of a line above or below.
    """
    found: list[tuple[int, int]] = []
    for number, line in enumerate(lines):
        text = _significant(line)
        if number < len(lines) - 1:
            text += "\n"
        units = _units(text[:_BLOCK])
        found.extend((number if position == 0 else -1, unit) for position, unit in enumerate(units))
    return found


def _significant(line: str) -> str:
    return line.replace(" ", "").replace("\t", "")


def _units(text: str) -> Sequence[int]:
    if text.isascii():
        return text.encode("ascii")
    return memoryview(
        text.encode("utf-16-le" if byteorder == "little" else "utf-16-be", "surrogatepass")
    ).cast("H")
