"""What the parties of an operation send each other, small enough to be held against what somebody else expects of it."""

from typing import Any, ClassVar

from msgspec import Struct


class Exchange(Struct, kw_only=True, omit_defaults=True):
    """The request and the responses of an operation.

    `request` maps media types to schemas, `responses` status codes (also ranges and `default`) to such maps. The schemas are JSON Schemas
    without what tells nothing about values; their `$ref` names one of the API's `shapes`. An empty schema says nothing. `query` are the
    names of the query parameters that must be sent.
    """

    placeless: ClassVar[frozenset[str]] = frozenset(("query", "request", "request_required", "responses"))
    """Fields in which no location stands, which need not be searched for one."""

    query: tuple[str, ...] = ()
    request: dict[str, dict[str, Any]] = {}
    request_required: bool = False
    responses: dict[str, dict[str, dict[str, Any]]] = {}
