"""What the parsers complain of, as faults in archlint's words."""

import json
import re

from archlint.source.fault import SyntaxFault
from archlint.source.location import Region
from archlint.source.patterns import regex
from archlint.source.source import Source, split_lines

_PLACE = regex(r"(?: at|,)? line (\d+),? column (\d+)")
_BYTE = regex(r"\(byte (\d+)\)")
_HALF = regex(
    r"(?<!\\)\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\)(?<!\\u[dD][89abAB]..)\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
_QUOTED = regex(r"'(''?|[^']+)'")
_LONGEST = 100
_LONGEST_KEY = 60

_JSON_WORDS = {
    "Expecting property name enclosed in double quotes": "the key of an object is not a string in double quotes",
    "Expecting ':' delimiter": "there is no `:` after the key",
    "Expecting ',' delimiter": "there is no `,` after the value",
    "Expecting value": "there is no value here",
    "Extra data": "there is more text after the value",
    "Unterminated string": "this string has no closing quote",
    "Invalid control character": "a control character stands in a string",
    "Invalid \\escape": "there is no such escape in JSON",
    "Invalid \\uXXXX escape": "this escape has fewer than four hexadecimal digits",
}
_WORDS = (
    (regex(r"^JSON is malformed: "), ""),
    (regex(r"^invalid (?:character|number)"), "there is no such value in JSON"),
    (
        regex(r"invalid hex digit in unicode escape: ('.*')"),
        r"\1 is not a hexadecimal digit of an escape",
    ),
    (regex(r"invalid unicode code point: (.*)"), r"\1 is not a Unicode character"),
    (regex(r"^unknown alias: \*(.*)"), r"there is no anchor `\1` above"),
    (regex(r"^'`' is"), "a backtick is"),
    (regex(r"\binvalid\b", re.IGNORECASE), "unknown"),
    (regex(r"\billegal\b", re.IGNORECASE), "unexpected"),
    (regex(r"\bmust not be\b"), "is"),
    (regex(r"\bmust be\b"), "is not"),
    (regex(r"\bmust start the stream or follow\b"), "neither starts the stream nor follows"),
    (regex(r"\b(must|should|please)\b"), "does not"),
)


def undecodable(source: Source, error: UnicodeDecodeError) -> SyntaxFault:
    """Return the fault of bytes that are not text."""
    name = source.encoding.upper().removesuffix("-SIG")
    return SyntaxFault(
        f"byte 0x{source.raw[error.start]:02X} is not {name}",
        _point(source.raw[: error.start].decode(source.encoding, "replace")),
    )


def yaml_fault(error: Exception, text: str) -> SyntaxFault:
    """Return what yamlrocks says of *text*."""
    message = str(error)
    line, column = getattr(error, "line", None), getattr(error, "column", None)
    if not line and (place := _PLACE.search(message)):
        line, column = int(place[1]), int(place[2])
    region = Region.point(line or 1, column or 1)
    if message.startswith("unclosed flow collection"):
        from archlint.source.events import unclosed  # noqa: PLC0415

        opening = unclosed(text)
        if opening is not None:
            return SyntaxFault("this bracket is never closed", opening)
    return SyntaxFault(_in_our_words(message), region)


def json_fault(error: Exception, text: str) -> SyntaxFault:
    """Return what is wrong with *text*, of which msgspec says *error*: by Python's parser where that refuses it too."""
    try:
        json.loads(text)
    except json.JSONDecodeError as second:
        position, message = second.pos, second.msg
        comma = len(text[: position + 1].rstrip(" \t\r\n]}")) - 1
        if position >= len(text.rstrip()):
            message = "the text ends before its last value is complete"
        elif text.startswith(("//", "/*", "#"), position):
            message = "JSON has no comments"
        elif text[comma] == "," and text[comma + 1 :].lstrip(" \t\r\n")[:1] in {"]", "}"}:
            position, message = comma, "a comma before the closing bracket"
        message = _JSON_WORDS.get(message.partition(" starting")[0].removesuffix(" at"), message)
        return SyntaxFault(_in_our_words(message), _point(text[:position]))
    except RecursionError:
        return SyntaxFault("nested too deeply", Region.point(1, 1))
    message = str(error)
    index = _BYTE.search(message)
    if half := _HALF.search(text):
        return SyntaxFault(f"`{half[0]}` is half of a character", _point(text[: half.start()]))
    before = text.encode("utf-8", "surrogatepass")[: int(index[1]) if index else 0].decode("utf-8", "replace")
    return SyntaxFault(_in_our_words(_BYTE.sub("", message)), _point(before))


def _point(before: str) -> Region:
    lines = split_lines(before)
    return Region.point(len(lines), len(lines[-1]) + 1)


def repeated_fault(key: str, region: Region) -> SyntaxFault:
    """Return the fault of a key that stands twice in a mapping, at its second place."""
    name = key if len(key) <= _LONGEST_KEY else key[:_LONGEST_KEY] + "…"
    return SyntaxFault(f"the key `{name}` stands twice in this mapping", region)


def _in_our_words(message: str) -> str:
    message = _PLACE.sub("", " ".join(message.split())).rstrip(" .:;,")
    for pattern, words in _WORDS:
        message = pattern.sub(words, message)
    message = _QUOTED.sub(r"`\1`", message)
    if message[1:2].islower() or message[1:2] == " ":
        message = message[:1].lower() + message[1:]
    return message if len(message) <= _LONGEST else message[:_LONGEST] + "…"
