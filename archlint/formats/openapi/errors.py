"""What an API answers when it fails."""

from dataclasses import dataclass

from archlint.formats.openapi.content import MediaType, Response
from archlint.formats.openapi.schema import Schema
from archlint.formats.openapi.understanding import is_probe
from archlint.formats.openapi.views import OpenAPI, Operation
from archlint.formats.openapi.words import OAUTH, bare

PROBLEM = frozenset(("type", "title", "status", "detail"))
"""The members of a problem details object (RFC 9457) that tell it from others."""

_SHOWN = 4


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """The JSON body of one error response where it is defined; `shape` are the names of its properties."""

    operation: Operation
    response: Response
    media: MediaType
    schema: Schema
    shape: frozenset[str]

    @property
    def is_problem(self) -> bool:
        """Whether it is a problem details object (RFC 9457)."""
        return (
            self.media.name.startswith("application/problem+")
            or len(PROBLEM & self.shape) >= len(PROBLEM) - 1
        )

    @property
    def is_google_status(self) -> bool:
        """Whether it is Google's `Status`, by itself or as `error`."""
        inner = self.schema.properties.get("error")
        return {"code", "message", "details"} <= self.shape or (
            inner is not None and {"code", "message"} <= inner.properties.keys()
        )

    @property
    def looks(self) -> str:
        """The first names of the shape, to be shown."""
        names = sorted(self.shape)
        return ", ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")


def error_bodies(api: OpenAPI) -> list[ErrorBody]:
    """Return the described JSON bodies of 4xx, 5xx and `default` responses, once per response definition.

    Left out are token endpoints, for OAuth 2 says what their errors look like (RFC 6749 §5.2), and health checks.
    """
    known = api.document.memo.get("errors")
    if known is None:
        known = api.document.memo["errors"] = _error_bodies(api)
    found: list[ErrorBody] = known
    return found


def is_oauth(operation: Operation) -> bool:
    """Tell whether *operation* is one of an OAuth 2 server: token, revocation, introspection, registration."""
    return any(bare(part) in OAUTH for part in operation.path.split("/"))


def _error_bodies(api: OpenAPI) -> list[ErrorBody]:
    found, seen = [], set()
    for operation in api.operations:
        if is_oauth(operation) or is_probe(operation):
            continue
        succeeds = any(status[:1] in {"1", "2", "3"} for status in operation.responses)
        for status, response in operation.responses.items():
            fails = status[:1] in {"4", "5"} or (status == "default" and succeeds)
            if not fails or response in seen:
                continue
            seen.add(response)
            media = next((one for one in response.content.values() if one.is_json), None)
            schema = media.schema if media is not None else None
            if media is None or schema is None or schema.alternatives:
                continue
            if schema.is_array or schema.properties:
                shape = frozenset(schema.properties) if not schema.is_array else frozenset(("[…]",))
                found.append(ErrorBody(operation, response, media, schema, shape))
    return found
