"""Facts of OpenSLO objects.

They are `SelectFact`s and not services of their own: an objective for a service that nothing else tells of would otherwise add one.
"""

from collections.abc import Iterator
from typing import Any

from archlint.api import Fact, SelectFact
from archlint.formats.openslo.views import Slo, SloObject

_KEPT = frozenset(("SLI", "AlertPolicy", "Service"))


def facts_of(found: SloObject) -> Iterator[Fact]:
    """Yield *found* as `openslo/KIND`, and every target of an SLO as `openslo/Objective`, which stands where the target does."""
    if not found.name:
        return
    if found.kind == "SLO":
        slo = Slo(found.document, found.pointer, found.data)
        yield _fact(
            slo,
            "SLO",
            slo.at("metadata", "name"),
            slo.service,
            {"alertPolicies": _policies(slo), "version": slo.version},
        )
        for objective in slo.objectives:
            if objective.target is not None:
                spec = {
                    "target": objective.target,
                    "window": slo.window,
                    "names": _names(slo, objective.data),
                    "indicator": _indicator(slo, objective.data),
                    "indicatorRef": _reference(objective.data) or _reference(slo.mapping("spec")),
                    "op": objective.data.get("op"),
                    "value": objective.data.get("value"),
                }
                yield _fact(slo, "Objective", objective.at(objective.key), slo.service, spec)
    elif found.kind in _KEPT:
        names = _texts(found.mapping("metadata"), "name", "displayName")
        spec = {"names": names, "spec": found.mapping("spec")}
        yield _fact(found, found.kind, found.at("metadata", "name"), "", spec)


def _fact(found: SloObject, kind: str, at: Any, service: str, spec: dict[str, Any]) -> SelectFact:
    return SelectFact(
        at=at,
        extractor="openslo",
        confidence=0.95,
        kind=f"openslo/{kind}",
        name=found.name,
        scope="",
        target=("Service", service) if service else None,
        spec=spec,
    )


def _policies(slo: Slo) -> bool:
    """Tell whether *slo* has alert policies, or may have some that are filled in later."""
    return bool(slo.get("spec", "alertPolicies"))


def _names(slo: Slo, objective: dict[str, Any]) -> str:
    indicator = objective.get("indicator") or slo.get("spec", "indicator")
    metadata = indicator.get("metadata") if isinstance(indicator, dict) else None
    return " ".join((
        _texts(slo.mapping("metadata"), "name", "displayName"),
        _texts(objective, "displayName"),
        _texts(metadata, "name", "displayName"),
        _reference(objective) or _reference(slo.mapping("spec")),
    ))  # fmt: skip


def _texts(data: Any, *keys: str) -> str:
    found = [data.get(key) for key in keys] if isinstance(data, dict) else []
    return " ".join(text for text in found if isinstance(text, str))


def _indicator(slo: Slo, objective: dict[str, Any]) -> Any:
    own = objective.get("indicator") or objective.get("ratioMetrics")
    return own or slo.get("spec", "indicator")


def _reference(data: dict[str, Any]) -> str:
    value = data.get("indicatorRef")
    return value if isinstance(value, str) else ""
