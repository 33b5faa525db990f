"""Facts of the core resources. Other groups' facts come from the modules beside this one, found by walking."""

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from typing import Any

from archlint.api import (
    ConfigFact,
    Container,
    Document,
    Fact,
    Port,
    Probe,
    Setting,
    Volume,
    WorkloadFact,
    regex,
    with_options,
)
from archlint.formats.kubernetes import dapr, knative, strimzi
from archlint.formats.kubernetes.core import CORE, Reader
from archlint.formats.kubernetes.views import (
    ContainerView,
    Manifest,
    Workload,
    is_optional,
    manifests,
    number_of,
    setting_of,
    text_map,
)

_SLEEP = regex(r"(?:^|[\s/])sleep (?P<seconds>\d{1,5})\b")
_HOST_PORT = regex(r"[a-z][a-z0-9.-]{0,252}[a-z0-9]:[1-9]\d{1,4}")
_FLAG = regex(
    r"(?<![\w.-])--?(?P<name>[A-Za-z][\w.-]{0,60})[= ][\"']?(?P<value>[a-z](?:[a-z0-9.-]{0,250}[a-z0-9])?:[1-9]\d{1,4})(?![\w:./-])"
)
"""An option of a command in a script that is given a host and a port."""
_MOST_WORD = 100
_ADDRESS = regex(
    r"(?<![\w+.-])[a-z][a-z0-9+.-]*://(?:[^\s/@\"'`$]*@)?[A-Za-z0-9._-]++(?::\d++)?(?![\w:${`%(<])(?:/[^\s\"'`;|&()<>$]*)?"
)
"""An address in a script, whose host is written out."""


def facts_of(manifest: Manifest) -> Iterator[Fact]:
    """Yield what *manifest* says of the system; nothing where only rendering gives it a name."""
    if "{{" in manifest.name:
        return
    workload = manifest.workload or knative.workload_of(manifest)
    if workload is not None:
        yield _workload(workload)
        yield from dapr.invocations(workload)
    reader = CORE.get((manifest.group, manifest.kind))
    if reader is not None and manifest.name:
        yield from reader(manifest)
    for other in _readers().get(manifest.group, ()):
        yield from other(manifest)


def settings_in(document: Document) -> Iterator[tuple[Setting, str]]:
    """Yield the settings of the containers, ConfigMaps, components and connectors of *document*, each with the name of what has it."""
    for manifest in manifests(document):
        workload = manifest.workload or knative.workload_of(manifest)
        if workload is not None:
            for container in workload.containers:
                for setting in with_options((*_environment(container), *_arguments(container))):
                    yield setting, manifest.name
        elif manifest.kind == "ConfigMap" and not manifest.group:
            for fact in CORE["", "ConfigMap"](manifest):
                for setting in fact.entries if isinstance(fact, ConfigFact) else ():
                    yield setting, manifest.name
        elif manifest.group in dapr.GROUPS + strimzi.GROUPS:
            for setting in (*dapr.settings(manifest), *strimzi.settings(manifest)):
                yield setting, manifest.name


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
    annotations = {
        **manifest.annotations,
        **text_map(workload.mapping(*workload.template, "metadata", "annotations")),
    }
    grace = pod.get("terminationGracePeriodSeconds")
    return WorkloadFact(
        at=workload.at("metadata", "name"),
        extractor="kubernetes",
        kind=workload.kind,
        name=workload.name,
        scope=manifest.scope,
        labels=workload.pod_labels,
        own_labels=manifest.labels,
        annotations=annotations,
        aliases=(annotations["dapr.io/app-id"],) if annotations.get("dapr.io/app-id") else (),
        containers=tuple(_container(container) for container in workload.containers),
        volumes=tuple(_volumes(workload)),
        replicas=replicas if isinstance(replicas, int) else None,
        service_account=str(pod.get("serviceAccountName") or pod.get("serviceAccount") or ""),
        grace_seconds=grace if isinstance(grace, int | float) else None,
        host_network=pod.get("hostNetwork") is True,
        extra=_extra(workload),
    )


