"""Kubernetes manifests: workloads, services, configuration, policies."""

from collections.abc import Iterator
from typing import Any

from archlint.api import Document, Fact, Format, Node, Problem, Resolver, Source
from archlint.formats.kubernetes import gateway_files
from archlint.formats.kubernetes.facts import facts_of, settings_in
from archlint.formats.kubernetes.kustomize import deployment_facts, is_kustomization
from archlint.formats.kubernetes.mesh import MeshRoute, milliseconds, routes
from archlint.formats.kubernetes.views import ContainerView, Manifest, Workload, manifests

__all__ = [
    "FORMAT",
    "ContainerView",
    "Manifest",
    "MeshRoute",
    "Workload",
    "manifests",
    "milliseconds",
    "settings_in",
]

_OTHERS = (
    "backstage.io/",
    "archlint.dev/",
    "score.dev/",
    "openslo",
    "jsonschema",
)


class KubernetesFormat(Format):
    """Recognises manifests by `apiVersion` and `kind`; resources of any group are manifests."""

    name = "kubernetes"
    subjects = (Manifest, Workload, ContainerView, MeshRoute, *gateway_files.SUBJECTS)
    claims = (("apiVersion", "kind"),)

    def template(self, source: Source, resolver: Resolver) -> tuple[Document, ...] | None:
        """Read a template of a Helm chart."""
        from archlint.formats.kubernetes.helm import template_documents  # noqa: PLC0415

        return template_documents(source, resolver)

    def sniff(self, document: Document) -> str:
        """Return `kubernetes apps/v1 Deployment` and the like."""
        data = document.data
        if not isinstance(data, dict):
            return ""
        if is_kustomization(document):
            return "kubernetes Component" if data.get("kind") == "Component" else "kubernetes Kustomization"
        version, kind = data.get("apiVersion"), data.get("kind")
        if not isinstance(version, str) or not isinstance(kind, str) or version.startswith(_OTHERS):
            return ""
        if not ("metadata" in data or "items" in data) or not _is_group_version(version):
            return ""
        return f"kubernetes {version} {kind}" if "{{" not in version + kind else ""

    def visit(self, document: Document, wanted: frozenset[type[Node]]) -> Iterator[Node]:
        """Yield the resources, a `List`'s items one by one, and the workloads' containers."""
        for manifest in manifests(document):
            if Manifest in wanted:
                yield manifest
            if MeshRoute in wanted:
                yield from routes(manifest)
            yield from gateway_files.nodes(manifest, wanted)
            workload = manifest.workload
            if workload is None:
                continue
            if Workload in wanted:
                yield workload
            if ContainerView in wanted:
                yield from workload.containers

    def facts(self, document: Document) -> Iterator[Fact]:
        """Yield workloads, endpoints, configuration, routes and policies, and what kustomizations deploy."""
        if is_kustomization(document):
            yield from deployment_facts(document)
        for manifest in manifests(document):
            yield from facts_of(manifest)

    def validate(self, document: Document) -> Iterator[Problem]:
        """Yield what the graph cannot read."""
        from archlint.formats.kubernetes.validate import validate  # noqa: PLC0415

        for manifest in manifests(document):
            yield from validate(manifest)


def _is_group_version(version: Any) -> bool:
    group, slash, name = version.rpartition("/")
    return name[:1] == "v" and name[1:2].isdecimal() and (not slash or "." in group or group.isalpha())


FORMAT = KubernetesFormat()
