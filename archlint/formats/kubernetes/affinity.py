"""Session affinity: requests of one client go to one copy of a service. Services, Ingresses, meshes and gateways can be told so."""

from collections.abc import Iterator
from typing import Any

from archlint.api import Fact, SelectFact
from archlint.formats.kubernetes.mesh import GATEWAY, ISTIO
from archlint.formats.kubernetes.views import Manifest

GROUPS = ("", "networking.k8s.io", "extensions", ISTIO, GATEWAY)
_ANNOTATIONS = {
    "nginx.ingress.kubernetes.io/affinity": ("cookie",),
    "haproxy-ingress.github.io/affinity": ("cookie",),
    "haproxy.org/cookie-persistence": (),
    "traefik.ingress.kubernetes.io/affinity": ("true",),
    "traefik.ingress.kubernetes.io/service.sticky.cookie": ("true",),
    "alb.ingress.kubernetes.io/target-group-attributes": ("stickiness.enabled=true",),
}
_CANARY = ("nginx.ingress.kubernetes.io/canary", "nginx.ingress.kubernetes.io/affinity-canary-behavior")
_SOCKETS = ("websocket", "socket.io", "/ws", "signalr", "/hub", "grpc-web", "sockjs")


def facts(manifest: Manifest) -> Iterator[Fact]:
    """Yield who keeps clients on one copy of what: `host` is the service, `spec` holds the setting as it is written."""
    for host, setting, keys in _affinities(manifest):
        yield SelectFact(
            at=manifest.at(*keys),
            extractor="kubernetes",
            kind="affinity",
            name=manifest.name,
            scope=manifest.scope,
            host=host,
            spec={
                "setting": setting,
                "sockets": any(word in str(manifest.data).lower() for word in _SOCKETS),
            },
        )


type Found = tuple[str, str, tuple[str | int, ...]]


def _affinities(manifest: Manifest) -> Iterator[Found]:
    if manifest.kind == "Service" and not manifest.group:
        if manifest.get("spec", "sessionAffinity") == "ClientIP":
            yield manifest.name, "sessionAffinity: ClientIP", ("spec", "sessionAffinity")
        yield from _annotated(manifest, {manifest.name})
    elif manifest.kind == "Ingress":
        yield from _annotated(manifest, set(_backends(manifest.get("spec"))))
    elif manifest.kind == "DestinationRule" and manifest.group == ISTIO:
        keys: tuple[str | int, ...] = (
            "spec",
            "trafficPolicy",
            "loadBalancer",
            "consistentHash",
            "httpCookie",
        )
        host = manifest.get("spec", "host")
        if isinstance(manifest.get(*keys), dict) and isinstance(host, str):
            yield host, "consistentHash.httpCookie", keys
    elif manifest.kind in {"HTTPRoute", "GRPCRoute"} and manifest.group == GATEWAY:
        for index, rule in enumerate(manifest.items("spec", "rules")):
            ends = rule.get("backendRefs") if isinstance(rule, dict) else None
            if isinstance(ends, list) and len(ends) == 1 and isinstance(rule.get("sessionPersistence"), dict):
                name = ends[0].get("name") if isinstance(ends[0], dict) else None
                if isinstance(name, str):
                    yield name, "sessionPersistence", ("spec", "rules", index, "sessionPersistence")


def _annotated(manifest: Manifest, hosts: set[str]) -> Iterator[Found]:
    annotations = manifest.annotations
    if any(key in annotations for key in _CANARY):
        return
    for key, values in _ANNOTATIONS.items():
        value = annotations.get(key, "")
        if value and "{{" not in value and (not values or any(one in value for one in values)):
            for host in sorted(hosts):
                yield host, f"{key.rpartition('/')[2]}: {value}"[:60], ("metadata", "annotations", key)


def _backends(spec: Any) -> Iterator[str]:
    """Yield the names of the services in an Ingress."""
    pending = [spec]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            service = value.get("service")
            name = service.get("name") if isinstance(service, dict) else value.get("serviceName")
            if isinstance(name, str):
                yield name
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)
