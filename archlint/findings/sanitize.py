"""Untrusted text made harmless for each consumer. Whatever comes from a checked repository goes through here before it is shown."""

import re

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_XML_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>|#!~])")
_MOST = 1_000


def plain(text: str, *, most: int = _MOST) -> str:
    """Return *text* in one line without anything a terminal or a CI log would act on: controls become visible escapes.

    `##[` and `##vso[` (Azure, GitHub) are broken up, and a leading `::` cannot start a command.
    """
    shown = _CONTROL.sub(
        lambda match: f"\\u{{{ord(match.group()):x}}}" if match.group() not in "\t\n\r" else " ", text
    )
    shown = (
        shown.replace("##[", "#\u2060#[")
        .replace("##vso[", "#\u2060#vso[")
        .replace("##teamcity[", "#\u2060#teamcity[")
    )
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def source_line(text: str) -> str:
    """Return a line of a file for a terminal: tabs become four spaces, other controls one visible character each."""
    return _CONTROL.sub(lambda match: "    " if match.group() == "\t" else "\u00b7", text)


def github_data(text: str) -> str:
    """Return *text* as the message of a GitHub workflow command."""
    return plain(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def github_property(text: str) -> str:
    """Return *text* as a property of a GitHub workflow command."""
    return github_data(text).replace(":", "%3A").replace(",", "%2C")


def markdown(text: str) -> str:
    """Return *text* as Markdown that shows just that text; pairs of backticks stay code."""
    parts = plain(text).split("`")
    if len(parts) % 2 == 0:
        return _MARKDOWN.sub(r"\\\1", plain(text))
    return "".join(
        f"`{part.replace('|', chr(92) + '|')}`" if index % 2 and part else _MARKDOWN.sub(r"\\\1", part)
        for index, part in enumerate(parts)
    )


def xml(text: str) -> str:
    """Return *text* without code points that XML 1.0 forbids; escaping is the writer's business."""
    return _XML_ILLEGAL.sub("\ufffd", text)


def scalar(text: str) -> str:
    """Return *text* without lone surrogates, so that it can be encoded."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
