"""OpenAPI 2.0 (Swagger), 3.0, 3.1 and 3.2."""

from collections.abc import Iterator

from archlint.api import Document, Fact, Format, Node, Problem
from archlint.formats.openapi.base import IDEMPOTENT, SAFE
from archlint.formats.openapi.content import Body, MediaType, Parameter, Response, SecurityScheme
from archlint.formats.openapi.schema import Schema
from archlint.formats.openapi.views import OpenAPI, Operation, PathItem
from archlint.formats.openapi.walk import Webhook, root_of, walk

__all__ = [
    "FORMAT",
    "IDEMPOTENT",
    "SAFE",
    "Body",
    "MediaType",
    "OpenAPI",
    "Operation",
    "Parameter",
    "PathItem",
    "Response",
    "Schema",
    "SecurityScheme",
    "Webhook",
    "root_of",
]


class OpenAPIFormat(Format):
    """Recognises descriptions by `openapi` or `swagger` and a version."""

    name = "openapi"
    subjects = (OpenAPI, PathItem, Operation, Webhook, Parameter, Body, Response, Schema, SecurityScheme)
    claims = (("openapi",), ("swagger",))

    def sniff(self, document: Document) -> str:
        """Return `swagger 2.0` or `openapi 3.x`."""
        data = document.data
        if not isinstance(data, dict):
            return ""
        for key in ("openapi", "swagger"):
            value = data.get(key)
            if isinstance(value, str | int | float) and not isinstance(value, bool):
                text = str(value)
                if text[:1].isdecimal():
                    return f"{key} {'.'.join(text.split('.')[:2])}"
                if "info" in data or "paths" in data:
                    return f"{key} {text[:20]}"
        return ""

    def visit(self, document: Document, wanted: frozenset[type[Node]]) -> Iterator[Node]:
        """Yield the description, its paths, operations, and what they use, each where it is defined."""
        return walk(document, wanted)

    def facts(self, document: Document) -> Iterator[Fact]:
        """Yield the API with its operations and the styles that can be compared across APIs."""
        from archlint.formats.openapi.facts import facts_of  # noqa: PLC0415

        yield from facts_of(root_of(document))

    def validate(self, document: Document) -> Iterator[Problem]:
        """Yield what breaks the specification's schema."""
        from archlint.formats.openapi.validate import validate  # noqa: PLC0415

        yield from validate(document)

    def describe(self, document: Document) -> list[tuple[str, ...]]:
        """Return what was understood of the API: its operations, kinds, paging, idempotency, security, version."""
        from archlint.formats.openapi.understanding import describe  # noqa: PLC0415

        return describe(root_of(document))


FORMAT = OpenAPIFormat()
