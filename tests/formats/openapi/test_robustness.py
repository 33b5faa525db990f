"""Descriptions with anything anywhere: views, facts, structure and the understanding never fail."""

import random
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from msgspec import json

from archlint.engine.resolve import Workspace
from archlint.formats.openapi import FORMAT
from archlint.source.source import Source

_GARBAGE: tuple[Any, ...] = (
    None, True, 0, -1.5, "", "text", "#/paths", [], {}, [None], [[]], ["x", {}], {"$ref": "#/nowhere"}, {"$ref": 1}, {"$ref": "#"},
    {"": None}, {"x-a": {}},
)  # fmt: skip
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["id"],
    "allOf": [{"$ref": "#/components/schemas/Base"}],
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "createdAt": {"type": "string", "format": "date-time"},
    },
    "oneOf": [{"type": "array", "items": {"type": "string", "enum": ["a"]}}],
}
_MEDIA = {"application/json": {"schema": _SCHEMA, "example": {"id": "1"}}}
_DESCRIPTION: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Orders", "version": "1", "x-audience": "internal"},
    "servers": [{"url": "https://{host}/v1", "variables": {"host": {"default": "a.example"}}}],
    "security": [{"login": ["read"]}],
    "paths": {
        "/orders/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
            "get": {
                "operationId": "listOrders",
                "tags": ["orders"],
                "parameters": [{"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 9}}],
                "responses": {
                    "200": {"description": "ok", "headers": {"Link": {"schema": {}}}, "content": _MEDIA}
                },
            },
            "post": {
                "requestBody": {"content": _MEDIA},
                "callbacks": {
                    "done": {"{$request.body#/url}": {"post": {"responses": {"200": {"description": "ok"}}}}}
                },
                "responses": {
                    "201": {"description": "made", "content": _MEDIA},
                    "default": {"$ref": "#/components/responses/E"},
                },
            },
        }
    },
    "webhooks": {"placed": {"post": {"requestBody": {"content": _MEDIA}}}},
    "components": {
        "schemas": {"Base": _SCHEMA, "Other": {"items": _SCHEMA}},
        "responses": {"E": {"description": "broken", "content": _MEDIA}},
        "securitySchemes": {
            "login": {
                "type": "oauth2",
                "flows": {"clientCredentials": {"tokenUrl": "https://t.example", "scopes": {}}},
            }
        },
    },
}


def _holders(data: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    pending = [data]
    while pending:
        value = pending.pop()
        entries = (
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        )
        for key, item in entries:
            found.append((value, key))
            pending.append(item)
    return found


@pytest.mark.parametrize("version", ["3.1.0", "3.0.3", "2.0"])
@pytest.mark.parametrize("seed", range(12))
def test_garbage_anywhere(version: str, seed: int) -> None:
    choose = random.Random(f"{version}{seed}")
    for _ in range(15):
        data = deepcopy(_DESCRIPTION)
        if version == "2.0":
            del data["openapi"]
            data = {"swagger": version, "host": "a.example", "basePath": "/", "schemes": ["https"], **data}
            data["definitions"] = data["components"]["schemas"]
            data["securityDefinitions"] = data["components"]["securitySchemes"]
        else:
            data["openapi"] = version
        for _ in range(choose.randrange(1, 5)):
            holder, key = choose.choice(_holders(data))
            holder[key] = deepcopy(choose.choice(_GARBAGE))
        source = Source("openapi.json", json.encode(data))
        workspace = Workspace(Path("/nowhere"))
        workspace.add(source)
        document = workspace.documents("openapi.json")[0]
        if FORMAT.sniff(document):
            for node in FORMAT.visit(document, frozenset(FORMAT.subjects)):
                assert node.location.path == "openapi.json"
            list(FORMAT.facts(document))
            list(FORMAT.validate(document))
            FORMAT.describe(document)
