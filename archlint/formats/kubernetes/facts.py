"""Facts of the core resources. Other groups' facts come from the modules beside this one, found by walking."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from archlint.api import (
    Backend,
    ConfigFact,
    Container,
    EndpointFact,
    Fact,
    Port,
    Probe,
    RouteFact,
    SelectFact,
    Setting,
    Volume,
    WorkloadFact,
)
from archlint.formats.kubernetes.files import flatten
from archlint.formats.kubernetes.views import ContainerView, Manifest, Workload, is_optional, text_map

type Reader = Callable[[Manifest], Iterator[Fact]]


def facts_of(manifest: Manifest) -> Iterator[Fact]:
    """Yield what *manifest* says of the system."""
    if manifest.workload is not None:
        yield _workload(manifest.workload)
    reader = _CORE.get((manifest.group, manifest.kind))
    if reader is not None and manifest.name:
        yield from reader(manifest)
    for other in _readers().get(manifest.group, ()):
        yield from other(manifest)


@cache
def _readers() -> dict[str, list[Reader]]:
    """Return the readers of further groups: modules of this package that have `GROUPS` and `facts`."""
    package = importlib.import_module("archlint.formats.kubernetes")
    found: dict[str, list[Reader]] = {}
    for entry in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{entry.name}")
        for group in getattr(module, "GROUPS", ()):
            found.setdefault(group, []).append(module.facts)
    return found


def _workload(workload: Workload) -> WorkloadFact:
    manifest = workload.manifest
    pod = workload.pod
    replicas = workload.get("spec", "replicas")
    grace = pod.get("terminationGracePeriodSeconds")
    return WorkloadFact(
        at=workload.at("metadata", "name"),
        extractor="kubernetes",
        kind=workload.kind,
        name=workload.name,
        scope=manifest.scope,
        labels=workload.pod_labels,
        own_labels=manifest.labels,
        annotations={
            **manifest.annotations,
            **text_map(workload.mapping(*workload.template, "metadata", "annotations")),
        },
        containers=tuple(_container(container) for container in workload.containers),
        volumes=tuple(_volumes(workload)),
        replicas=replicas if isinstance(replicas, int) else None,
        service_account=str(pod.get("serviceAccountName") or pod.get("serviceAccount") or ""),
        grace_seconds=grace if isinstance(grace, int | float) else None,
        host_network=pod.get("hostNetwork") is True,
        extra={"optional": True} if is_optional(workload.document) else {},
    )


def _container(container: ContainerView) -> Container:
    command = [part for key in ("command", "args") for part in container.items(key) if isinstance(part, str)]
    return Container(
        name=container.name,
        at=container.location,
        image=container.image if "image" in container.data else "",
        init=container.init,
        sidecar=container.is_sidecar,
        ports=tuple(_container_ports(container)),
        settings=(*_environment(container), *_arguments(container)),
        command=tuple(command),
        mounts=tuple(
            (str(mount.get("name", "")), str(mount.get("mountPath", "")), mount.get("readOnly") is True)
            for mount in container.items("volumeMounts")
            if isinstance(mount, dict)
        ),
        readiness=_probe(container, "readinessProbe"),
        liveness=_probe(container, "livenessProbe"),
        startup=_probe(container, "startupProbe"),
        resources=_resources(container),
    )


def _resources(container: ContainerView) -> dict[str, str]:
    if not isinstance(container.get("resources", default={}), dict):
        return {"unknown": "?"}
    return {
        f"{side}.{name}": str(value)
        for side in ("limits", "requests")
        for name, value in container.mapping("resources", side).items()
    }


def _container_ports(container: ContainerView) -> Iterator[Port]:
    for index, port in enumerate(container.items("ports")):
        if isinstance(port, dict):
            yield Port(
                number=number_of(port.get("containerPort")),
                name=str(port.get("name", "") or ""),
                protocol=str(port.get("protocol", "") or ""),
                published=str(port.get("hostPort", "") or ""),
                at=container.at("ports", index),
            )


def _environment(container: ContainerView) -> Iterator[Setting]:
    for index, source in enumerate(container.items("envFrom")):
        if not isinstance(source, dict):
            continue
        for key, kind in (("configMapRef", "configmap"), ("secretRef", "secret")):
            name = source.get(key, {}).get("name") if isinstance(source.get(key), dict) else None
            if isinstance(name, str):
                prefix = str(source.get("prefix", "") or "")
                yield Setting(
                    key=prefix, at=container.at("envFrom", index), via="env", source=f"{kind}:{name}#"
                )
    for index, entry in enumerate(container.items("env")):
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            continue
        name = entry["name"]
        if "value" in entry:
            yield Setting(key=name, value=known_text(entry["value"]), at=container.at("env", index, "value"))
            continue
        yield Setting(key=name, at=container.at("env", index), source=_value_source(entry.get("valueFrom")))


def _value_source(value: Any) -> str:
    if isinstance(value, dict):
        for key, kind in (("configMapKeyRef", "configmap"), ("secretKeyRef", "secret")):
            reference = value.get(key)
            if isinstance(reference, dict):
                return f"{kind}:{reference.get('name', '')}#{reference.get('key', '')}"
    return "other:"


def _arguments(container: ContainerView) -> Iterator[Setting]:
    for key in ("command", "args"):
        parts = container.items(key)
        for index, part in enumerate(parts):
            if not isinstance(part, str) or len(part) > 2_000:  # noqa: PLR2004
                continue
            at = container.at(key, index)
            if part.startswith("-") and "=" in part:
                name, _, value = part.lstrip("-").partition("=")
                yield Setting(key=name, value=known_text(value), at=at, via="argument")
            elif part.startswith("-") and index + 1 < len(parts) and isinstance(parts[index + 1], str):
                following = parts[index + 1]
                if not following.startswith("-"):
                    at = container.at(key, index + 1)
                    yield Setting(key=part.lstrip("-"), value=known_text(following), at=at, via="argument")
            elif (
                "=" in part
                and " " not in part
                and part.split("=")[0].replace("_", "").replace(".", "").isalnum()
            ):
                name, _, value = part.partition("=")
                yield Setting(key=name, value=known_text(value), at=at, via="argument")
            elif "://" in part and " " not in part:
                yield Setting(key="", value=known_text(part), at=at, via="argument")


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


def number_of(value: Any) -> int | None:
    """Return *value* as a port number, or `None`."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(value) if isinstance(value, str) and value.isdecimal() else None


