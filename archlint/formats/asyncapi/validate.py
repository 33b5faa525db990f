"""Structure of AsyncAPI documents, and what no schema can see: references between channels, operations and messages."""

from collections.abc import Iterator

from archlint.api import Document, Problem, Structure
from archlint.formats.asyncapi.structure import version_2, version_3

_STRUCTURES = {2: Structure(version_2, "the document"), 3: Structure(version_3, "the document")}


def validate(document: Document) -> Iterator[Problem]:
    """Yield what breaks the specification; a version that is not known yet is held against the newest schema of its major."""
    text = str(document.data.get("asyncapi", ""))
    major = int(text[:1]) if text[:1].isdecimal() else 0
    structure = _STRUCTURES.get(major)
    if structure is None:
        if major > max(_STRUCTURES):
            yield Problem(
                f"`{text}` is not a version of AsyncAPI that is known here",
                document.at(("asyncapi",)),
                help="use version 2 or 3",
            )
        return
    for fault in structure.faults(document.data):
        yield Problem(fault.message, document.at(fault.pointer, on_key=fault.on_key), help=fault.help)
