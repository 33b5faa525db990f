"""The structure of OpenSLO objects, as far as archlint reads them."""

from functools import cache
from typing import Any

from archlint.api import Structure

_METADATA = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
_SLO: dict[str, Any] = {
    "type": "object",
    "required": ["metadata", "spec"],
    "properties": {
        "metadata": _METADATA,
        "spec": {
            "type": "object",
            "required": ["service", "objectives"],
            "properties": {
                "service": {"type": "string"},
                "indicator": {"type": ["object", "null"]},
                "indicatorRef": {"type": "string"},
                "timeWindow": {"type": "array", "items": {"type": "object"}},
                "budgetingMethod": {"enum": ["Occurrences", "Timeslices", "RatioTimeslices"]},
                "objectives": {"type": "array", "items": {"type": "object"}},
                "alertPolicies": {"type": ["array", "null"]},
            },
        },
    },
}
_OTHER: dict[str, Any] = {
    "type": "object",
    "required": ["metadata"],
    "properties": {"metadata": _METADATA, "spec": {"type": ["object", "null"]}},
}
_KNOWN = frozenset(
    ("SLI", "Service", "AlertPolicy", "AlertCondition", "AlertNotificationTarget", "DataSource")
)


@cache
def structure_of(kind: str) -> Structure | None:
    """Return what objects of *kind* are held against; `None` for a kind that the specification does not have."""
    if kind == "SLO":
        return Structure(lambda: _SLO, "the SLO")
    return Structure(lambda: _OTHER, f"the {kind}") if kind in _KNOWN else None
