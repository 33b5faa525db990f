"""The descriptor format of Backstage as JSON Schemas of our own, one per kind of entity.

Values may be substitutions (`$text: ./file`), which Backstage replaces before it looks at them.
"""

from functools import cache
from typing import Any

from archlint.api import Structure

_SUBSTITUTED = {
    "type": "object",
    "propertyNames": {"pattern": r"^\$[a-z]+$"},
    "minProperties": 1,
    "maxProperties": 1,
}
_TEXT = {"if": {"type": "object"}, "then": _SUBSTITUTED, "else": {"type": "string", "minLength": 1}}
_TEXTS = {"type": "array", "items": _TEXT}
_PLAIN_TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
_PROFILE = {"type": "object", "properties": {"displayName": _TEXT, "email": _TEXT, "picture": _TEXT}}
_OWNED = ("type", "lifecycle", "owner")
_SPECS: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "Component": (
        _OWNED,
        {"subcomponentOf": _TEXT, **dict.fromkeys(("providesApis", "consumesApis", "dependsOn", "dependencyOf"), _TEXTS)},
    ),
    "API": ((*_OWNED, "definition"), {"definition": _TEXT}),
    "MCP server": (
        (*_OWNED, "remotes"),
        {
            "remotes": {
                "type": "array",
                "minItems": 1,
                "items": {"type": "object", "required": ["type", "url"], "properties": {"type": _TEXT, "url": _TEXT}},
            }
        },
    ),
    "Resource": (("type", "owner"), {"dependsOn": _TEXTS, "dependencyOf": _TEXTS}),
    "System": (("owner",), {"domain": _TEXT}),
    "Domain": (("owner",), {"subdomainOf": _TEXT}),
    "Group": (("type", "children"), {"children": _TEXTS, "members": _TEXTS, "parent": _TEXT, "profile": _PROFILE}),
    "User": (("memberOf",), {"memberOf": _TEXTS, "profile": _PROFILE}),
    "Location": ((), {"target": _TEXT, "targets": _TEXTS, "presence": {"enum": ["required", "optional"]}}),
}  # fmt: skip
_NAME = {
    "type": "string",
    "minLength": 1,
    "maxLength": 63,
    "pattern": r"^([A-Za-z0-9][A-Za-z0-9_.\-]*)?[A-Za-z0-9]$",
}
_LINK = {
    "type": "object",
    "required": ["url"],
    "properties": {key: {"type": "string", "minLength": 1} for key in ("url", "title", "icon", "type")},
}
_METADATA = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": _NAME,
        "namespace": {"type": "string", "maxLength": 63, "pattern": r"^[a-z0-9]+(-+[a-z0-9]+)*$"},
        "title": _TEXT,
        "description": {"type": ["string", "object"]},
        "labels": _PLAIN_TEXTS,
        "annotations": _PLAIN_TEXTS,
        "tags": {"type": "array", "items": {"type": "string", "minLength": 1}},
        "links": {"type": "array", "items": _LINK},
    },
}


@cache
def structure_of(kind: str, spec_type: str) -> Structure:
    """Return the structure of entities of *kind*, of which some depend on the type."""
    known = "MCP server" if (kind, spec_type) == ("API", "mcp-server") else kind
    return Structure(lambda: _entity(known), f"the {kind}")


def _entity(kind: str) -> dict[str, Any]:
    needed, fields = _SPECS.get(kind, ((), {}))
    common = dict.fromkeys(("type", "lifecycle", "owner", "system"), _TEXT)
    spec = {"type": "object", "required": list(needed), "properties": common | fields}
    substituted = {"type": "object", "minProperties": 1, "propertyNames": {"pattern": r"^\$"}}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "required": ["apiVersion", "kind", "metadata", *(("spec",) if needed else ())],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": _METADATA,
            "spec": {"if": substituted, "then": {}, "else": spec} if kind in _SPECS else {"type": "object"},
            "relations": {"type": "array"},
            "status": {"type": "object"},
        },
        "additionalProperties": False,
    }
