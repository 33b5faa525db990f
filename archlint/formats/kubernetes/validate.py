"""The parts of manifests that the graph reads, held against their types."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from archlint.api import Problem, Structure
from archlint.formats.kubernetes.views import Manifest

_PORT = {"type": ["integer", "string"]}
_REFERENCE = {"type": "object", "properties": {"name": {"type": "string"}, "key": {"type": "string"}}}
_CONTAINER: dict[str, Any] = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string"},
        "image": {"type": "string"},
        "command": {"type": ["array", "null"]},
        "args": {"type": ["array", "null"]},
        "ports": {
            "type": ["array", "null"],
            "items": {
                "type": "object",
                "required": ["containerPort"],
                "properties": {"containerPort": _PORT, "name": {"type": "string"}},
            },
        },
        "env": {
            "type": ["array", "null"],
            "items": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string"},
                    "valueFrom": {
                        "type": "object",
                        "properties": {"configMapKeyRef": _REFERENCE, "secretKeyRef": _REFERENCE},
                    },
                },
            },
        },
        "envFrom": {"type": ["array", "null"], "items": {"type": "object"}},
        "resources": {"type": ["object", "null"]},
        "volumeMounts": {"type": ["array", "null"], "items": {"type": "object"}},
    },
}
_POD: dict[str, Any] = {
    "type": "object",
    "properties": {
        "containers": {"type": "array", "items": _CONTAINER},
        "initContainers": {"type": ["array", "null"], "items": _CONTAINER},
        "volumes": {"type": ["array", "null"], "items": {"type": "object"}},
    },
}
_LABELS = {
    "type": ["object", "null"],
    "additionalProperties": {"type": ["string", "null", "boolean", "number"]},
}
_TEMPLATE = {"type": "object", "properties": {"spec": _POD, "metadata": {"properties": {"labels": _LABELS}}}}
_SERVICE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "selector": _LABELS,
        "ports": {
            "type": ["array", "null"],
            "items": {
                "type": "object",
                "required": ["port"],
                "properties": {"port": _PORT, "targetPort": _PORT},
            },
        },
    },
}
_DATA = {"type": ["object", "null"], "additionalProperties": {"type": ["string", "null"]}}
_SCHEMAS: dict[str, dict[str, Any]] = {
    "Deployment": {"properties": {"spec": {"type": "object", "properties": {"template": _TEMPLATE}}}},
    "CronJob": {
        "properties": {
            "spec": {
                "type": "object",
                "properties": {
                    "jobTemplate": {
                        "type": "object",
                        "properties": {"spec": {"type": "object", "properties": {"template": _TEMPLATE}}},
                    }
                },
            }
        }
    },
    "Pod": {"properties": {"spec": _POD}},
    "Service": {"properties": {"spec": _SERVICE}},
    "ConfigMap": {"properties": {"data": _DATA}},
    "Secret": {"properties": {"data": _DATA, "stringData": _DATA}},
}
_SAME = {
    "StatefulSet": "Deployment",
    "DaemonSet": "Deployment",
    "ReplicaSet": "Deployment",
    "Job": "Deployment",
}


def validate(manifest: Manifest) -> Iterator[Problem]:
    """Yield the places of *manifest* that the graph would read and cannot."""
    if "." in manifest.group and manifest.group != "networking.k8s.io":
        return
    if (
        b"{{" in manifest.document.source.raw
    ):  # a template that happens to parse says nothing of what is rendered
        return
    structure = _structure(_SAME.get(manifest.kind, manifest.kind))
    if structure is None:
        return
    for fault in structure.faults(manifest.data):
        at = manifest.at(*fault.pointer, on_key=fault.on_key)
        yield Problem(fault.message, at, help=fault.help)


@cache
def _structure(kind: str) -> Structure | None:
    schema = _SCHEMAS.get(kind)
    return Structure(lambda: schema, f"the {kind}") if schema is not None else None