def _extra(workload: Workload) -> dict[str, Any]:
    """Return what else is known: whether only some deployments have the workload, of which chart it is, how it is replaced, how long containers sleep.

    A `replicas` or `grace` that is written and cannot be read is there as `?`.
    """
    sleeps = [_sleep(container) for container in workload.containers if not container.init]
    strategy = workload.get("spec", "strategy", "type")
    replicas = workload.get("spec", "replicas")
    grace = workload.pod.get("terminationGracePeriodSeconds")
    chart = workload.document.memo.get("chart")
    return {
        **({"optional": True} if is_optional(workload.document) else {}),
        **({"strategy": strategy} if isinstance(strategy, str) else {}),
        **({"preStopSeconds": max(sleeps)} if any(sleeps) else {}),
        **({"noToken": True} if workload.pod.get("automountServiceAccountToken") is False else {}),
        **({"replicas": "?"} if replicas is not None and not isinstance(replicas, int) else {}),
        **({"chart": chart} if chart is not None else {}),
        **({"grace": "?"} if grace is not None and not isinstance(grace, int | float) else {}),
    }


def _sleep(container: ContainerView) -> int:
    """Return for how many seconds the hook before the container's stop sleeps: by its own action, or as a command."""
    seconds = number_of(container.get("lifecycle", "preStop", "sleep", "seconds"))
    words = " ".join(str(part) for part in container.items("lifecycle", "preStop", "exec", "command"))
    match = _SLEEP.search(words)
    return seconds or (int(match["seconds"]) if match else 0)


def _container(container: ContainerView) -> Container:
    command = [part for key in ("command", "args") for part in container.items(key) if isinstance(part, str)]
    return Container(
        name=container.name,
        at=container.location,
        image=container.image if "image" in container.data else "",
        init=container.init,
        sidecar=container.is_sidecar,
        ports=tuple(_container_ports(container)),
        settings=tuple(with_options((*_environment(container), *_arguments(container)))),
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
    if any(
        not isinstance(container.get("resources", *keys, default={}), dict)
        for keys in ((), ("limits",), ("requests",))
    ):
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
            yield setting_of(name, entry["value"], container.at("env", index, "value"))
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
        waits = any("wait" in str(part)[:_MOST_WORD] for part in parts)
        for index, part in enumerate(parts):
            if not isinstance(part, str) or len(part) > 2_000:  # noqa: PLR2004
                continue
            at = container.at(key, index)
            if part.startswith("-") and "=" in part:
                name, _, value = part.lstrip("-").partition("=")
                yield setting_of(name, value, at, "argument")
            elif part.startswith("-") and index + 1 < len(parts) and isinstance(parts[index + 1], str):
                following = parts[index + 1]
                if not following.startswith("-"):
                    at = container.at(key, index + 1)
                    yield setting_of(part.lstrip("-"), following, at, "argument")
            elif (
                "=" in part
                and " " not in part
                and part.split("=")[0].replace("_", "").replace(".", "").isalnum()
            ):
                name, _, value = part.partition("=")
                yield setting_of(name, value, at, "argument")
            elif "://" in part and " " not in part:
                yield setting_of("", part, at, "argument")
            elif _HOST_PORT.fullmatch(part) and not waits:
                yield Setting(key="", value=part, at=at, via="argument")
            elif "://" in part:
                for address in dict.fromkeys(_ADDRESS.findall(part)):
                    yield setting_of("", address, at, "argument")
            if " " in part and not waits:
                for match in _FLAG.finditer(part):
                    yield setting_of(match["name"], match["value"], at, "argument")


def _probe(container: ContainerView, key: str) -> Probe | None:
    data = container.get(key)
    if isinstance(data, str) and "{{" in data:
        return Probe(handler="unknown", at=container.at(key))
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
