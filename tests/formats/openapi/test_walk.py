"""The walk: what is wanted, each definition once, where it stands."""

from collections import Counter
from collections.abc import Callable

from archlint.api import Document, Node
from archlint.formats.openapi import (
    FORMAT,
    OpenAPI,
    Operation,
    Parameter,
    PathItem,
    Response,
    Schema,
    Webhook,
)

type Read = Callable[..., Document]

TEXT = """
    openapi: 3.1.0
    info: {title: Orders, version: "1"}
    paths:
      /orders:
        get:
          parameters: [{$ref: "#/components/parameters/limit"}]
          responses: {200: {$ref: "#/components/responses/Orders"}}
      /archive:
        get:
          parameters: [{$ref: "#/components/parameters/limit"}]
          responses: {200: {$ref: "#/components/responses/Orders"}}
      /again: {$ref: "#/paths/~1orders"}
    webhooks:
      placed: {post: {responses: {200: {description: ok}}}}
    components:
      parameters:
        limit: {name: limit, in: query, schema: {type: integer}}
      responses:
        Orders:
          description: all
          content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Order"}}}}
      schemas:
        Order: {type: object, properties: {id: {type: string}}}
        Unused: {type: string}
    """


def visit(document: Document, *wanted: type[Node]) -> list[Node]:
    return list(FORMAT.visit(document, frozenset(wanted)))


def test_only_what_is_wanted(read: Read) -> None:
    document = read(TEXT)
    assert visit(document) == []
    assert [type(node) for node in visit(document, OpenAPI)] == [OpenAPI]
    assert {type(node) for node in visit(document, Response, Webhook)} == {Response, Webhook}
    assert [node.path for node in visit(document, PathItem) if isinstance(node, PathItem)] == [
        "/orders",
        "/archive",
        "/again",
    ]


def test_a_shared_definition_is_yielded_once_where_it_stands(read: Read) -> None:
    nodes = visit(read(TEXT), *FORMAT.subjects)
    counted = Counter((type(node), node.pointer) for node in nodes if not isinstance(node, PathItem))
    assert max(counted.values()) == 1
    assert [node.pointer for node in nodes if isinstance(node, Parameter)] == [
        ("components", "parameters", "limit")
    ]
    assert [node.name for node in nodes if type(node) is Operation] == ["GET /orders", "GET /archive"]


def test_schemas_of_use_and_of_components(read: Read) -> None:
    found = [node.pointer for node in visit(read(TEXT), Schema)]
    assert found == [
        ("components", "parameters", "limit", "schema"),
        ("components", "responses", "Orders", "content", "application/json", "schema"),
        ("components", "schemas", "Order"),
        ("components", "schemas", "Order", "properties", "id"),
        ("components", "schemas", "Unused"),
    ]


def test_the_root_is_one_view(read: Read) -> None:
    document = read(TEXT)
    assert visit(document, OpenAPI)[0] is visit(document, OpenAPI)[0]
