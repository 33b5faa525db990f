"""The structure of pacts, as far as archlint reads them."""

from typing import Any

from archlint.api import Structure

_TEXT = {"type": "string"}
_PARTY = {"type": "object", "required": ["name"], "properties": {"name": _TEXT}}
_INTERACTION: dict[str, Any] = {
    "type": "object",
    "required": ["description"],
    "properties": {
        "description": _TEXT,
        "type": {"enum": ["Synchronous/HTTP", "Asynchronous/Messages", "Synchronous/Messages"]},
        "pending": {"type": "boolean"},
    },
    "if": {
        "required": ["request", "response"],
        "properties": {
            "type": {"const": "Synchronous/HTTP"},
            "request": {"type": "object"},
            "response": {"type": "object"},
        },
    },
    "then": {
        "properties": {
            "request": {
                "required": ["method", "path"],
                "properties": {"method": _TEXT, "path": _TEXT, "headers": {"type": ["object", "null"]}},
            },
            "response": {"properties": {"status": {"type": "integer", "minimum": 100, "maximum": 599}}},
        }
    },
}
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["consumer", "provider"],
    "properties": {
        "consumer": _PARTY,
        "provider": _PARTY,
        "interactions": {"type": "array", "items": _INTERACTION},
        "messages": {
            "type": "array",
            "items": {"type": "object", "required": ["description"], "properties": {"description": _TEXT}},
        },
        "metadata": {"type": "object"},
    },
}

STRUCTURE = Structure(lambda: _SCHEMA, "the pact")
"""What pacts are held against."""
