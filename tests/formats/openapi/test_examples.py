"""Examples against their schemas: what does not fit is named, what is not understood is let pass."""

import json
from collections.abc import Callable
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archlint.api import Document, Source, parse
from archlint.formats.openapi import Schema, root_of
from archlint.formats.openapi.examples import mismatches

type Read = Callable[..., Document]


def _schema(data: Any) -> Schema:
    document = parse(
        Source(
            "openapi.json", json.dumps({"openapi": "3.1.0", "components": {"schemas": {"S": data}}}).encode()
        )
    )
    found = Schema.at_node(root_of(document.documents[0]), "components", "schemas", "S")
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("schema", "value", "says"),
    [
        ({"type": "string"}, 5, ((), "is a whole number, not a text")),
        ({"type": "number"}, None, ((), "is null, not a number")),
        ({"type": "string", "enum": ["a"]}, "b", ((), "is none of the listed values")),
        ({"type": "string", "maxLength": 2}, "abc", ((), "has 3 characters, the most is 2")),
        ({"type": "integer", "minimum": 1}, 0, ((), "is below 1")),
        ({"type": "array", "items": {"type": "string"}}, ["a", 1], ((1,), "is a whole number, not a text")),
        ({"type": "object", "required": ["id"], "properties": {"id": {}}}, {}, ((), "has no `id`")),
        (
            {"type": "object", "additionalProperties": False, "properties": {"id": {}}},
            {"a": 1},
            (("a",), "is no property of the schema"),
        ),
        ({"oneOf": [{"type": "string"}, {"type": "integer"}]}, [], ((), "fits none of the alternatives")),
    ],
)
def test_what_does_not_fit_is_named(schema: Any, value: Any, says: Any) -> None:
    assert list(mismatches(value, _schema(schema))) == [says]


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "integer"}, "{{ id }}"),
        ({"type": "integer"}, "${ID}"),
        ({"type": "integer"}, 2.0),
        ({"type": "number", "nullable": True}, None),
        ({"type": ["number", "null"]}, None),
        ({"anyOf": [{"type": "number"}, {"type": "null"}]}, None),
        ({"type": "object", "required": ["id"], "properties": {"id": {"readOnly": True}}}, {}),
        ({"type": "string", "pattern": "^a"}, "b"),
        ({}, 1),
    ],
)
def test_what_fits_or_is_not_understood_is_let_pass(schema: Any, value: Any) -> None:
    assert list(mismatches(value, _schema(schema))) == []


def test_circular_schemas_end(read: Read) -> None:
    text = """
    openapi: 3.1.0
    info: {title: A, version: "1"}
    components: {schemas: {S: {type: object, properties: {next: {$ref: "#/components/schemas/S"}}}}}
    """
    schema = Schema.at_node(root_of(read(text)), "components", "schemas", "S")
    value: Any = 1
    for _ in range(100):
        value = {"next": value}
    assert schema is not None
    assert list(mismatches(value, schema)) == []


_SCALARS = st.sampled_from(
    [
        {"type": "string"},
        {"type": "integer"},
        {"type": "boolean"},
        {"type": "string", "enum": ["a", "b"]},
        {"type": "number", "maximum": 3},
    ]
)
_SCHEMAS = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.builds(lambda items: {"type": "array", "items": items, "maxItems": 2}, inner),
        st.builds(lambda one: {"type": "object", "properties": {"a": one}, "required": ["a"]}, inner),
        st.builds(lambda one, other: {"anyOf": [one, other]}, inner, inner),
        st.builds(lambda one, other: {"allOf": [one, other]}, inner, inner),
    ),
    max_leaves=5,
)
_VALUES = st.recursive(
    st.one_of(st.sampled_from(["a", "b", "c"]), st.integers(-5, 5), st.booleans(), st.none()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2)
    ),
    max_leaves=6,
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_SCHEMAS, _VALUES)
def test_only_what_json_schema_refuses_is_reported(schema: Any, value: Any) -> None:
    if next(mismatches(value, _schema(schema)), None) is not None:
        assert not jsonschema_rs.validator_for(schema).is_valid(value)
