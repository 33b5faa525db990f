"""The structure of Kong's declarative configuration, as far as archlint reads it."""

from typing import Any

from archlint.api import Structure

_TEXTS: dict[str, Any] = {"type": ["array", "null"], "items": {"type": "string"}}
_TEMPLATE: dict[str, Any] = {"type": "string", "pattern": r"\$\{|\{\{|\{vault://"}


def _number(least: int) -> dict[str, Any]:
    return {"anyOf": [{"type": "integer", "minimum": least}, {"type": "null"}, _TEMPLATE]}


_PLUGIN: dict[str, Any] = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string"}, "config": {"type": ["object", "null"]}},
}
_PLUGINS: dict[str, Any] = {"type": ["array", "null"], "items": _PLUGIN}
_ROUTE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": ["string", "null"]},
        "paths": _TEXTS,
        "hosts": _TEXTS,
        "methods": _TEXTS,
        "protocols": _TEXTS,
        "plugins": _PLUGINS,
    },
}
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "services": {
            "type": ["array", "null"],
            "items": {
                "type": "object",
                "properties": {
                    "url": {"type": "string"},
                    "host": {"type": "string"},
                    "port": _number(0),
                    "retries": _number(0),
                    "connect_timeout": _number(1),
                    "write_timeout": _number(1),
                    "read_timeout": _number(1),
                    "routes": {"type": ["array", "null"], "items": _ROUTE},
                    "plugins": _PLUGINS,
                },
            },
        },
        "routes": {"type": ["array", "null"], "items": _ROUTE},
        "upstreams": {
            "type": ["array", "null"],
            "items": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string"},
                    "targets": {
                        "type": ["array", "null"],
                        "items": {
                            "type": "object",
                            "required": ["target"],
                            "properties": {"target": {"type": "string"}},
                        },
                    },
                },
            },
        },
        "plugins": _PLUGINS,
    },
}

STRUCTURE = Structure(lambda: _SCHEMA, "the configuration of Kong")
"""What configurations are held against."""
