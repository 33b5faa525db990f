"""Structure of AsyncAPI documents, and what no schema can see: references between channels, operations and messages."""

from collections.abc import Iterator
from functools import cache

from archlint.api import Document, Problem, Structure
from archlint.formats.asyncapi.consistency import inconsistencies
from archlint.formats.asyncapi.structure import NEWER, NEWEST_MINOR, OLDER, version_2, version_3


def validate(document: Document) -> Iterator[Problem]:
    """Yield what breaks the specification; a version that is not known yet is held against the newest one of its major."""
    text = str(document.data.get("asyncapi", ""))
    major, minor = _version(text)
    if major > NEWER:
        yield Problem(
            f"`{text}` is not a version of AsyncAPI that is known here",
            document.at(("asyncapi",)),
            help="use version 2 or 3",
        )
    if major not in NEWEST_MINOR:
        return
    found = False
    for fault in structure_of(major, min(minor, NEWEST_MINOR[major])).faults(document.data):
        found = True
        yield Problem(fault.message, document.at(fault.pointer, on_key=fault.on_key), help=fault.help)
    if not found:
        yield from inconsistencies(document)


@cache
def structure_of(major: int, minor: int) -> Structure:
    """Return the structure of documents of a version."""
    make = version_2 if major == OLDER else version_3
    return Structure(lambda: make(minor), "the document")


def _version(text: str) -> tuple[int, int]:
    major, _, rest = text.partition(".")
    minor = rest.partition(".")[0]
    newest = max(NEWEST_MINOR.values())
    return (
        int(major) if major.isascii() and major.isdecimal() else 0,
        int(minor) if minor.isascii() and minor.isdecimal() else newest,
    )
