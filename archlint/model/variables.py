"""What a value becomes once the container runtime puts the other variables of the container in."""

import re
from collections.abc import Mapping

from archlint.model.values import key_words, tells_host
from archlint.source.patterns import regex

_VARIABLE = regex(r"\$\((?P<name>[A-Za-z_.\-][\w.\-]*)\)")
_OPEN_PORT = regex(r":\$\([^()\s]*\)(?=[/?,]|\Z)")
_OPEN_PATH = regex(
    r"(?P<address>(?:[A-Za-z][A-Za-z0-9+.\-]*:)+//[^/?\s]*|[^\s@]*@tcp\([^\s()]*\))[/?][^$\s]*\$\(\S*"
)
_SERVICE_HOST = "_SERVICE_HOST"
_MOST_DEPTH = 4


def open_text(source: str) -> str:
    """Return the text that the source of a setting holds for later, or an empty string."""
    kind, _, text = source.partition(":")
    return text if kind == "text" else ""


def with_variables(text: str, values: Mapping[str, str]) -> str | None:
    """Return *text* with the variables of *values* put in for `$(NAME)`, or `None` where its host stays open.

    Credentials are left as they are: who needs to know where something leads needs no password. Variables that Kubernetes sets
    (`$(ORDERS_SERVICE_HOST)`) name the Service.
    """
    head, at, tail = text.rpartition("@")
    for _ in range(_MOST_DEPTH):
        filled = _VARIABLE.sub(lambda match: _value(match, values), tail)
        if filled == tail:
            break
        tail = filled
    tail = _OPEN_PORT.sub("", tail)
    whole = f"{head}{at}{tail}"
    if "$(" in tail and (match := _OPEN_PATH.fullmatch(whole)):
        whole = match["address"] + ("/" if match["address"].endswith(")") else "")
        tail = whole.rpartition("@")[2]
    if "${" in tail:
        return None
    return whole if "$(" not in tail or tells_host(whole) else None


def _value(match: re.Match[str], values: Mapping[str, str]) -> str:
    words = key_words(match["name"])
    value = values.get(words)
    if not value and words.endswith(_SERVICE_HOST):
        return words.removesuffix(_SERVICE_HOST).lower().replace("_", "-")
    return value or match[0]
