"""Schemas: references followed, `allOf` merged, circles survived."""

from collections.abc import Callable

from archlint.api import Document
from archlint.formats.openapi import OpenAPI, Schema, root_of

type Read = Callable[..., Document]


def schema(api: OpenAPI, name: str) -> Schema:
    found = Schema.at_node(api, "components", "schemas", name)
    assert found is not None
    return found


def read_schemas(read: Read, text: str) -> OpenAPI:
    return root_of(
        read('openapi: 3.1.0\ninfo: {title: Orders, version: "1"}\ncomponents:\n  schemas:\n' + text)
    )


def test_all_of_is_merged(read: Read) -> None:
    api = read_schemas(
        read,
        """
    Base: {type: object, required: [id], properties: {id: {type: string, format: uuid}, note: {type: string}}}
    Order:
      allOf:
      - {$ref: "#/components/schemas/Base"}
      - {required: [total], properties: {total: {type: integer}, note: {type: [string, "null"]}}}
      properties: {extra: {type: boolean}}
""",
    )
    order = schema(api, "Order")
    assert order.types == {"object"}
    assert order.required == {"id", "total"}
    assert sorted(order.properties) == ["extra", "id", "note", "total"]
    assert order.properties["id"].format == "uuid"
    assert order.properties["id"].pointer == ("components", "schemas", "Base", "properties", "id")
    assert order.properties["note"].types == {"string"}


def test_circles_end(read: Read) -> None:
    api = read_schemas(
        read,
        """
    Node: {type: object, properties: {next: {$ref: "#/components/schemas/Node"}}}
    Self: {$ref: "#/components/schemas/Self"}
    Mother: {allOf: [{$ref: "#/components/schemas/Child"}], properties: {a: {type: string}}}
    Child: {allOf: [{$ref: "#/components/schemas/Mother"}], properties: {b: {type: string}}}
""",
    )
    node = schema(api, "Node")
    assert node.properties["next"] == node
    assert len(list(node.walk())) == 1
    assert Schema.at_node(api, "components", "schemas", "Self") is None
    assert sorted(schema(api, "Mother").properties) == ["a", "b"]


def test_types_are_inferred_and_null_is_no_alternative(read: Read) -> None:
    api = read_schemas(
        read,
        """
    Object: {properties: {a: {}}}
    List: {items: {type: string}}
    Either: {oneOf: [{type: string}, {type: "null"}, {type: integer}]}
    Constant: {const: 7}
    Choice: {enum: [a, b]}
    Anything: {}
""",
    )
    assert schema(api, "Object").is_object
    assert schema(api, "List").is_array
    assert [sorted(one.types) for one in schema(api, "Either").alternatives] == [["string"], ["integer"]]
    assert schema(api, "Constant").enum == [7]
    assert schema(api, "Choice").enum == ["a", "b"]
    assert not schema(api, "Anything").types
    assert not schema(api, "Anything").is_scalar


def test_deep_nesting_is_walked_without_recursion(read: Read) -> None:
    text = "    Deep: " + '{"properties": {"a": ' * 400 + '{"type": "string"}' + "}}" * 400
    api = read_schemas(read, text)
    assert sum(1 for _ in schema(api, "Deep").walk()) == 401
