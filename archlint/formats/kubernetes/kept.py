"""Resources that rules ask for as they are written: one form for controllers and policies of any group."""

from typing import Any

from archlint.api import SelectFact
from archlint.formats.kubernetes.views import Manifest


def kept(
    manifest: Manifest,
    *,
    selector: dict[str, Any] | None = None,
    target: tuple[str, str] | None = None,
    spec: dict[str, Any] | None = None,
) -> SelectFact:
    """Return *manifest* as something that applies to workloads: of the kind `group/Kind`, `Kind` alone in the core group."""
    return SelectFact(
        at=manifest.at("metadata", "name"),
        extractor="kubernetes",
        kind=f"{manifest.group}/{manifest.kind}".lstrip("/"),
        name=manifest.name,
        scope=manifest.scope,
        selector=selector,
        target=target,
        spec=manifest.mapping("spec") if spec is None else spec,
    )


def reference(manifest: Manifest, *keys: str) -> tuple[str, str] | None:
    """Return kind (a Deployment, unless it says otherwise) and name of the workload that the value at *keys* refers to."""
    name = manifest.get(*keys, "name")
    if not isinstance(name, str) or not name:
        return None
    kind = manifest.get(*keys, "kind")
    return (kind if isinstance(kind, str) and kind else "Deployment"), name
