"""Facts of services, configuration, ingresses and policies."""

from collections.abc import Callable, Iterator
from typing import Any

from archlint.api import Backend, ConfigFact, EndpointFact, Fact, Port, RouteFact, SelectFact, Setting
from archlint.formats.kubernetes.files import flatten
from archlint.formats.kubernetes.views import Manifest, known_text, number_of, text_map

type Reader = Callable[[Manifest], Iterator[Fact]]


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


CORE: dict[tuple[str, str], Reader] = {
    ("", "Service"): _service,
    ("", "ConfigMap"): _config_map,
    ("", "Secret"): _secret,
    ("networking.k8s.io", "Ingress"): _ingress,
    ("extensions", "Ingress"): _ingress,
    ("networking.k8s.io", "NetworkPolicy"): _selecting,
    ("policy", "PodDisruptionBudget"): _selecting,
    ("autoscaling", "HorizontalPodAutoscaler"): _selecting,
}
"""Readers by API group and kind."""
