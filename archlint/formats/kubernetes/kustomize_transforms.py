"""What kustomizations change in all of their resources: namespace, names, labels, annotations, images, replicas."""

from typing import Any

from archlint.api import Document, regex
from archlint.formats.kubernetes.placed import Origin, Placed

_IMAGE = regex(r"(?P<name>[^@]*?)(?::(?P<tag>[^/:@]*))?(?:@(?P<digest>.*))?\Z")
_SCALED = frozenset(("Deployment", "ReplicaSet", "ReplicationController", "StatefulSet"))
_UNSPACED = frozenset((
    "Namespace", "Node", "PersistentVolume", "StorageClass", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition",
    "IngressClass", "PriorityClass", "GatewayClass", "ClusterIssuer", "ValidatingWebhookConfiguration",
    "MutatingWebhookConfiguration", "APIService",
))  # fmt: skip
_UNNAMED = frozenset(("Namespace", "CustomResourceDefinition", "APIService"))
_TEMPLATES: tuple[tuple[str, ...], ...] = (("spec", "template"), ("spec", "jobTemplate", "spec", "template"))
_MATCH_LABELS = frozenset(("Deployment", "ReplicaSet", "DaemonSet", "StatefulSet"))


class Naming:
    """What happens to a resource's names on one way through kustomizations; applied once it is known what all ways agree on."""

    def __init__(self, placed: Placed | None) -> None:
        name = placed.get("metadata", "name") if placed is not None else None
        self.written = name.data if name is not None and isinstance(name.data, str) else ""
        self.names: set[str] = {self.written}
        self.namespace = ""
        self.prefix = ""
        self.suffix = ""
        self.origins: dict[str, Origin] = {}
        self.labels: dict[str, tuple[str, bool, bool, Origin]] = {}
        self.annotations: dict[str, tuple[str, Origin]] = {}

    @property
    def aliases(self) -> tuple[str, ...]:
        """The names beside the last."""
        return (self.written,) if self.prefix or self.suffix else ()

    def common(self, other: "Naming") -> "Naming":
        """Return what this and *other* agree on."""
        if self.namespace != other.namespace:
            self.namespace = ""
        if (self.prefix, self.suffix) != (other.prefix, other.suffix):
            self.prefix = self.suffix = ""
        self.labels = {
            name: value
            for name, value in self.labels.items()
            if name in other.labels and other.labels[name][:3] == value[:3]
        }
        self.annotations = {
            name: value
            for name, value in self.annotations.items()
            if name in other.annotations and other.annotations[name][0] == value[0]
        }
        return self

    def apply(self, placed: Placed) -> None:
        """Change *placed* accordingly."""
        kind = _text(placed, "kind")
        if self.namespace and kind not in _UNSPACED:
            placed.put(("metadata", "namespace"), self.namespace, self.origins["namespace"])
        if (self.prefix or self.suffix) and self.written and kind not in _UNNAMED:
            placed.put(("metadata", "name"), self._renamed(self.written), self.origins["name"])
            for reference in _references(placed, kind):
                if isinstance(reference.data, str):
                    reference.become(Placed(self._renamed(reference.data), reference.origin))
        templates = [way for way in _TEMPLATES if placed.get(*way) is not None]
        for name, (value, in_selectors, in_templates, origin) in self.labels.items():
            placed.put(("metadata", "labels", name), value, origin)
            if in_selectors or in_templates:
                for way in templates:
                    placed.put((*way, "metadata", "labels", name), value, origin)
            if in_selectors and kind == "Service" and placed.get("spec", "selector") is not None:
                placed.put(("spec", "selector", name), value, origin)
            if in_selectors and kind in _MATCH_LABELS:
                placed.put(("spec", "selector", "matchLabels", name), value, origin)
            if (
                in_selectors
                and kind == "PodDisruptionBudget"
                and placed.get("spec", "selector", "matchLabels")
            ):
                placed.put(("spec", "selector", "matchLabels", name), value, origin)
            if in_selectors and kind == "NetworkPolicy" and placed.get("spec", "podSelector", "matchLabels"):
                placed.put(("spec", "podSelector", "matchLabels", name), value, origin)
        for name, (value, origin) in self.annotations.items():
            placed.put(("metadata", "annotations", name), value, origin)
            for way in templates:
                placed.put((*way, "metadata", "annotations", name), value, origin)

    def _renamed(self, name: str) -> str:
        return f"{self.prefix}{name}{self.suffix}"


def transform(placed: Placed, kustomization: Document, naming: Naming) -> None:
    """Note the names that *kustomization* gives in *naming*, and change images and replicas of *placed*."""
    data = kustomization.data
    namespace = data.get("namespace")
    if isinstance(namespace, str) and namespace and _is_plain(namespace):
        naming.namespace = namespace
        naming.origins["namespace"] = Origin(kustomization, ("namespace",))
    for key in ("namePrefix", "nameSuffix"):
        value = data.get(key)
        if not isinstance(value, str) or not value or not _is_plain(value):
            continue
        if key == "namePrefix":
            naming.prefix = value + naming.prefix
        else:
            naming.suffix += value
        naming.names.add(f"{naming.prefix}{naming.written}{naming.suffix}")
        naming.origins["name"] = Origin(kustomization, (key,))
    _note_labels(kustomization, naming)
    annotations = data.get("commonAnnotations")
    for name, value in annotations.items() if isinstance(annotations, dict) else ():
        if isinstance(value, str):
            naming.annotations[name] = value, Origin(kustomization, ("commonAnnotations", name))
    _replicas(placed, kustomization, naming)
    _images(placed, kustomization)


