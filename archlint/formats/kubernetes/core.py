"""Facts of services, configuration and policies."""

from collections.abc import Callable, Iterator
from typing import Literal

from archlint.api import ConfigFact, EndpointFact, Fact, Port, SelectFact, Setting, reach_of
from archlint.formats.kubernetes.block_lines import BlockLines
from archlint.formats.kubernetes.files import flatten
from archlint.formats.kubernetes.secret_addresses import address_in
from archlint.formats.kubernetes.views import Manifest, known_text, number_of, text_map

type Reader = Callable[[Manifest], Iterator[Fact]]


def _service(manifest: Manifest) -> Iterator[Fact]:
    kind = str(manifest.get("spec", "type", default="ClusterIP"))
    selector = manifest.get("spec", "selector")
    name, namespace = manifest.name, manifest.namespace or "default"
    yield EndpointFact(
        at=manifest.at("metadata", "name"),
        extractor="kubernetes",
        name=name,
        scope=manifest.scope,
        hostnames=tuple(
            f"{host}{ending}"
            for host in (name, *manifest.former_names)
            for ending in ("", f".{namespace}", f".{namespace}.svc", f".{namespace}.svc.cluster.local")
        ),
        selector=text_map(selector) if isinstance(selector, dict) and selector else None,
        ports=tuple(_service_ports(manifest)),
        kind=kind,
        headless=manifest.get("spec", "clusterIP") == "None",
        external_name=str(manifest.get("spec", "externalName", default="") or ""),
        exposure=_exposure(manifest, kind),
        annotations=manifest.annotations,
        labels=manifest.labels,
    )


def _exposure(manifest: Manifest, kind: str) -> Literal["internal", "node", "public"]:
    """Return who can reach a Service; load balancers that annotations or source ranges keep inside are internal."""
    if kind == "LoadBalancer":
        ranges = [
            text for text in manifest.items("spec", "loadBalancerSourceRanges") if isinstance(text, str)
        ]
        inside = bool(ranges) and all(reach_of(text.partition("/")[0]) == "inside" for text in ranges)
        return "internal" if inside or any(map(_keeps_inside, manifest.annotations.items())) else "public"
    if manifest.items("spec", "externalIPs"):
        return "public"
    return "node" if kind == "NodePort" else "internal"


def _keeps_inside(annotation: tuple[str, str]) -> bool:
    key, value = annotation[0].lower(), annotation[1].strip().lower()
    if not ("balancer" in key or "lb" in key):
        return False
    return value in {"internal", "private", "intranet"} or (
        "internal" in key and value not in {"", "false", "no"}
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
            inside = BlockLines(manifest, at)
            entries.extend(
                Setting(
                    key=name,
                    value=known_text(item),
                    at=inside.place(name, item),
                    via="config",
                    source=f"file:{key}",
                )
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
        Setting(
            key=key,
            value=address_in(key, value, encoded=part == "data"),
            at=manifest.at(part, key),
            via="secret",
        )
        for part in ("data", "stringData")
        for key, value in manifest.mapping(part).items()
    )
    yield ConfigFact(
        at=manifest.at("metadata", "name"),
        extractor="kubernetes",
        kind="secret",
        name=manifest.name,
        scope=manifest.scope,
        entries=entries,
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
    ("networking.k8s.io", "NetworkPolicy"): _selecting,
    ("policy", "PodDisruptionBudget"): _selecting,
    ("autoscaling", "HorizontalPodAutoscaler"): _selecting,
}
"""Readers by API group and kind."""
