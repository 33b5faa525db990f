"""One walk over a description, yielding what somebody asked for."""

from collections.abc import Iterable, Iterator

from archlint.api import Document, Node, Pointer
from archlint.formats.openapi.content import Body, Parameter, Response, SecurityScheme
from archlint.formats.openapi.schema import Schema
from archlint.formats.openapi.views import OpenAPI, Operation, PathItem


class Webhook(Operation):
    """A request that the API sends: an operation of a webhook or a callback."""


def root_of(document: Document) -> OpenAPI:
    """Return the view of the whole *document*, the same one each time."""
    found = document.memo.get("openapi")
    if found is None:
        found = document.memo["openapi"] = OpenAPI(
            document, (), document.data if isinstance(document.data, dict) else {}
        )
    view: OpenAPI = found
    return view


def walk(document: Document, wanted: frozenset[type[Node]]) -> Iterator[Node]:
    """Yield the subjects of *document* whose types are *wanted*, each definition once."""
    root = root_of(document)
    if OpenAPI in wanted:
        yield root
    if SecurityScheme in wanted:
        yield from root.schemes.values()
    if not wanted & {PathItem, Operation, Webhook, Parameter, Body, Response, Schema}:
        return
    seen: set[tuple[int, Pointer]] = set()
    shown: set[int] = set()
    deep = wanted & {Parameter, Body, Response, Schema}
    for item in root.paths:
        if PathItem in wanted:
            yield item
        for operation in item.operations:
            if not _new(operation, seen):
                continue
            if Operation in wanted:
                yield operation
            if deep:
                yield from _parts(operation, wanted, seen, shown)
    for sent in _sent(root, wanted):
        if _new(sent, seen):
            if Webhook in wanted:
                yield Webhook(sent.document, sent.pointer, sent.data, sent.item, sent.method)
            if deep:
                yield from _parts(sent, wanted, seen, shown)
    if Schema in wanted:
        yield from _components(root, shown)


def _sent(root: OpenAPI, wanted: frozenset[type[Node]]) -> Iterable[Operation]:
    return [*root.webhooks, *root.callbacks] if wanted & {Webhook, Parameter, Body, Response, Schema} else ()


def _new(node: Node, seen: set[tuple[int, Pointer]]) -> bool:
    key = (id(node.document), node.pointer)
    if key in seen:
        return False
    seen.add(key)
    return True


def _parts(
    operation: Operation, wanted: frozenset[type[Node]], seen: set[tuple[int, Pointer]], shown: set[int]
) -> Iterator[Node]:
    schemas: list[Schema] = []
    for parameter in operation.parameters:
        if _new(parameter, seen):
            if Parameter in wanted:
                yield parameter
            if parameter.schema is not None and parameter.schema.pointer != parameter.pointer:
                schemas.append(parameter.schema)
    body = operation.body
    if body is not None and _new(body, seen):
        if Body in wanted:
            yield body
        schemas.extend(body.schemas)
    for response in operation.responses.values():
        if _new(response, seen):
            if Response in wanted:
                yield response
            schemas.extend(response.schemas)
    if Schema in wanted:
        for schema in schemas:
            yield from _schemas(schema, shown)


def _schemas(top: Schema, seen: set[int]) -> Iterator[Schema]:
    pending = [top]
    while pending:
        schema = pending.pop()
        if id(schema) not in seen:
            seen.add(id(schema))
            yield schema
            pending.extend(reversed(schema.children))


def _components(root: OpenAPI, seen: set[int]) -> Iterator[Schema]:
    keys = ("definitions",) if root.is_swagger else ("components", "schemas")
    for name in root.mapping(*keys):
        schema = Schema.at_node(root, *keys, name)
        if schema is not None:
            yield from _schemas(schema, seen)
