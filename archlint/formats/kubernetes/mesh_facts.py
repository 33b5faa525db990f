"""Facts of mesh and gateway resources: routes with their policies, and policies that rules over the graph ask for."""

from collections.abc import Iterator
from typing import Any

from archlint.api import Backend, Fact, RouteFact, SelectFact
from archlint.formats.kubernetes.mesh import GATEWAY, ISTIO, MeshRoute, milliseconds, routes
from archlint.formats.kubernetes.views import Manifest

GROUPS = (
    ISTIO,
    GATEWAY,
    "security.istio.io",
    "linkerd.io",
    "policy.linkerd.io",
    "keda.sh",
    "flagger.app",
    "argoproj.io",
)
_ROUTED = frozenset(("VirtualService", "HTTPRoute"))
_KEPT = frozenset((
    "PeerAuthentication", "RequestAuthentication", "AuthorizationPolicy", "DestinationRule", "ServiceEntry", "Gateway", "Sidecar", "VirtualService",
    "ServiceProfile", "Server", "ScaledObject", "Canary", "Rollout",
))  # fmt: skip


def facts(manifest: Manifest) -> Iterator[Fact]:
    """Yield the routes and the policies that *manifest* says."""
    if manifest.kind in _ROUTED:
        for route in routes(manifest):
            yield from _route(route)
    if manifest.kind in _KEPT:
        spec = manifest.mapping("spec")
        selector = spec.get("selector")
        reference = spec.get("scaleTargetRef", spec.get("targetRef"))
        target = (
            (str(reference.get("kind", "Deployment")), str(reference.get("name", "")))
            if isinstance(reference, dict)
            else None
        )
        host = spec.get("host")
        yield SelectFact(
            at=manifest.at("metadata", "name"),
            extractor="kubernetes",
            kind=f"{manifest.group}/{manifest.kind}",
            name=manifest.name,
            scope=manifest.scope,
            selector=selector if isinstance(selector, dict) else None,
            target=target,
            host=host if isinstance(host, str) else "",
            spec=spec,
        )


def _route(route: MeshRoute) -> Iterator[Fact]:
    manifest = route.manifest
    hosts = manifest.get("spec", "hosts", default=manifest.get("spec", "hostnames", default=[]))
    gateways = manifest.get("spec", "gateways", default=[])
    backends = tuple(_backends(route))
    if not backends:
        return
    policy: dict[str, Any] = {}
    if route.timeout is not None:
        policy["timeoutMs"] = milliseconds(route.timeout[0])
    if route.retries is not None:
        policy["retries"] = route.retries
    yield RouteFact(
        at=route.location,
        extractor=route.tool,
        confidence=0.95,
        kind=manifest.kind,
        name=manifest.name,
        scope=manifest.scope,
        hosts=tuple(host for host in hosts if isinstance(host, str)) if isinstance(hosts, list) else (),
        backends=backends,
        public=any(name != "mesh" for name in gateways) if isinstance(gateways, list) and gateways else None,
        policy=policy,
    )


def _backends(route: MeshRoute) -> Iterator[Backend]:
    key = "route" if route.tool == "istio" else "backendRefs"
    for index, entry in enumerate(route.items(key)):
        if not isinstance(entry, dict):
            continue
        where: tuple[str | int, ...]
        if route.tool == "istio":
            destination = entry.get("destination")
            target, where = (
                (destination if isinstance(destination, dict) else {}),
                (key, index, "destination", "host"),
            )
            name = target.get("host")
            port = target.get("port")
            number = port.get("number", "") if isinstance(port, dict) else ""
        else:
            target, where, name, number = (
                entry,
                (key, index, "name"),
                entry.get("name"),
                entry.get("port", ""),
            )
        if isinstance(name, str) and "{{" not in name:
            weight = entry.get("weight")
            yield Backend(
                host=name,
                port=str(number),
                subset=str(target.get("subset", "") or ""),
                weight=float(weight) if isinstance(weight, int | float) else None,
                at=route.at(*where),
                scope=route.manifest.scope,
            )
