"""Values as Spring binds them: keys however they are spelled, placeholders with their defaults, durations."""

import re

from archlint.api import regex

_PLACEHOLDER = regex(r"\$\{(?P<name>[^:${}]+)(?::(?P<default>[^${}]*))?\}")
_MOST_DEPTH = 8
_DURATION = regex(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>ns|us|ms|s|m|h|d)?", re.IGNORECASE)
_ISO = regex(
    r"P(?:(?P<d>\d+)D)?(?:T(?:(?P<h>\d+)H)?(?:(?P<m>\d+)M)?(?:(?P<s>\d+(?:\.\d+)?)S)?)?", re.IGNORECASE
)
_UNITS = {"ns": 1e-6, "us": 1e-3, "ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def canonical(key: str) -> str:
    """Return a part of a key in the form that relaxed binding compares: `maxAttempts`, `max-attempts` and `max_attempts` alike."""
    return key.replace("-", "").replace("_", "").lower()


def filled(text: str) -> str | None:
    """Return *text* with its placeholders replaced by their defaults; `None` when one has none."""
    known = True

    def default(match: re.Match[str]) -> str:
        nonlocal known
        known = known and match["default"] is not None
        return match["default"] or ""

    for _ in range(_MOST_DEPTH):
        replaced = _PLACEHOLDER.sub(default, text)
        if replaced == text:
            break
        text = replaced
    return text if known and "${" not in text else None


def with_defaults(text: str) -> str:
    """Return *text* with those placeholders replaced that have a default; the others stay."""
    for _ in range(_MOST_DEPTH):
        replaced = _PLACEHOLDER.sub(
            lambda match: match[0] if match["default"] is None else match["default"], text
        )
        if replaced == text:
            break
        text = replaced
    return text


def milliseconds(text: str | None) -> float | None:
    """Return a duration as Spring Boot reads it (`500ms`, `PT2S`; a bare number is milliseconds), or `None`."""
    bare = (text or "").strip()
    match = _DURATION.fullmatch(bare)
    if match is not None:
        return float(match["number"]) * _UNITS[(match["unit"] or "ms").lower()]
    match = _ISO.fullmatch(bare)
    if match is None or not any(match.groups()):
        return None
    return sum(float(match[unit] or 0) * _UNITS[unit] for unit in "dhms")
