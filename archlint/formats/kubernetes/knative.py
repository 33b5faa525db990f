"""Facts of Knative: a Service that gets an address of its own name, and what runs behind it."""

from collections.abc import Iterator

from archlint.api import EndpointFact, Fact
from archlint.formats.kubernetes.views import Manifest, Workload

GROUPS = ("serving.knative.dev",)
_TEMPLATE = ("spec", "template")


def facts(manifest: Manifest) -> Iterator[Fact]:
    """Yield the name under which others reach a Knative Service (Knative, Services)."""
    if manifest.kind != "Service" or not manifest.name or "{{" in manifest.name:
        return
    name, namespace = manifest.name, manifest.namespace or "default"
    yield EndpointFact(
        at=manifest.at("metadata", "name"),
        extractor="knative",
        name=name,
        scope=manifest.scope,
        hostnames=(
            name,
            f"{name}.{namespace}",
            f"{name}.{namespace}.svc",
            f"{name}.{namespace}.svc.cluster.local",
        ),
        workload=name if workload_of(manifest) is not None else "",
        kind="Knative",
        annotations=manifest.annotations,
        labels=manifest.labels,
    )


def workload_of(manifest: Manifest) -> Workload | None:
    """Return what runs behind a Knative Service, or `None`: a workload for the graph, whose probes and resources have defaults."""
    if manifest.group not in GROUPS or manifest.kind != "Service" or manifest.is_fragment:
        return None
    return Workload(manifest, _TEMPLATE) if isinstance(manifest.get(*_TEMPLATE, "spec"), dict) else None