def _note_labels(kustomization: Document, naming: Naming) -> None:
    data = kustomization.data
    common = data.get("commonLabels")
    for name, value in common.items() if isinstance(common, dict) else ():
        naming.labels[name] = str(value), True, True, Origin(kustomization, ("commonLabels", name))
    entries = data.get("labels")
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        pairs = entry.get("pairs") if isinstance(entry, dict) else None
        for name, value in pairs.items() if isinstance(pairs, dict) else ():
            origin = Origin(kustomization, ("labels", index, "pairs", name))
            selectors, templates = (
                entry.get(key) is True for key in ("includeSelectors", "includeTemplates")
            )
            naming.labels[name] = str(value), selectors, templates, origin


def _replicas(placed: Placed, kustomization: Document, naming: Naming) -> None:
    entries = kustomization.data.get("replicas")
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        if (
            isinstance(entry, dict)
            and isinstance(entry.get("count"), int)
            and isinstance(entry.get("name"), str)
            and entry["name"] in naming.names
            and _text(placed, "kind") in _SCALED
        ):
            origin = Origin(kustomization, ("replicas", index, "count"))
            placed.put(("spec", "replicas"), entry["count"], origin)


def _images(placed: Placed, kustomization: Document) -> None:
    entries = kustomization.data.get("images")
    if not isinstance(entries, list) or not entries:
        return
    changes = [entry for entry in entries if isinstance(entry, dict) and isinstance(entry.get("name"), str)]
    for way in ((), *_TEMPLATES):
        for key in ("containers", "initContainers"):
            containers = placed.get(*way, "spec", key)
            for container in containers.items() if containers is not None else ():
                image = container.get("image")
                if image is not None and isinstance(image.data, str):
                    for change in changes:
                        found = _changed(image.data, change)
                        if found is not None:
                            container.entries()["image"] = Placed(found, image.origin)


def _changed(image: str, change: dict[str, Any]) -> str | None:
    """Return *image* as the entry *change* of `images` makes it; `None` where that is about another."""
    parts = _IMAGE.match(image)
    if parts is None or parts["name"] != change["name"]:
        return None
    name, tag, digest = change.get("newName"), change.get("newTag"), change.get("digest")
    text = name if isinstance(name, str) and name else parts["name"]
    if isinstance(digest, str) and digest:
        return f"{text}@{digest}"
    if isinstance(tag, str | int | float) and not isinstance(tag, bool) and tag != "":
        return f"{text}:{tag}"
    rest = f":{parts['tag']}" if parts["tag"] else ""
    return text + rest + (f"@{parts['digest']}" if parts["digest"] else "")


def _references(placed: Placed, kind: str) -> list[Placed]:
    """Return the names of other resources in *placed* that follow a prefix (kustomize, nameReference)."""
    found: list[Placed | None] = []
    if kind == "StatefulSet":
        found.append(placed.get("spec", "serviceName"))
    if kind == "HorizontalPodAutoscaler":
        found.append(placed.get("spec", "scaleTargetRef", "name"))
    if kind == "Ingress":
        found.extend(_backends(placed))
    for way in ((), *_TEMPLATES):
        spec = placed.get(*way, "spec")
        if spec is None or spec.get("containers") is None:
            continue
        found.append(spec.get("serviceAccountName"))
        for volume in _items(spec, "volumes"):
            found.extend(
                volume.get(*keys)
                for keys in (
                    ("configMap", "name"),
                    ("secret", "secretName"),
                    ("persistentVolumeClaim", "claimName"),
                )
            )
        for container in (*_items(spec, "containers"), *_items(spec, "initContainers")):
            for entry in _items(container, "env"):
                found.extend(
                    entry.get("valueFrom", key, "name") for key in ("configMapKeyRef", "secretKeyRef")
                )
            for entry in _items(container, "envFrom"):
                found.extend(entry.get(key, "name") for key in ("configMapRef", "secretRef"))
    return [item for item in found if item is not None]


def _backends(placed: Placed) -> list[Placed | None]:
    found = [placed.get("spec", "defaultBackend", "service", "name")]
    spec = placed.get("spec")
    for rule in _items(spec, "rules") if spec is not None else ():
        http = rule.get("http")
        for path in _items(http, "paths") if http is not None else ():
            found.append(path.get("backend", "service", "name"))
            found.append(path.get("backend", "serviceName"))
    return found


def _items(placed: Placed, key: str) -> list[Placed]:
    found = placed.get(key)
    return found.items() if found is not None else []


def _text(placed: Placed, *keys: str) -> str:
    found = placed.get(*keys)
    return found.data if found is not None and isinstance(found.data, str) else ""


def _is_plain(text: str) -> bool:
    return "{{" not in text and "$" not in text
