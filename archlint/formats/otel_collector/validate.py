"""The structure of a collector's configuration, as far as archlint reads it."""

from typing import Any

from archlint.api import Structure

_NAMES = {"type": ["array", "null"], "items": {"type": "string"}}
_COMPONENTS = {"type": ["object", "null", "string"]}
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "receivers": _COMPONENTS,
        "processors": _COMPONENTS,
        "exporters": _COMPONENTS,
        "connectors": _COMPONENTS,
        "extensions": _COMPONENTS,
        "service": {
            "type": "object",
            "properties": {
                "extensions": _NAMES,
                "pipelines": {
                    "type": "object",
                    "additionalProperties": {
                        "type": ["object", "null"],
                        "properties": {"receivers": _NAMES, "processors": _NAMES, "exporters": _NAMES},
                    },
                },
            },
        },
    },
}

STRUCTURE = Structure(lambda: _SCHEMA, "the configuration")
"""What configurations are held against."""
