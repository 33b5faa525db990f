"""Views of Kubernetes resources."""

import posixpath
from collections.abc import Iterator
from functools import cached_property
from typing import Any, Literal

from archlint.api import Document, Location, Node, Pointer, Setting
from archlint.formats.kubernetes.kustomize import built, generated, is_kustomization, kustomizations_of
from archlint.formats.kubernetes.placed import PlacedDocument

_TEMPLATE_AT: dict[str, tuple[str, ...]] = {
    "Pod": (),
    "Deployment": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "DaemonSet": ("spec", "template"),
    "ReplicaSet": ("spec", "template"),
    "ReplicationController": ("spec", "template"),
    "Rollout": ("spec", "template"),
    "DeploymentConfig": ("spec", "template"),
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    "ScaledJob": ("spec", "jobTargetRef", "template"),
}
_GROUPS = frozenset(("", "apps", "batch", "extensions", "argoproj.io", "apps.openshift.io", "keda.sh"))

SIDECARS = frozenset((
    "istio-proxy", "istio-init", "linkerd-proxy", "linkerd-init", "daprd", "otel-agent", "otel-collector", "vault-agent",
    "cloud-sql-proxy", "cloudsql-proxy", "envoy", "fluent-bit", "fluentd", "filebeat", "jaeger-agent",
))  # fmt: skip
"""Names of containers that only accompany a service."""


def manifests(document: Document) -> Iterator["Manifest"]:
    """Yield the resources of *document* as they come out of its kustomizations; the items of a `List` one by one."""
    if is_kustomization(document):
        for made in generated(document):
            yield Manifest(*made)
        return
    for pointer, data in _resources(document):
        found = built(document, pointer, data)
        if found is not None:
            yield Manifest(*found)


def _resources(document: Document) -> Iterator[tuple[Pointer, dict[str, Any]]]:
    pending: list[tuple[Pointer, Any]] = [((), document.data)]
    while pending:
        pointer, data = pending.pop()
        if not isinstance(data, dict):
            continue
        kind = data.get("kind")
        if isinstance(kind, str) and kind.endswith("List") and isinstance(data.get("items"), list):
            pending.extend(
                ((*pointer, "items", index), item) for index, item in reversed(list(enumerate(data["items"])))
            )
        elif isinstance(kind, str):
            yield pointer, data


class Manifest(Node):
    """A resource of any kind."""

    @property
    def kind(self) -> str:
        """Its `kind`."""
        return str(self.data.get("kind", ""))

    @property
    def group(self) -> str:
        """The API group: `apps`, `networking.k8s.io`, empty for the core."""
        return str(self.data.get("apiVersion", "")).rpartition("/")[0]

    @property
    def name(self) -> str:
        """`metadata.name`, or an empty string."""
        value = self.get("metadata", "name")
        return value if isinstance(value, str) else ""

    @property
    def former_names(self) -> tuple[str, ...]:
        """The names that it goes by beside `metadata.name`: without the prefix and suffix of its kustomizations."""
        return self.document.aliases if isinstance(self.document, PlacedDocument) else ()

    @property
    def namespace(self) -> str:
        """`metadata.namespace` as written, or an empty string."""
        value = self.get("metadata", "namespace")
        return value if isinstance(value, str) and "{{" not in value else ""

    @property
    def scope(self) -> str:
        """The space in which its short names are looked up: the namespace, of the folder that deploys it."""
        return scope_of(self.document.path, self.namespace)

    @property
    def labels(self) -> dict[str, str]:
        """`metadata.labels`."""
        return text_map(self.mapping("metadata", "labels"))

    @property
    def annotations(self) -> dict[str, str]:
        """`metadata.annotations`."""
        return text_map(self.mapping("metadata", "annotations"))

    @cached_property
    def workload(self) -> "Workload | None":
        """The workload it is, or `None`."""
        path = _TEMPLATE_AT.get(self.kind)
        if path is None or self.group not in _GROUPS:
            return None
        spec = self.get(*path, "spec")
        return Workload(self, path) if isinstance(spec, dict) and not self.is_fragment else None

    @cached_property
    def is_fragment(self) -> bool:
        """Whether it is only part of a resource: a patch that a kustomization lists, or one without any image."""
        path = _TEMPLATE_AT.get(self.kind, ())
        containers = self.get(*path, "spec", "containers")
        if (
            isinstance(containers, list)
            and containers
            and not any(isinstance(c, dict) and "image" in c for c in containers)
        ):
            return True
        known = kustomizations_of(self.document)
        return known is not None and self.document.path in known.patches


