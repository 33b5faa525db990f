"""Facts of mesh and gateway resources: routes with their policies, and policies that rules over the graph ask for."""

from collections.abc import Iterator
from typing import Any

from archlint.api import Backend, Fact, Policy, PolicyKey, PolicyValue, RouteFact, SelectFact
from archlint.formats.kubernetes.mesh import GATEWAY, ISTIO, MeshRoute, milliseconds, routes
from archlint.formats.kubernetes.views import Manifest

GROUPS = (
    ISTIO,
    GATEWAY,
    "security.istio.io",
    "linkerd.io",
    "policy.linkerd.io",
)
_ISTIO_RETRIES = 2
_ISTIO_RETRY_ON = "connect-failure,refused-stream,unavailable,cancelled"
_ROUTED = frozenset(("VirtualService", "HTTPRoute"))
_KEPT = frozenset((
    "PeerAuthentication", "RequestAuthentication", "AuthorizationPolicy", "DestinationRule", "ServiceEntry", "Gateway", "Sidecar", "VirtualService",
    "ServiceProfile", "Server",
))  # fmt: skip


def facts(manifest: Manifest) -> Iterator[Fact]:
    """Yield the routes and the policies that *manifest* says."""
    if manifest.kind in _ROUTED:
        for route in routes(manifest):
            yield from _route(route)
    if manifest.kind in _KEPT:
        spec = manifest.mapping("spec")
        selector = spec.get("selector")
        reference = spec.get("targetRef")
        target = (
            (str(reference.get("kind", "")), str(reference.get("name", "")))
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
    backends = tuple(_backends(route))
    if not backends:
        return
    public, mesh = _entries(manifest)
    yield RouteFact(
        at=route.location,
        extractor=route.tool,
        confidence=0.95,
        kind=manifest.kind,
        name=manifest.name,
        scope=manifest.scope,
        hosts=tuple(host for host in hosts if isinstance(host, str)) if isinstance(hosts, list) else (),
        backends=backends,
        public=public,
        mesh=mesh,
        policy=policy_of(route),
    )


def _entries(manifest: Manifest) -> tuple[bool | None, bool]:
    """Return whether traffic from outside follows the routes of *manifest*, and whether calls between services do.

    Istio: without `gateways` those of the mesh alone. Gateway API: of the parents, a Service means calls to it.
    """
    if manifest.group == ISTIO:
        gateways = manifest.get("spec", "gateways")
        names = gateways if isinstance(gateways, list) and gateways else ["mesh"]
        return (True if any(name != "mesh" for name in names) else None), "mesh" in names
    kinds = [
        parent.get("kind", "Gateway")
        for parent in manifest.items("spec", "parentRefs")
        if isinstance(parent, dict)
    ]
    return (True if "Gateway" in kinds else None), "Service" in kinds


def policy_of(route: MeshRoute) -> Policy:
    """Return what *route* does to calls.

    Istio: requests have no timeout and two retries on conditions that are safe, unless the route says otherwise (VirtualService,
    HTTPRoute.timeout and HTTPRetry). Gateway API leaves both to the implementation.
    """
    values: dict[PolicyKey, PolicyValue] = {}
    if route.timeout is not None:
        _duration(values, "timeoutMs", route, route.timeout)
    if route.per_try is not None:
        _duration(values, "perTryTimeoutMs", route, route.per_try)
    if route.retries is not None:
        key = "retries" if route.tool == "istio" else "retry"
        values["retries"] = PolicyValue(route.retries, route.at(key, "attempts"))
        conditions = route.retry.get("retryOn", route.retry.get("codes"))
        if conditions:
            said = ",".join(map(str, conditions)) if isinstance(conditions, list) else str(conditions)
            values["retryOn"] = PolicyValue(said, route.at(key))
    if route.tool == "istio":
        values.setdefault("timeoutMs", PolicyValue(0, default=True))
        if "retries" not in values and "fault" not in route.data:
            values["retries"] = PolicyValue(_ISTIO_RETRIES, default=True)
            values["retryOn"] = PolicyValue(_ISTIO_RETRY_ON, default=True)
    return Policy(tool=route.tool, layer="sidecar", values=values)


def _duration(
    values: dict[PolicyKey, PolicyValue],
    key: PolicyKey,
    route: MeshRoute,
    written: tuple[Any, tuple[str | int, ...]],
) -> None:
    found = milliseconds(written[0])
    if found is not None:
        values[key] = PolicyValue(found, route.at(*written[1]))


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
