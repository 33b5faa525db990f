"""Interpolation of compose files (Compose Specification, Interpolation), and the `.env` file that feeds it."""

import re
from collections.abc import Mapping

from archlint.api import Region, regex

_VARIABLE = regex(
    r"\$(?:(?P<escaped>\$)|(?P<bare>[A-Za-z_][A-Za-z0-9_]*)|\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"(?:(?P<operator>:?[-?+])(?P<word>(?:[^{}]|\{[^{}]*\})*))?\})"
)
_QUOTED = regex(r"(?P<quote>[\"'])(?P<text>.*?)(?P=quote)\s*(?:#.*)?\Z")
_MOST_DEPTH = 8


def interpolate(text: str, variables: Mapping[str, str], *, depth: int = 0) -> str | None:
    """Return *text* with variables replaced; `None` when one has neither a value nor a default.

    Only *variables* count, never the environment of the process: the same files give the same result everywhere.
    """
    if "$" not in text:
        return text
    known = True

    def replace(match: re.Match[str]) -> str:
        nonlocal known
        if match["escaped"]:
            return "$"
        value = variables.get(match["bare"] or match["name"])
        operator, word = match["operator"] or "", match["word"] or ""
        is_set = value is not None and (bool(value) or ":" not in operator)
        if operator.endswith("+"):
            chosen = word if is_set else ""
        elif is_set:
            return value or ""
        elif operator.endswith("-"):
            chosen = word
        else:
            known = False
            return ""
        inner = interpolate(chosen, variables, depth=depth + 1) if depth < _MOST_DEPTH else None
        known = known and inner is not None
        return inner or ""

    result = _VARIABLE.sub(replace, text)
    return result if known else None


def interpolate_known(text: str, variables: Mapping[str, str]) -> str:
    """Return *text* with variables replaced; those that have neither a value nor a default stay, as `${NAME}`."""

    def replace(match: re.Match[str]) -> str:
        value = interpolate(match[0], variables)
        return f"${{{match['bare'] or match['name']}}}" if value is None else value

    return _VARIABLE.sub(replace, text)


def read_dotenv(text: str) -> dict[str, tuple[str, int]]:
    """Return the variables of a `.env` file with the lines they stand on, quotes taken off, comments left out."""
    found: dict[str, tuple[str, int]] = {}
    known: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip().removeprefix("export ").strip()
        name, equals, value = bare.partition("=")
        name = name.strip()
        if not equals or not name or name.startswith("#"):
            continue
        value = value.strip()
        quoted = _QUOTED.match(value)
        value = quoted["text"] if quoted else re.sub(r"(?:^|\s+)#.*\Z", "", value)
        if quoted is None or quoted["quote"] == '"':
            value = interpolate(value, known) or ""
        known[name] = value
        found[name] = (value, number)
    return found


def region_of(line: str, number: int) -> Region:
    """Return the region of the text in *line*, which is line *number* of its file."""
    start = len(line) - len(line.lstrip())
    return Region(number, start + 1, number, max(len(line.rstrip()), start) + 1)
