"""The objectives of the services of a graph: which service each is for, what it measures, and how much it promises."""

import json
import posixpath
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Literal

from archlint.api import Location, SelectFact, Service, ServiceGraph, plain_name, regex

_LATENCY = regex(
    r"latenc|duration|response[-_ ]?time|\bp(?:50|75|9\d+)\b|quantile|_bucket|\bfast\b|\bslow", re.IGNORECASE
)
_AVAILABILITY = regex(r"availab|uptime|success|error|fail|5xx|5\.\.|\bgood[-_ ]requests", re.IGNORECASE)
_MOST_TEXT = 20_000


@dataclass(frozen=True, slots=True)
class Objective:
    """A promise for *service*: `target` from 0 to 1 of what `indicator` measures, over `window` days (`None` = not said).

    `indicator` is empty where it cannot be told. A latency objective with a limit has it in `limit`, in the unit of its metric.
    """

    service: Service
    slo: str
    indicator: Literal["availability", "latency", ""]
    target: float
    window: float | None
    at: Location
    limit: float | None = None
    metric: str = ""


def objectives_of(graph: ServiceGraph) -> dict[str, list[Objective]]:
    """Return the objectives by the ids of their services."""
    finder = ServiceFinder(graph)
    indicators = {fact.name: fact for fact in graph.selects if fact.kind == "openslo/SLI"}
    found: dict[str, list[Objective]] = defaultdict(list)
    for fact in graph.selects:
        service = finder.service_of(fact) if fact.kind == "openslo/Objective" else None
        if service is None:
            continue
        spec = fact.spec
        indicator = indicators.get(str(spec.get("indicatorRef")))
        metric = spec.get("indicator") or (indicator.spec.get("spec") if indicator is not None else None)
        names = " ".join(
            (str(spec.get("names", "")), str(indicator.spec.get("names", "")) if indicator else "")
        )
        text = json.dumps(metric)[:_MOST_TEXT] if metric is not None else ""
        value = spec.get("value")
        window = spec.get("window")
        found[service.id].append(
            Objective(
                service=service,
                slo=fact.name,
                indicator=_indicator(names) or _indicator(text),
                target=float(spec.get("target", 0)),
                window=float(window) if isinstance(window, int | float) else None,
                at=fact.at,
                limit=float(value)
                if isinstance(value, int | float) and spec.get("op") in {"lt", "lte"}
                else None,
                metric=text,
            )
        )
    return dict(found)


class ServiceFinder:
    """Finds the services that objectives are for: by name where it is the only one of that name, or by the file a manifest names."""

    def __init__(self, graph: ServiceGraph) -> None:
        self._names: dict[str, set[str]] = defaultdict(set)
        self._plain: dict[str, set[str]] = defaultdict(set)
        self._services = {service.id: service for service in graph.services}
        self._files: dict[str, Service] = {}
        for service in graph.services:
            for name in {service.name, *service.aliases}:
                self._names[name.lower()].add(service.id)
            self._plain[plain_name(service.name)].add(service.id)
            for path in _listed(service):
                self._files.setdefault(path, service)

    def service_of(self, fact: SelectFact) -> Service | None:
        """Return the service that *fact*, an SLO or one of its objectives, is for; `None` where it is not one of the graph."""
        name = fact.target[1] if fact.target is not None else ""
        return (self.named(name) if name else None) or self._files.get(fact.at.path)

    def named(self, name: str) -> Service | None:
        """Return the only service that *name* can mean."""
        found = self._names.get(name.lower()) or self._plain.get(plain_name(name)) or set()
        return self._services[next(iter(found))] if len(found) == 1 else None


def _listed(service: Service) -> list[str]:
    """Return the files that the manifest of *service* lists as its objectives, from the root or beside the manifest."""
    given: Any = service.extra.get("slo")
    paths = [path for path in (given if isinstance(given, list) else [given]) if isinstance(path, str)]
    folders = {
        posixpath.dirname(evidence.at.path)
        for evidence in service.evidence
        if evidence.extractor == "manifest"
    }
    return [posixpath.normpath(posixpath.join(folder, path)) for path in paths for folder in {"", *folders}]


def _indicator(text: str) -> Literal["availability", "latency", ""]:
    is_latency, is_availability = _LATENCY.search(text), _AVAILABILITY.search(text)
    if is_latency:
        return "" if is_availability and not re.search("latenc", text, re.IGNORECASE) else "latency"
    return "availability" if is_availability else ""
