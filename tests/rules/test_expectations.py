"""What consumers expect, held against schemas and path templates."""

from typing import Any

import pytest

from archlint.api import ApiFact, Location, OperationFact
from archlint_rules.contracts.expectations import faults
from archlint_rules.contracts.operations import Operations, of_method

_SHAPES: dict[str, Any] = {
    "Order": {
        "type": "object",
        "required": ["id", "kind"],
        "properties": {
            "id": {"$ref": "Id"},
            "kind": {"enum": ["new", "used", 1, None]},
            "total": {"type": "number"},
            "parent": {"$ref": "Order"},
            "lines": {
                "type": "array",
                "items": {"type": "object", "properties": {"count": {"type": "integer"}}},
            },
        },
    },
    "Id": {"type": "string", "readOnly": True},
    "Circle": {"$ref": "Circle"},
}


def found(value: Any, schema: Any, rules: Any = (), *, sent: bool = False) -> list[tuple[str, str]]:
    return [(fault.path, fault.kind) for fault in faults(value, schema, _SHAPES, rules, sent=sent)]


@pytest.mark.parametrize(
    ("value", "schema", "expected"),
    [
        ({"id": "a", "total": 1}, {"$ref": "Order"}, []),
        ({"id": 1, "total": "1"}, {"$ref": "Order"}, [("id", "type"), ("total", "type")]),
        ({"kind": "gift"}, {"$ref": "Order"}, [("kind", "value")]),
        ({"kind": True}, {"$ref": "Order"}, [("kind", "value")]),
        ({"kind": None}, {"$ref": "Order"}, []),
        ({"parent": {"parent": {"more": 1}}}, {"$ref": "Order"}, [("parent.parent.more", "undescribed")]),
        ({"lines": [{"count": 1.0}, {"count": 1.5}]}, {"$ref": "Order"}, [("lines[].count", "type")]),
        ([{"id": 1}, {"id": 2}], {"items": {"$ref": "Order"}}, [("[].id", "type")]),
        ("text", {"$ref": "Order"}, [("", "type")]),
        (None, {"type": "string", "nullable": True}, []),
        (None, {"type": ["string", "null"]}, []),
        (None, {"nullable": True, "allOf": [{"type": "object"}]}, []),
        (None, {"type": "string"}, [("", "type")]),
        ({"a": 1}, {"type": "object"}, []),
        ({"b": 1}, {"properties": {"a": {}}, "additionalProperties": True}, []),
        ({"b": 1}, {"properties": {"a": {}}, "additionalProperties": {"type": "string"}}, [("b", "type")]),
        ({"b": 1}, {"properties": {"a": {}}, "open": True}, []),
        ({"b": 1}, {"properties": {"a": {}}, "oneOf": [{"properties": {"b": {}}}]}, []),
        ({"b": 1}, {"allOf": [{"properties": {"a": {}}}, {"properties": {"b": {"type": "string"}}}]}, [("b", "type")]),
        ({"b": 1}, {"allOf": [{"properties": {"a": {}}}, {}]}, []),
        ({"b": 1}, {"$ref": "Nowhere"}, []),
        ({"b": 1}, {"$ref": "Circle"}, []),
        ({"b": 1}, {"type": "file"}, []),
        ({"b": 1}, None, []),
    ],
)  # fmt: skip
def test_what_is_expected_of_somebody_else(value: Any, schema: Any, expected: Any) -> None:
    assert found(value, schema) == expected


@pytest.mark.parametrize(
    ("value", "schema", "expected"),
    [
        ({"kind": "new"}, {"$ref": "Order"}, []),
        ({}, {"$ref": "Order"}, [("kind", "required")]),
        ({"b": 1}, {"properties": {"a": {}}}, []),
        ({"b": 1}, {"properties": {"a": {}}, "additionalProperties": False}, [("b", "undescribed")]),
    ],
)
def test_what_is_sent(value: Any, schema: Any, expected: Any) -> None:
    assert found(value, schema, sent=True) == expected


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([], [("kind", "value")]),
        ([(("kind",), "type")], []),
        ([((), "type")], []),
        ([((), "type"), (("kind",), "equality")], [("kind", "value")]),
        ([(("*",), "regex")], []),
        ([((), "eachKey")], []),
        ([(("kind", "below"), "type")], [("kind", "value")]),
    ],
)
def test_matching_rules_leave_values_open(rules: Any, expected: Any) -> None:
    assert found({"kind": "gift"}, {"$ref": "Order"}, rules) == expected


@pytest.mark.parametrize(
    ("path", "method", "expected"),
    [
        ("/v1/orders", "GET", "list"),
        ("/orders", "HEAD", "list"),
        ("/v1/orders/latest", "GET", "latest"),
        ("/v1/orders/7", "GET", "one"),
        ("/v1/orders/7/lines/latest", "GET", "line"),
        ("/v1/orders/latest/lines/1", "GET", "line"),
        ("/v1/files/a.json", "GET", "file"),
        ("/v1/files/a.xml", "GET", None),
        ("/gateway/shop/orders/7", "GET", "one"),
        ("/a/b/c/orders/7", "GET", None),
        ("/v1/orders/7", "DELETE", None),
        ("/", "GET", None),
    ],
)
def test_the_most_specific_template(path: str, method: str, expected: str | None) -> None:
    templates = {
        "/orders": "list",
        "/orders/{id}": "one",
        "/orders/latest": "latest",
        "/orders/{order}/lines/{id}": "line",
        "/files/{name}.json": "file",
    }
    at = Location("openapi.yaml")
    api = ApiFact(
        at=at,
        format="openapi",
        title="orders",
        servers=("https://example.com/v1/", "http://["),
        operations=tuple(
            OperationFact(name=name, at=at, method="GET", path=template)
            for template, name in templates.items()
        ),
    )
    operation = of_method(Operations(api).at(path), method)
    assert (operation.name if operation else None) == expected