class Workload(Node):
    """A resource that runs pods; `data` is the resource's, `template` the way to its pod template."""

    def __init__(self, manifest: Manifest, template: tuple[str, ...]) -> None:
        super().__init__(manifest.document, manifest.pointer, manifest.data)
        self.manifest = manifest
        self.template = template

    @property
    def kind(self) -> str:
        """Its `kind`."""
        return self.manifest.kind

    @property
    def name(self) -> str:
        """Its name."""
        return self.manifest.name

    @property
    def pod(self) -> dict[str, Any]:
        """The pod's `spec`."""
        return self.mapping(*self.template, "spec")

    @property
    def pod_labels(self) -> dict[str, str]:
        """The labels of the pods."""
        return text_map(self.mapping(*self.template, "metadata", "labels"))

    @property
    def runs_forever(self) -> bool:
        """Whether it is meant to stay up, unlike a Job or CronJob."""
        return self.kind not in {"Job", "CronJob", "ScaledJob"}

    @property
    def is_test_hook(self) -> bool:
        """Whether it is a Helm test."""
        annotations = {
            **self.manifest.annotations,
            **text_map(self.mapping(*self.template, "metadata", "annotations")),
        }
        return "test" in annotations.get("helm.sh/hook", "")

    @cached_property
    def containers(self) -> "list[ContainerView]":
        """The init containers and the containers."""
        found = []
        for key in ("initContainers", "containers"):
            for index, data in enumerate(self.items(*self.template, "spec", key)):
                if isinstance(data, dict):
                    pointer = (*self.pointer, *self.template, "spec", key, index)
                    found.append(
                        ContainerView(self.document, pointer, data, self, init=key == "initContainers")
                    )
        return found

    @property
    def main_containers(self) -> "list[ContainerView]":
        """The containers without init containers and known sidecars."""
        return [container for container in self.containers if not container.init and not container.is_sidecar]


class ContainerView(Node):
    """A container of a workload."""

    def __init__(
        self, document: Document, pointer: Pointer, data: Any, workload: Workload, *, init: bool
    ) -> None:
        super().__init__(document, pointer, data)
        self.workload = workload
        self.init = init

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.data.get("name", "") or "")

    @property
    def image(self) -> str | None:
        """Its image; `None` when it is not known statically."""
        value = self.data.get("image")
        return value if isinstance(value, str) and "{{" not in value and "$(" not in value else None

    @property
    def is_sidecar(self) -> bool:
        """Whether it only accompanies a service."""
        return self.name in SIDECARS or (self.init and self.data.get("restartPolicy") == "Always")


def text_map(value: dict[str, Any]) -> dict[str, str]:
    """Return *value* with scalars as text, as the API server would insist on; collections are left out."""
    return {
        key: item if isinstance(item, str) else str(item).lower() if isinstance(item, bool) else str(item)
        for key, item in value.items()
        if isinstance(item, str | int | float | bool)
    }


def known_text(value: Any) -> str | None:
    """Return a scalar as text; `None` when it holds what only rendering or the cluster can fill in."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float):
        return None
    text = str(value)
    return None if "{{" in text or "$(" in text or "${" in text else text


def setting_of(key: str, value: Any, at: Location, via: Literal["env", "argument"] = "env") -> Setting:
    """Return the setting *key* = *value* of a container; what holds `$(NAME)` waits in `source` until the variables are known."""
    text = known_text(value)
    waits = text is None and isinstance(value, str) and "{{" not in value and ("$(" in value or "@" in value)
    return Setting(key=key, value=text, at=at, via=via, source=f"text:{value}" if waits else "")


def number_of(value: Any) -> int | None:
    """Return *value* as a port number, or `None`."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(value) if isinstance(value, str) and value.isdecimal() else None


def scope_of(path: str, namespace: str) -> str:
    """Return the scope of a namespace: `k8s:` and its name; without one, `k8s:default`."""
    del path
    return f"k8s:{namespace or 'default'}"


def patches_of(document: Document) -> frozenset[str]:
    """Return the files that the kustomizations of the project of *document* list as patches."""
    known = kustomizations_of(document)
    return frozenset(known.patches) if known is not None else frozenset()


def is_optional(document: Document) -> bool:
    """Tell whether *document* belongs to a kustomize component, which only some overlays add."""
    known = kustomizations_of(document)
    kustomization = known.by_folder.get(posixpath.dirname(document.path)) if known is not None else None
    return kustomization is not None and kustomization.data.get("kind") == "Component"
