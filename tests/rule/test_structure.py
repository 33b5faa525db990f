"""Structural faults: one per cause, at the offending node, in words that users understand."""

from typing import Any

import pytest

from archlint.api import Structure

SCHEMA: dict[str, Any] = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z]+$"},
        "port": {"type": ["integer", "null"], "minimum": 1, "maximum": 65535},
        "mail": {"type": "string", "format": "email"},
        "site": {"type": "string", "format": "uri"},
        "tags": {
            "type": "array",
            "items": {"type": "string"},
            "minItems": 1,
            "maxItems": 3,
            "uniqueItems": True,
        },
        "kind": {"enum": ["service", "worker"]},
        "200": {"type": "string"},
        "gone": False,
        "example": {"anyOf": [{"required": ["payload"]}, {"required": ["headers"]}]},
        "target": {
            "oneOf": [
                {
                    "type": "object",
                    "required": ["$ref"],
                    "properties": {"$ref": {"type": "string"}},
                    "additionalProperties": False,
                },
                {
                    "type": "object",
                    "required": ["type", "in"],
                    "properties": {"type": {"const": "key"}, "in": {"enum": ["header", "query"]}},
                },
                {"type": "object", "required": ["type"], "properties": {"type": {"const": "plain"}}},
            ]
        },
        "value": {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
    },
    "patternProperties": {"^x-": True},
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("data", "pointer", "message", "advice"),
    [
        ({}, (), "the form has no `name`", "add `name`"),
        ([], (), "the form is a list, not a mapping", ""),
        (
            {"name": "a", "x-y": 1, "prot": 1},
            ("prot",),
            "`prot` is not a property of the form",
            "did you mean `port`?",
        ),
        ({"nmae": "a"}, ("nmae",), "`nmae` is not a property of the form", "did you mean `name`?"),
        (
            {"name": None},
            ("name",),
            "`name` is empty where a text belongs",
            "give it a value, or remove the key",
        ),
        ({"name": 3}, ("name",), "`name` is a whole number, not a text", ""),
        ({"name": True}, ("name",), "`name` is `true` or `false`, not a text", ""),
        ({"name": "A1"}, ("name",), "`name` is `A1`, which does not match `^[a-z]+$`", ""),
        ({"name": "a", "port": "x"}, ("port",), "`port` is a text, not a whole number or null", ""),
        ({"name": "a", "port": 0}, ("port",), "`port` is `0`, below the limit of 1", ""),
        ({"name": "a", "port": 70000}, ("port",), "`port` is `70000`, above the limit of 65535", ""),
        ({"name": "a", "mail": "me"}, ("mail",), "`mail` is `me`, not an e-mail address", ""),
        (
            {"name": "a", "site": "example.com"},
            ("site",),
            "`site` is `example.com`, not a URL with a scheme",
            "",
        ),
        ({"name": "a", "tags": []}, ("tags",), "`tags` is empty", ""),
        ({"name": "a", "tags": ["b", 1]}, ("tags", 1), "entry 2 of `tags` is a whole number, not a text", ""),
        (
            {"name": "a", "tags": ["b", "b"]},
            ("tags",),
            "`tags` holds the same entry twice",
            "remove one of them",
        ),
        (
            {"name": "a", "kind": "servce"},
            ("kind",),
            "`kind` is `servce`, not `service` or `worker`",
            "did you mean `service`?",
        ),
        ({"name": "a", "200": 1}, ("200",), "`200` is a whole number, not a text", ""),
        ({"name": "a", "gone": 1}, ("gone",), "`gone` is not allowed here", "remove it"),
        (
            {"name": "a", "example": {}},
            ("example",),
            "`example` has none of `payload`, `headers`",
            "add `payload` or `headers`",
        ),
        (
            {"name": "a", "target": {"$ref": 1}},
            ("target", "$ref"),
            "`$ref` is a whole number, not a text",
            "",
        ),
        (
            {"name": "a", "target": {"type": "key", "in": "body"}},
            ("target", "in"),
            "`in` is `body`, not `header` or `query`",
            "use `header` or `query`",
        ),
        ({"name": "a", "target": {"type": "key"}}, ("target",), "`target` has no `in`", "add `in`"),
        ({"name": "a", "value": 1}, ("value",), "`value` is a whole number, not a list or a text", ""),
        (
            {"name": "a", "value": ["b", 1]},
            ("value", 1),
            "entry 2 of `value` is a whole number, not a text",
            "",
        ),
    ],
)
def test_each_fault_in_words(data: Any, pointer: tuple[Any, ...], message: str, advice: str) -> None:
    structure = Structure(lambda: SCHEMA, "the form")
    faults = list(structure.faults(data))
    assert [(fault.pointer, fault.message) for fault in faults] == [(pointer, message)]
    assert faults[0].help == advice
    assert not structure.accepts(data)


def test_what_is_right_has_no_faults() -> None:
    structure = Structure(lambda: SCHEMA, "the form")
    assert not list(structure.faults({"name": "a", "port": None, "target": {"$ref": "#/b"}, "value": ["c"]}))


def test_faults_are_bounded() -> None:
    many = Structure(lambda: {"items": {"type": "string"}}, "the list")
    assert len(list(many.faults([1] * 5000))) <= 100
    deep: Any = "x"
    for _ in range(900):
        deep = [deep]
    nested = Structure(
        lambda: {"$ref": "#/definitions/a", "definitions": {"a": {"type": "string"}}}, "the value"
    )
    assert [fault.pointer for fault in nested.faults(deep)] == [()]


def test_what_follows_from_a_deeper_fault_is_not_said() -> None:
    inner = {"properties": {"good": True}, "unevaluatedProperties": False}
    outer = {"allOf": [{"properties": {"flows": inner, "url": True}}], "unevaluatedProperties": False}
    structure = Structure(lambda: outer, "the scheme")
    faults = list(structure.faults({"url": "x", "flows": {"wrong": 1}}))
    assert [fault.pointer for fault in faults] == [("flows", "wrong")]
