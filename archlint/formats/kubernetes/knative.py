"""Facts of Knative: a Service that gets an address of its own name, and what runs behind it."""

from collections.abc import Iterator

from archlint.api import EndpointFact, Fact
from archlint.formats.kubernetes.views import Manifest

GROUPS = ("serving.knative.dev",)


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
        kind="Knative",
        annotations=manifest.annotations,
        labels=manifest.labels,
    )
