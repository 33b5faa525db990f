"""Views of OpenSLO objects."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from archlint.api import Document, Node, Pointer, regex

_PREFIX = "openslo/"
_DURATION = regex(r"(?P<count>\d+)(?P<unit>[mhdwMQY])")
_DAYS = {"m": 1 / 1440, "h": 1 / 24, "d": 1, "w": 7, "M": 30, "Q": 90, "Y": 365}
_UNITS = {"second": 1 / 86_400, "minute": 1 / 1440, "hour": 1 / 24, "day": 1, "week": 7, "month": 30, "quarter": 90, "year": 365}  # fmt: skip
_MOST_OBJECTS = 1_000
_MOST_NUMBER = 10**15


def objects(document: Document) -> Iterator["SloObject"]:
    """Yield the objects of *document*: it is one, or a list of some."""
    data = document.data
    items: list[tuple[Pointer, Any]] = [((), data)]
    if isinstance(data, list):
        items = [((index,), item) for index, item in enumerate(data[:_MOST_OBJECTS])]
    for pointer, item in items:
        if isinstance(item, dict) and isinstance(item.get("kind"), str):
            version = item.get("apiVersion")
            if isinstance(version, str) and version.startswith(_PREFIX):
                yield SloObject(document, pointer, item)


class SloObject(Node):
    """An object of any kind: `SLO`, `SLI`, `Service`, `AlertPolicy` …."""

    @property
    def kind(self) -> str:
        """Its `kind`."""
        return str(self.data["kind"])

    @property
    def version(self) -> str:
        """The version of the specification: `v1`, `v1alpha`."""
        return str(self.data["apiVersion"]).removeprefix(_PREFIX)

    @property
    def name(self) -> str:
        """`metadata.name`, or an empty string."""
        value = self.get("metadata", "name")
        return value if isinstance(value, str) else ""


class SloObjective(Node):
    """One target of an SLO."""

    @property
    def key(self) -> str:
        """Which of the two ways to write the target is used: `target` or `targetPercent`; empty for none."""
        return next((key for key in ("target", "targetPercent") if key in self.data), "")

    @property
    def target(self) -> float | None:
        """The share of good events or times that is promised, from 0 to 1; `None` where it is not known."""
        value = number(self.data.get(self.key)) if self.key else None
        return value if value is None or self.key == "target" else value / 100

    @property
    def has_indicator(self) -> bool:
        """Whether it brings an indicator of its own, as those of composite SLOs do."""
        return any(key in self.data for key in ("indicator", "indicatorRef", "ratioMetrics", "ratioMetric"))


class Slo(SloObject):
    """An objective for a service."""

    @property
    def service(self) -> str:
        """The name of the service it is for, or an empty string."""
        value = self.get("spec", "service")
        return value if isinstance(value, str) and "{{" not in value and "${" not in value else ""

    @property
    def method(self) -> str:
        """How the error budget is counted: `Occurrences`, `Timeslices`, `RatioTimeslices`."""
        return str(self.get("spec", "budgetingMethod", default="") or "")

    @cached_property
    def objectives(self) -> list[SloObjective]:
        """The targets."""
        return [
            SloObjective(self.document, (*self.pointer, "spec", "objectives", index), data)
            for index, data in enumerate(self.items("spec", "objectives"))
            if isinstance(data, dict)
        ]

    @property
    def window(self) -> float | None:
        """The window in days (a month has 30); `None` where there is none."""
        for key in ("timeWindow", "timeWindows"):
            for entry in self.items("spec", key):
                if not isinstance(entry, dict):
                    continue
                match = _DURATION.fullmatch(str(entry.get("duration", "")))
                if match is not None:
                    return int(match["count"]) * _DAYS[match["unit"]]
                unit, count = _UNITS.get(str(entry.get("unit", "")).lower()), number(entry.get("count"))
                if unit is not None and count is not None:
                    return count * unit
        return None


def number(value: Any) -> float | None:
    """Return *value* where it is a number, or `None`."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and abs(value) < _MOST_NUMBER else None
