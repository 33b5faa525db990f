"""The structure of compose files, by the Compose Specification, as far as archlint reads them."""

from typing import Any

from archlint.api import Structure

_TEXT = {"type": ["string", "number", "boolean", "null"]}
_STRINGS = {"type": "array", "items": {"type": ["string", "number"]}}
_TEXT_OR_LIST = {"type": ["string", "array", "null"], "items": {"type": ["string", "number", "boolean"]}}
_LIST_OR_MAP = {
    "type": ["array", "object", "null"],
    "items": {"type": "string"},
    "additionalProperties": _TEXT,
}
_PORT = {
    "type": ["string", "number", "object"],
    "properties": {"target": {"type": ["integer", "string"]}, "published": {"type": ["integer", "string"]}},
    "required": [],
}
_SERVICE: dict[str, Any] = {
    "type": ["object", "null"],
    "properties": {
        "image": {"type": "string"},
        "build": {"type": ["string", "object"]},
        "command": _TEXT_OR_LIST,
        "entrypoint": _TEXT_OR_LIST,
        "environment": _LIST_OR_MAP,
        "labels": _LIST_OR_MAP,
        "env_file": {"type": ["string", "array"], "items": {"type": ["string", "object"]}},
        "depends_on": {"type": ["array", "object"], "items": {"type": "string"}},
        "ports": {"type": ["array", "null"], "items": _PORT},
        "expose": _STRINGS,
        "volumes": {"type": ["array", "null"], "items": {"type": ["string", "object"]}},
        "networks": {"type": ["array", "object", "null"], "items": {"type": "string"}},
        "links": {"type": "array", "items": {"type": "string"}},
        "healthcheck": {"type": ["object", "null"]},
        "deploy": {"type": ["object", "null"]},
        "container_name": {"type": "string"},
        "restart": {"type": ["string", "boolean"]},
    },
}
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "version": {"type": ["string", "number"]},
        "services": {"type": "object", "additionalProperties": _SERVICE},
        "networks": {"type": ["object", "null"], "additionalProperties": {"type": ["object", "null"]}},
        "volumes": {"type": ["object", "null"], "additionalProperties": {"type": ["object", "null"]}},
        "secrets": {"type": ["object", "null"]},
        "configs": {"type": ["object", "null"]},
        "include": {"type": ["array", "string"]},
        "name": {"type": "string"},
    },
    "patternProperties": {"^x-": True},
}

STRUCTURE = Structure(lambda: _SCHEMA, "the compose file")
"""What compose files are held against."""
