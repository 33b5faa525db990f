"""The structure of Score workloads, as far as archlint reads them."""

from typing import Any

from archlint.api import Structure

_CONTAINER: dict[str, Any] = {
    "type": "object",
    "required": ["image"],
    "properties": {
        "image": {"type": "string"},
        "command": {"type": "array", "items": {"type": "string"}},
        "args": {"type": "array", "items": {"type": "string"}},
        "variables": {"type": "object", "additionalProperties": {"type": "string"}},
        "resources": {"type": "object"},
    },
}
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["apiVersion", "metadata", "containers"],
    "properties": {
        "metadata": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
        "containers": {"type": "object", "minProperties": 1, "additionalProperties": _CONTAINER},
        "service": {
            "type": "object",
            "properties": {
                "ports": {
                    "type": "object",
                    "additionalProperties": {
                        "type": "object",
                        "required": ["port"],
                        "properties": {"port": {"type": "integer"}, "targetPort": {"type": "integer"}},
                    },
                }
            },
        },
        "resources": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["type"],
                "properties": {
                    "type": {"type": "string"},
                    "class": {"type": "string"},
                    "id": {"type": "string"},
                },
            },
        },
    },
}

STRUCTURE = Structure(lambda: _SCHEMA, "the workload")
"""What workloads are held against."""
