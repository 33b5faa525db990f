"""Untrusted text made harmless for each consumer. Whatever comes from a checked repository goes through here before it is shown."""

import json
import re
from functools import cache
from typing import Any

_INVISIBLE = (
    "\x00-\x1f\x7f-\x9f\u00ad\u0600-\u0605\u061c\u06dd\u070f\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\ufffe\uffff\U000e0000-\U000e0fff"
)
"""Controls, line ends, direction marks, invisible format characters, surrogates and noncharacters."""

_CONTROL = f"[{_INVISIBLE}]"
_SURROGATE = "[\ud800-\udfff]"
_XML_ILLEGAL = "[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]"
_COMMAND = r"##(?=\w*\[)"
"""The start of a command to the log readers of GitHub (`##[error]`), Azure (`##vso[…]`) and TeamCity, wherever it stands in a line."""

_MARKDOWN = r"([\\`*_{}\[\]<>()|#!~$])"
_ENTITIES = r"[^\w\s/.-]"
_NAMES = {"\t": r"\t", "\n": r"\n", "\r": r"\r"}
_MOST = 1_000


def plain(text: str, *, most: int = _MOST) -> str:
    """Return *text* in one line without anything that a terminal or a CI log would act on: controls become visible escapes.

    No workflow command is left in it: a leading colon is escaped, and `##[`, `##vso[` and the like are broken up.
    """
    shown = text if text.isprintable() else _pattern(_CONTROL).sub(_visible, text)
    if "##" in shown:
        shown = _pattern(_COMMAND).sub(r"#\\u{23}", shown)
    if shown.lstrip().startswith(":"):
        shown = shown.replace(":", r"\u{3a}", 1)
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def source_line(text: str) -> str:
    """Return a line of a file for a terminal: tabs become four spaces, other controls one visible character each."""
    shown = text.replace("\t", "    ")
    if not shown.isprintable():
        shown = _pattern(_CONTROL).sub("·", shown)
    return _pattern(_COMMAND).sub("#·", shown) if "##" in shown else shown


def github_data(text: str) -> str:
    """Return *text* as the message of a GitHub workflow command."""
    return plain(text).replace("%", "%25")


def github_property(text: str) -> str:
    """Return *text* as a property of a GitHub workflow command."""
    return github_data(text).replace(":", "%3A").replace(",", "%2C")


def markdown(text: str) -> str:
    """Return *text* as Markdown that shows just that text and mentions nobody; pairs of backticks stay code.

    It may stand in a cell of a table.
    """
    parts = plain(text).split("`")
    if len(parts) % 2 == 0:
        return _prose("`".join(parts))
    return "".join(
        _code(part) if index % 2 and part.strip() else _prose(f"`{part}`" if index % 2 else part)
        for index, part in enumerate(parts)
    )


def xml(text: str) -> str:
    """Return *text* without code points that XML 1.0 forbids; escaping is the writer's business."""
    return text if text.isprintable() else _pattern(_XML_ILLEGAL).sub("\ufffd", text)


def scalar(text: str) -> str:
    """Return *text* with lone surrogates as visible escapes, so that it can be encoded."""
    return text if text.isprintable() else _pattern(_SURROGATE).sub(_visible, text)


def json_text(data: Any) -> str:
    """Return *data* as indented JSON that ends in a line end.

    Strings keep their value, except for lone surrogates, which become visible escapes; controls and commands to CI logs stand
    in it as JSON escapes only.
    """
    text = _pattern(_SURROGATE).sub(
        lambda match: rf"\\u{{{ord(match.group()):x}}}",
        json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False),
    )
    return _pattern(_COMMAND).sub(r"#\\u0023", _pattern(_CONTROL).sub(_json_escape, text)) + "\n"


@cache
def _pattern(text: str) -> re.Pattern[str]:
    """Compile *text* when it is needed: most texts are printable, and a short run is over before all of these are compiled."""
    return re.compile(text)


def _visible(match: re.Match[str]) -> str:
    return _NAMES.get(match.group()) or rf"\u{{{ord(match.group()):x}}}"


def _json_escape(match: re.Match[str]) -> str:
    """Escape a character inside a string; the line ends of the layout, the only controls outside of strings, stay."""
    char = match.group()
    return char if char == "\n" else json.dumps(char)[1:-1]


def _prose(text: str) -> str:
    escaped = _pattern(_MARKDOWN).sub(r"\\\1", text.replace("&", "&amp;"))
    return escaped.replace("@", "@\u200b")


def _code(text: str) -> str:
    """Return *text* as code; where a table could break it, as HTML."""
    if "|" not in text and "\\" not in text:
        return f"`{text}`"
    return f"<code>{_pattern(_ENTITIES).sub(lambda match: f'&#{ord(match.group())};', text)}</code>"
