"""What a document is: asked of every format, by content."""

import re
from collections.abc import Sequence
from fnmatch import fnmatch

from archlint.model.format import Format
from archlint.source.document import Document
from archlint.source.patterns import regex

_HEAD = 65_536


class Detector:
    """Recognises documents with the installed formats."""

    def __init__(self, formats: Sequence[Format]) -> None:
        self.formats = {form.name: form for form in formats}
        self.patterns = tuple(pattern for form in formats for pattern in form.reads)
        self._claims = [[_root_key(key) for key in keys] for form in formats for keys in form.claims]

    def recognise(self, document: Document) -> Format | None:
        """Set the document's `format` and `kind`, and return the format; `None` when it is of no known one."""
        if document.kind:
            return self.formats.get(document.format)
        for form in self.formats.values():
            if document.format and document.format != form.name:
                continue
            kind = form.sniff(document)
            if kind:
                document.format, document.kind = form.name, kind
                return form
        return None

    def reads(self, name: str) -> bool:
        """Tell whether a file of that *name* is some format's own, being neither YAML nor JSON."""
        return any(fnmatch(name, pattern) for pattern in self.patterns)

    def claimed(self, raw: bytes) -> bool:
        """Tell whether a text that cannot be parsed still claims, by its root keys, to be of some format."""
        head = raw[:_HEAD]
        return any(all(key.search(head) for key in keys) for keys in self._claims)


def _root_key(key: str) -> re.Pattern[bytes]:
    name = re.escape(key.encode())
    return regex(
        rb"(?m)^(?:\s*\{\s*|)(?:\""
        + name
        + rb"\"|'"
        + name
        + rb"'|"
        + name
        + rb")\s*:|^[ \t]{1,4}\""
        + name
        + rb"\"\s*:"
    )
