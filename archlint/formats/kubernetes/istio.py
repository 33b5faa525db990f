"""Facts of Istio's networking resources: routes, what proxies do to calls of a host, and the resources as they are written."""

from collections.abc import Iterator
from typing import Any

from archlint.api import Backend, Fact, Pointer, Policy, PolicyFact, PolicyKey, PolicyValue, RouteFact
from archlint.formats.kubernetes.kept import kept
from archlint.formats.kubernetes.mesh import ISTIO, MeshRoute, put_duration, routes
from archlint.formats.kubernetes.views import Manifest

GROUPS = (ISTIO,)
_KEPT = frozenset((
    "DestinationRule", "EnvoyFilter", "Gateway", "ServiceEntry", "Sidecar", "VirtualService", "WorkloadEntry",
))  # fmt: skip
_RETRIES = 2
_RETRY_ON = "connect-failure,refused-stream,unavailable,cancelled"
_MATCHES = ("exact", "prefix", "regex")
_MTLS = {"MUTUAL": "strict", "ISTIO_MUTUAL": "strict", "DISABLE": "disabled"}


def facts(manifest: Manifest) -> Iterator[Fact]:
    """Yield the routes and policies that *manifest* says, and the resource itself."""
    if manifest.kind == "VirtualService":
        for route in routes(manifest):
            yield from _http(route)
        for key in ("tls", "tcp"):
            for index, data in enumerate(manifest.items("spec", key)):
                if isinstance(data, dict):
                    yield from _stream(manifest, key, index, data)
    elif manifest.kind == "DestinationRule":
        yield from _destination(manifest)
    if manifest.kind in _KEPT:
        selector, host = manifest.get("spec", "selector"), manifest.get("spec", "host")
        fact = kept(manifest, selector=selector if isinstance(selector, dict) else None)
        fact.host = host if isinstance(host, str) else ""
        yield fact


def _http(route: MeshRoute) -> Iterator[Fact]:
    manifest = route.manifest
    backends = tuple(_backends(manifest, route.pointer, route.items("route")))
    delegate = route.get("delegate", "name")
    if not backends and not isinstance(delegate, str):
        return
    public, mesh = _entries(manifest)
    matches = [_match(item) for item in route.items("match") if isinstance(item, dict)]
    first = matches[0] if matches else {}
    methods = {method for match in matches for method in match.get("methods", ())}
    extra = _extra(manifest, route.data, matches)
    if not backends:
        extra["delegate"] = str(delegate)
    yield RouteFact(
        at=route.location,
        extractor="istio",
        confidence=0.95,
        kind="VirtualService",
        name=manifest.name,
        scope=manifest.scope,
        hosts=_hosts(manifest),
        path=first.get("path", "") if all(match.get("path") for match in matches) else "",
        methods=tuple(sorted(methods)) if all(match.get("methods") for match in matches) else (),
        backends=backends,
        public=public,
        mesh=mesh,
        policy=policy_of(route, mesh=mesh) if backends else None,
        extra=extra,
    )


def _stream(manifest: Manifest, key: str, index: int, data: dict[str, Any]) -> Iterator[Fact]:
    """Yield a route of connections, which are not looked into."""
    pointer: Pointer = (*manifest.pointer, "spec", key, index)
    backends = tuple(_backends(manifest, pointer, _list(data.get("route"))))
    if not backends:
        return
    public, mesh = _entries(manifest)
    names = [
        name
        for match in _list(data.get("match"))
        if isinstance(match, dict) and isinstance(match.get("sniHosts"), list)
        for name in match["sniHosts"]
        if isinstance(name, str)
    ]
    yield RouteFact(
        at=manifest.document.at(pointer),
        extractor="istio",
        confidence=0.95,
        kind="VirtualService",
        name=manifest.name,
        scope=manifest.scope,
        hosts=tuple(names) or _hosts(manifest),
        backends=backends,
        public=public,
        mesh=mesh,
        extra={"protocol": key, **_extra(manifest, data, [])},
    )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _hosts(manifest: Manifest) -> tuple[str, ...]:
    return tuple(host for host in manifest.items("spec", "hosts") if isinstance(host, str))


def _entries(manifest: Manifest) -> tuple[bool | None, bool]:
    """Return whether traffic from outside follows the routes of *manifest*, and whether calls between services do.

    Without `gateways` they are those of the mesh alone; a delegate (no hosts) has those of the one that names it.
    """
    gateways = manifest.get("spec", "gateways")
    names = [name for name in gateways if isinstance(name, str)] if isinstance(gateways, list) else []
    if not names:
        return None, bool(_hosts(manifest))
    outer = [name for name in names if name != "mesh" and "egress" not in name and "{{" not in name]
    inner = [name for name in outer if any(word in name for word in ("internal", "private", "eastwest"))]
    public = None if not outer else len(inner) < len(outer)
    return public, "mesh" in names


def _match(match: dict[str, Any]) -> dict[str, Any]:
    """Return the path of a match, how it matches, its methods, and whether it asks for more than these."""
    found: dict[str, Any] = {}
    uri, method = match.get("uri"), match.get("method")
    if isinstance(uri, dict):
        kind = next((kind for kind in _MATCHES if isinstance(uri.get(kind), str)), "")
        if kind:
            found |= {"path": uri[kind], "match": kind}
    if isinstance(method, dict) and isinstance(method.get("exact"), str):
        found["methods"] = [method["exact"].upper()]
    elif isinstance(method, dict) and isinstance(method.get("regex"), str):
        found["methods"] = [part.strip("^$() ").upper() for part in method["regex"].split("|")]
    if match.keys() - {"uri", "method", "name", "ignoreUriCase", "authority", "scheme", "port", "gateways"}:
        found["conditional"] = True
    return found