def _probe(container: ContainerView, key: str) -> Probe | None:
    data = container.get(key)
    if not isinstance(data, dict):
        return None
    handler = "unknown"
    if isinstance(data.get("httpGet"), dict):
        http = data["httpGet"]
        handler = f"http:{http.get('port', '')}{http.get('path', '/')}"
    elif isinstance(data.get("tcpSocket"), dict):
        handler = f"tcp:{data['tcpSocket'].get('port', '')}"
    elif isinstance(data.get("grpc"), dict):
        handler = f"grpc:{data['grpc'].get('port', '')}/{data['grpc'].get('service', '')}"
    elif isinstance(data.get("exec"), dict):
        handler = f"exec:{data['exec'].get('command')}"
    timing = tuple(
        sorted((name, str(value)) for name, value in data.items() if not isinstance(value, dict | list))
    )
    return Probe(handler=handler, timing=timing, at=container.at(key))


def _volumes(workload: Workload) -> Iterator[Volume]:
    kinds = {
        "configMap": "configmap",
        "secret": "secret",
        "persistentVolumeClaim": "claim",
        "hostPath": "host",
        "emptyDir": "empty",
    }
    names = {
        "configMap": "name",
        "secret": "secretName",
        "persistentVolumeClaim": "claimName",
        "hostPath": "path",
    }
    for index, volume in enumerate(workload.items(*workload.template, "spec", "volumes")):
        if not isinstance(volume, dict):
            continue
        at = workload.at(*workload.template, "spec", "volumes", index)
        key = next((key for key in kinds if key in volume), None)
        source = volume.get(key) if key else None
        name = source.get(names.get(key or "", ""), "") if isinstance(source, dict) else ""
        yield Volume(
            name=str(volume.get("name", "")),
            kind=kinds[key] if key else "other",
            source=str(name or ""),
            at=at,
        )


def _service(manifest: Manifest) -> Iterator[Fact]:
    kind = str(manifest.get("spec", "type", default="ClusterIP"))
    selector = manifest.get("spec", "selector")
    name, namespace = manifest.name, manifest.namespace or "default"
    internal = any(
        "internal" in (key + value).lower()
        for key, value in manifest.annotations.items()
        if "balancer" in key
    )
    exposure: Any = {"LoadBalancer": "internal" if internal else "public", "NodePort": "node"}.get(
        kind, "internal"
    )
    yield EndpointFact(
        at=manifest.at("metadata", "name"),
        extractor="kubernetes",
        name=name,
        scope=manifest.scope,
        hostnames=(
            name,
            f"{name}.{namespace}",
            f"{name}.{namespace}.svc",
            f"{name}.{namespace}.svc.cluster.local",
        ),
        selector=text_map(selector) if isinstance(selector, dict) and selector else None,
        ports=tuple(_service_ports(manifest)),
        kind=kind,
        headless=manifest.get("spec", "clusterIP") == "None",
        external_name=str(manifest.get("spec", "externalName", default="") or ""),
        exposure=exposure,
        annotations=manifest.annotations,
        labels=manifest.labels,
    )


