"""The structure of gRPC service configurations, as far as archlint reads them."""

from typing import Any

from archlint.api import Structure

_DURATION: dict[str, Any] = {"type": "string", "pattern": r"^\d*\.?\d+s$"}
_ATTEMPTS: dict[str, Any] = {"type": "number", "minimum": 2}
_CODES: dict[str, Any] = {"type": "array", "items": {"type": ["string", "integer"]}}
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "methodConfig": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "name": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": {"service": {"type": "string"}, "method": {"type": "string"}},
                        },
                    },
                    "timeout": _DURATION,
                    "retryPolicy": {
                        "type": "object",
                        "required": [
                            "maxAttempts",
                            "initialBackoff",
                            "maxBackoff",
                            "backoffMultiplier",
                            "retryableStatusCodes",
                        ],
                        "properties": {
                            "maxAttempts": _ATTEMPTS,
                            "initialBackoff": _DURATION,
                            "maxBackoff": _DURATION,
                            "backoffMultiplier": {"type": "number", "exclusiveMinimum": 0},
                            "retryableStatusCodes": _CODES,
                        },
                    },
                    "hedgingPolicy": {
                        "type": "object",
                        "required": ["maxAttempts"],
                        "properties": {
                            "maxAttempts": _ATTEMPTS,
                            "hedgingDelay": _DURATION,
                            "nonFatalStatusCodes": _CODES,
                        },
                    },
                },
            },
        },
        "retryThrottling": {
            "type": "object",
            "required": ["maxTokens", "tokenRatio"],
            "properties": {
                "maxTokens": {"type": "number", "exclusiveMinimum": 0},
                "tokenRatio": {"type": "number", "exclusiveMinimum": 0},
            },
        },
    },
}

STRUCTURE = Structure(lambda: _SCHEMA, "the gRPC service configuration")
"""What configurations are held against."""