def _extra(manifest: Manifest, data: dict[str, Any], matches: list[dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    gateways = [name for name in manifest.items("spec", "gateways") if isinstance(name, str)]
    if gateways:
        found["gateways"] = gateways
    if matches:
        found["matches"] = matches
        found["match"] = matches[0].get("match", "prefix")
    rewrite = data.get("rewrite")
    if isinstance(rewrite, dict) and ("uri" in rewrite or "uriRegexRewrite" in rewrite):
        found["rewrite"] = str(rewrite.get("uri", "?"))
    headers = data.get("headers")
    response = headers.get("response") if isinstance(headers, dict) else None
    names = [
        name.lower()
        for side in ("set", "add")
        if isinstance(response, dict) and isinstance(response.get(side), dict)
        for name in response[side]
    ]
    if names:
        found["headers"] = names
    return found


def _backends(manifest: Manifest, pointer: Pointer, entries: list[Any]) -> Iterator[Backend]:
    for index, entry in enumerate(entries):
        target = entry.get("destination") if isinstance(entry, dict) else None
        name = target.get("host") if isinstance(target, dict) else None
        if not isinstance(target, dict) or not isinstance(name, str) or not name or "{{" in name:
            continue
        port, weight = target.get("port"), entry.get("weight")
        number = port.get("number", "") if isinstance(port, dict) else ""
        yield Backend(
            host=name,
            port=str(number),
            subset=str(target.get("subset", "") or ""),
            weight=float(weight) if isinstance(weight, int | float) else None,
            at=manifest.document.at((*pointer, "route", index, "destination", "host")),
            scope=manifest.scope,
        )


def policy_of(route: MeshRoute, *, mesh: bool = True) -> Policy:
    """Return what *route* does to calls.

    Requests have no timeout and two retries on conditions that are safe, unless the route says otherwise (VirtualService, HTTPRoute.timeout
    and HTTPRetry); a fault switches both off.
    """
    values: dict[PolicyKey, PolicyValue] = {}
    put_duration(values, "timeoutMs", route, route.timeout)
    put_duration(values, "perTryTimeoutMs", route, route.per_try)
    values.setdefault("timeoutMs", PolicyValue(0, default=True))
    written = route.retries is not None
    if written or "fault" not in route.data:
        retries = route.retries if route.retries is not None else _RETRIES
        values["retries"] = PolicyValue(
            retries, route.at("retries", "attempts") if written else None, default=not written
        )
    if values.get("retries", PolicyValue(0)).value:
        conditions = route.retry.get("retryOn")
        said = isinstance(conditions, str) and bool(conditions.strip())
        values["retryOn"] = PolicyValue(
            str(conditions) if said else _RETRY_ON, route.at("retries") if said else None, default=not said
        )
        put_duration(values, "backoffMs", route, (route.retry.get("backoff"), ("retries", "backoff")))
    return Policy(tool="istio", layer="sidecar" if mesh else "gateway", values=values)


def _destination(manifest: Manifest) -> Iterator[Fact]:
    """Yield what the proxies of all callers do to calls of a host; where single ports have settings, the first one's count for all."""
    host = manifest.get("spec", "host")
    if not isinstance(host, str) or not host or "{{" in host or "*" in host:
        return
    values: dict[PolicyKey, PolicyValue] = {}
    places: list[Pointer] = [("spec", "trafficPolicy")]
    places.extend(
        ("spec", "trafficPolicy", "portLevelSettings", index)
        for index in range(len(manifest.items("spec", "trafficPolicy", "portLevelSettings")))
    )
    for place in places:
        if isinstance(manifest.get(*place), dict):
            _traffic(values, manifest, place)
    if values:
        yield PolicyFact(
            at=manifest.at("metadata", "name"),
            extractor="istio",
            confidence=0.95,
            policy=Policy(tool="istio", layer="sidecar", values=values),
            target=host,
            scope=manifest.scope,
        )


def _traffic(values: dict[PolicyKey, PolicyValue], manifest: Manifest, place: Pointer) -> None:
    outliers = (*place, "outlierDetection")
    if isinstance(manifest.get(*outliers), dict):
        values.setdefault(
            "circuitBreaker", PolicyValue(_ejects(manifest.mapping(*outliers)), manifest.at(*outliers))
        )
    most = (*place, "connectionPool", "tcp", "maxConnections")
    number = manifest.get(*most)
    if isinstance(number, int) and not isinstance(number, bool):
        values.setdefault("maxConnections", PolicyValue(number, manifest.at(*most)))
    if isinstance(manifest.get(*place, "retryBudget"), dict):
        values.setdefault("retryBudget", PolicyValue(True, manifest.at(*place, "retryBudget")))
    mode = manifest.get(*place, "tls", "mode")
    if isinstance(mode, str) and mode in _MTLS:
        values.setdefault("mtls", PolicyValue(_MTLS[mode], manifest.at(*place, "tls", "mode")))


def _ejects(outliers: dict[str, Any]) -> bool:
    """Tell whether a host is ever ejected: five errors in a row do so unless both counts are zero, or none may be ejected."""
    counts = [outliers.get("consecutive5xxErrors", 5), outliers.get("consecutiveGatewayErrors", 0)]
    if "consecutiveErrors" in outliers:
        counts.append(outliers["consecutiveErrors"])
    return any(count != 0 for count in counts) and outliers.get("maxEjectionPercent", 10) != 0
