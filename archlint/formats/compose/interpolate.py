"""Interpolation of compose files (Compose Specification, Interpolation), and the `.env` file that feeds it."""

import re
from collections.abc import Mapping

_VARIABLE = re.compile(
    r"\$(?:(?P<escaped>\$)|(?P<bare>[A-Za-z_][A-Za-z0-9_]*)|\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"(?:(?P<operator>:?[-?+])(?P<word>(?:[^{}]|\{[^{}]*\})*))?\})"
)
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


def read_dotenv(text: str) -> dict[str, tuple[str, int]]:
    """Return the variables of a `.env` file with the lines they stand on, quotes taken off, comments left out."""
    found: dict[str, tuple[str, int]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip().removeprefix("export ").strip()
        name, equals, value = bare.partition("=")
        name = name.strip()
        if not equals or not name or name.startswith("#"):
            continue
        value = value.strip()
        if value[:1] in {'"', "'"} and value[1:].find(value[0]) >= 0:
            value = value[1 : 1 + value[1:].find(value[0])]
        else:
            value = re.sub(r"\s+#.*\Z", "", value)
        found[name] = (value, number)
    plain = {name: value for name, (value, _) in found.items()}
    return {name: (interpolate(value, plain) or "", line) for name, (value, line) in found.items()}
