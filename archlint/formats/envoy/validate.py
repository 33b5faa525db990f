"""The structure of Envoy bootstraps, as far as archlint reads them."""

from typing import Any

from archlint.api import Structure

_DURATION: dict[str, Any] = {
    "anyOf": [{"type": "string", "pattern": r"^\d+(\.\d+)?s$|\{\{|\$\{"}, {"type": ["object", "null"]}]
}
_CLUSTER: dict[str, Any] = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string"}, "connect_timeout": _DURATION},
}
_LISTENER: dict[str, Any] = {
    "type": "object",
    "properties": {
        "filter_chains": {
            "type": ["array", "null"],
            "items": {
                "type": "object",
                "properties": {"filters": {"type": ["array", "null"], "items": {"type": "object"}}},
            },
        }
    },
}
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "static_resources": {
            "type": "object",
            "properties": {
                "listeners": {"type": ["array", "null"], "items": _LISTENER},
                "clusters": {"type": ["array", "null"], "items": _CLUSTER},
            },
        }
    },
}

STRUCTURE = Structure(lambda: _SCHEMA, "the bootstrap of Envoy")
"""What bootstraps are held against."""
