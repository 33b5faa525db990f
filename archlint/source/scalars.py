"""Plain YAML scalars by the core schema (YAML 1.2.2 §10.3.2), and keys as text."""

import json
from typing import Any

from archlint.source.patterns import regex

_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_TRUE = frozenset(("true", "True", "TRUE"))
_FALSE = frozenset(("false", "False", "FALSE"))
_INTEGER = regex(r"[-+]?[0-9]+\Z")
_BASED = regex(r"0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
_FLOAT = regex(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_SPECIAL = regex(r"[-+]?\.(?:inf|Inf|INF)\Z|\.(?:nan|NaN|NAN)\Z")
_MOST_DIGITS = 4_000


def resolve_plain(text: str) -> Any:
    """Return the value of the plain scalar *text*."""
    if text in _NULLS:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if text[0] not in "+-.0123456789":
        return text
    if _BASED.match(text):
        return int(text, 0)
    if _INTEGER.match(text):
        return int(text) if len(text) <= _MOST_DIGITS else float(text)
    if _FLOAT.match(text):
        return float(text)
    if _SPECIAL.match(text):
        return float(text.replace(".", "", 1))
    return text


def key_text(key: Any) -> str:
    """Return a mapping's key as text: `200` for the integer, `true`, `null`, JSON for a collection."""
    if isinstance(key, str):
        return key
    if key is None:
        return "null"
    if isinstance(key, bool):
        return "true" if key else "false"
    if isinstance(key, int | float):
        return str(key)
    return json.dumps(key, default=str, sort_keys=True)


def template_name(value: Any) -> str:
    """Return the text of an unrendered `{{ name }}`, which YAML takes for two mappings; empty for anything else."""
    match value:
        case {**only} if len(only) == 1:
            match next(iter(only.items())):
                case (((str(name), None),), None):
                    return f"{{{{ {name} }}}}"
    return ""