def _service_ports(manifest: Manifest) -> Iterator[Port]:
    for index, port in enumerate(manifest.items("spec", "ports")):
        if isinstance(port, dict):
            target = port.get("targetPort", port.get("port"))
            yield Port(
                number=number_of(port.get("port")),
                name=str(port.get("name", "") or ""),
                protocol=str(port.get("protocol", "") or ""),
                app_protocol=str(port.get("appProtocol", "") or ""),
                target=str(target if target is not None else ""),
                published=str(port.get("nodePort", "") or ""),
                at=manifest.at("spec", "ports", index),
            )


def _config_map(manifest: Manifest) -> Iterator[Fact]:
    entries: list[Setting] = []
    for key, value in manifest.mapping("data").items():
        at = manifest.at("data", key)
        if isinstance(value, str) and (
            "\n" in value or key.rpartition(".")[2] in {"yml", "yaml", "properties", "env", "json"}
        ):
            entries.extend(
                Setting(key=name, value=known_text(item), at=at, via="config", source=f"file:{key}")
                for name, item in flatten(key, value)
            )
        else:
            entries.append(Setting(key=key, value=known_text(value), at=at, via="config"))
    yield ConfigFact(
        at=manifest.at("metadata", "name"),
        extractor="kubernetes",
        kind="configmap",
        name=manifest.name,
        scope=manifest.scope,
        entries=tuple(entries),
    )


def _secret(manifest: Manifest) -> Iterator[Fact]:
    entries = tuple(
        Setting(key=key, at=manifest.at(part, key), via="secret")
        for part in ("data", "stringData")
        for key in manifest.mapping(part)
    )
    yield ConfigFact(
        at=manifest.at("metadata", "name"),
        extractor="kubernetes",
        kind="secret",
        name=manifest.name,
        scope=manifest.scope,
        entries=entries,
    )


def _ingress(manifest: Manifest) -> Iterator[Fact]:
    default = manifest.get("spec", "defaultBackend", default=manifest.get("spec", "backend"))
    if isinstance(default, dict):
        key = "defaultBackend" if "defaultBackend" in manifest.mapping("spec") else "backend"
        yield from _ingress_route(manifest, (), "", ("spec", key), default)
    for index, rule in enumerate(manifest.items("spec", "rules")):
        if not isinstance(rule, dict) or not isinstance(rule.get("http"), dict):
            continue
        hosts = (rule["host"],) if isinstance(rule.get("host"), str) else ()
        paths = rule["http"].get("paths")
        for number, path in enumerate(paths if isinstance(paths, list) else ()):
            if isinstance(path, dict) and isinstance(path.get("backend"), dict):
                keys = ("spec", "rules", index, "http", "paths", number, "backend")
                yield from _ingress_route(
                    manifest, hosts, str(path.get("path", "/") or "/"), keys, path["backend"]
                )


def _ingress_route(
    manifest: Manifest,
    hosts: tuple[str, ...],
    path: str,
    keys: tuple[str | int, ...],
    backend: dict[str, Any],
) -> Iterator[Fact]:
    service = backend.get("service")
    if isinstance(service, dict):
        given = service.get("port")
        port = given if isinstance(given, dict) else {}
        name, number, keys = (
            service.get("name"),
            port.get("number", port.get("name", "")),
            (*keys, "service", "name"),
        )
    else:
        name, number, keys = (
            backend.get("serviceName"),
            backend.get("servicePort", ""),
            (*keys, "serviceName"),
        )
    if isinstance(name, str) and "{{" not in name:
        target = Backend(host=name, port=str(number), at=manifest.at(*keys), scope=manifest.scope)
        yield RouteFact(
            at=manifest.at(*keys),
            extractor="ingress",
            kind="Ingress",
            name=manifest.name,
            scope=manifest.scope,
            hosts=hosts,
            path=path,
            backends=(target,),
            public=True,
            extra={"annotations": manifest.annotations},
        )


def _selecting(manifest: Manifest) -> Iterator[Fact]:
    spec = manifest.mapping("spec")
    selector = spec.get("podSelector", spec.get("selector"))
    reference = spec.get("scaleTargetRef")
    target = (
        (str(reference.get("kind", "")), str(reference.get("name", "")))
        if isinstance(reference, dict)
        else None
    )
    yield SelectFact(
        at=manifest.at("metadata", "name"),
        extractor="kubernetes",
        kind=manifest.kind,
        name=manifest.name,
        scope=manifest.scope,
        selector=selector if isinstance(selector, dict) else None,
        target=target,
        spec=spec,
    )


_CORE: dict[tuple[str, str], Reader] = {
    ("", "Service"): _service,
    ("", "ConfigMap"): _config_map,
    ("", "Secret"): _secret,
    ("networking.k8s.io", "Ingress"): _ingress,
    ("extensions", "Ingress"): _ingress,
    ("networking.k8s.io", "NetworkPolicy"): _selecting,
    ("policy", "PodDisruptionBudget"): _selecting,
    ("autoscaling", "HorizontalPodAutoscaler"): _selecting,
}
