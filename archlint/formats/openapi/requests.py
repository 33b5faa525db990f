"""What requests carry: batches, and every schema below a body."""

from collections.abc import Iterator

from archlint.formats.openapi.base import SAFE
from archlint.formats.openapi.schema import Schema
from archlint.formats.openapi.understanding import understand
from archlint.formats.openapi.views import OpenAPI, Operation
from archlint.formats.openapi.words import words


def is_batch(operation: Operation) -> bool:
    """Tell whether *operation* changes many things at once: by its path, or because its body is a list of objects."""
    if operation.method in SAFE:
        return False
    last = words(operation.path.rsplit("/", 1)[-1]) if not operation.path.endswith("}") else []
    named = bool(last) and not {"batch", "bulk"}.isdisjoint((last[0], last[-1]))
    if operation.body is not None and (named or ":batch" in operation.path.lower()):
        return True
    return batch_array(operation) is not None and understand(operation).kind != "action"


def batch_array(operation: Operation) -> Schema | None:
    """Return the list of objects that a body is, where it is no patch document (RFC 6902 and its relatives)."""
    if operation.body is None or operation.method in SAFE:
        return None
    for media in operation.body.content.values():
        if not media.is_json or "patch" in media.name:
            continue
        schema = media.schema
        if schema is not None and schema.is_array and schema.element is not None and schema.element.is_object:
            return None if "op" in schema.element.properties else schema
    return None


def request_schemas(api: OpenAPI) -> list[tuple[Schema, Operation]]:
    """Return every schema below the JSON and form bodies of requests once, with the first operation that takes it."""
    known = api.document.memo.get("request-schemas")
    if known is None:
        known = api.document.memo["request-schemas"] = list(_request_schemas(api))
    found: list[tuple[Schema, Operation]] = known
    return found


def _request_schemas(api: OpenAPI) -> Iterator[tuple[Schema, Operation]]:
    seen: set[Schema] = set()
    for operation in api.operations:
        pending = list(operation.body.schemas) if operation.body is not None else []
        while pending:
            schema = pending.pop()
            if schema not in seen:
                seen.add(schema)
                yield schema, operation
                pending.extend(schema.children)
