"""The structure of definitions, as far as archlint reads them."""

from typing import Any

from archlint.api import Structure

_TEXT = {"type": "string"}
_FLAG = {"type": "boolean"}


def _entry(needed: tuple[str, ...], **fields: Any) -> dict[str, Any]:
    properties = {"name": _TEXT, "vhost": _TEXT, **fields}
    return {"type": "array", "items": {"type": "object", "required": list(needed), "properties": properties}}


_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "rabbit_version": _TEXT,
        "rabbitmq_version": _TEXT,
        "vhosts": _entry(("name",)),
        "queues": _entry(
            ("name",), durable=_FLAG, auto_delete=_FLAG, arguments={"type": ["object", "array"]}
        ),
        "exchanges": _entry(
            ("name", "type"),
            type=_TEXT,
            durable=_FLAG,
            auto_delete=_FLAG,
            internal=_FLAG,
            arguments={"type": ["object", "array"]},
        ),
        "bindings": _entry(
            ("source", "destination", "destination_type"),
            source=_TEXT,
            destination=_TEXT,
            destination_type={"enum": ["queue", "exchange"]},
            routing_key=_TEXT,
        ),
        "policies": _entry(
            ("name", "pattern", "definition"),
            pattern=_TEXT,
            priority={"type": "integer"},
            definition={"type": ["object", "array"]},
            **{
                "apply-to": {
                    "enum": ["all", "queues", "classic_queues", "quorum_queues", "streams", "exchanges"]
                }
            },
        ),
    },
}

STRUCTURE = Structure(lambda: _SCHEMA, "the definitions")
"""What definitions are held against."""
