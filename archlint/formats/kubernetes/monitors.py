"""What Prometheus' operator scrapes: monitors of Services and of pods."""

from collections.abc import Iterator
from typing import Any

from archlint.api import Fact
from archlint.formats.kubernetes.kept import kept
from archlint.formats.kubernetes.views import Manifest

MONITORING = "monitoring.coreos.com"
GROUPS = (MONITORING,)
_KINDS = frozenset(("ServiceMonitor", "PodMonitor"))


def facts(manifest: Manifest) -> Iterator[Fact]:
    """Yield the monitor with its selector."""
    if manifest.kind in _KINDS and manifest.name:
        selector = manifest.get("spec", "selector")
        yield kept(manifest, selector=selector if isinstance(selector, dict) else None)


def chosen_scopes(spec: dict[str, Any], own: str) -> list[str] | None:
    """Return the scopes that a monitor of the specification *spec* looks into, by default its *own*; `None` = all."""
    selector = spec.get("namespaceSelector")
    if not isinstance(selector, dict):
        return [own]
    if selector.get("any") is True:
        return None
    names = selector.get("matchNames")
    found = [f"k8s:{name}" for name in names if isinstance(name, str)] if isinstance(names, list) else []
    return found or [own]
