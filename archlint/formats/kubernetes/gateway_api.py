"""Facts of the Gateway API: routes of gateways and of the mesh (GAMMA), retry budgets, and the resources as they are written.

Timeouts and retries are the implementation's where a route says nothing, so there are no defaults.
"""

from collections.abc import Iterator
from typing import Any

from archlint.api import Backend, Fact, Policy, PolicyFact, PolicyKey, PolicyValue, RouteFact
from archlint.formats.kubernetes.ingress import said_in, unread_in
from archlint.formats.kubernetes.kept import kept
from archlint.formats.kubernetes.linkerd import annotated
from archlint.formats.kubernetes.mesh import GATEWAY, MeshRoute, milliseconds, put_duration
from archlint.formats.kubernetes.views import Manifest

_EXPERIMENTAL = "gateway.networking.x-k8s.io"
_ENVOY = "gateway.envoyproxy.io"
_LINKERD = "policy.linkerd.io"
GROUPS = (GATEWAY, _EXPERIMENTAL, _ENVOY, _LINKERD)
_ROUTES = frozenset(("HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute"))
_KEPT = frozenset((
    "BackendTLSPolicy", "BackendTrafficPolicy", "ClientTrafficPolicy", "Gateway", "GatewayClass", "ReferenceGrant", "XBackendTrafficPolicy",
    "BackendLBPolicy", "HTTPRoute", "GRPCRoute",
))  # fmt: skip
_TYPES = {"Exact": "exact", "RegularExpression": "regex", "PathPrefix": "prefix"}


def facts(manifest: Manifest) -> Iterator[Fact]:
    """Yield the routes and budgets that *manifest* says, and the resource itself."""
    if not manifest.name or "{{" in manifest.name:
        return
    if manifest.kind in _ROUTES:
        for index, data in enumerate(manifest.items("spec", "rules")):
            if isinstance(data, dict):
                pointer = (*manifest.pointer, "spec", "rules", index)
                yield from _route(MeshRoute(manifest.document, pointer, data, manifest, "gateway-api"))
    elif manifest.kind.endswith("BackendTrafficPolicy"):
        yield from _budget(manifest)
    if manifest.kind in _KEPT:
        yield kept(manifest)


def _route(route: MeshRoute) -> Iterator[Fact]:
    """Yield one fact for the parents that are gateways, and one for those that are Services: there, their names are the hosts."""
    manifest = route.manifest
    backends = tuple(_backends(route))
    if not backends:
        return
    parents = [parent for parent in manifest.items("spec", "parentRefs") if isinstance(parent, dict)]
    services = [_host(parent) for parent in parents if parent.get("kind") == "Service"]
    gateways = [parent for parent in parents if parent.get("kind", "Gateway") == "Gateway"]
    if any(parent.get("kind") == "Server" for parent in parents) and not services and not gateways:
        return
    names = tuple(host for host in manifest.items("spec", "hostnames") if isinstance(host, str))
    matches = [_match(item, manifest.kind) for item in route.items("matches") if isinstance(item, dict)]
    methods = {method for match in matches for method in match.get("methods", ())}
    extra = _extra(manifest, route, matches)
    if gateways:
        extra["gateways"] = [_host(parent, "/") for parent in gateways]
    for hosts, mesh in ((names, False), (tuple(services), True)):
        if (mesh and not services) or (not mesh and services and not gateways):
            continue
        yield RouteFact(
            at=route.location,
            extractor="gateway-api",
            confidence=0.95,
            kind=manifest.kind,
            name=manifest.name,
            scope=manifest.scope,
            hosts=hosts,
            path=matches[0].get("path", "")
            if all(match.get("path") for match in matches) and matches
            else "",
            methods=tuple(sorted(methods)) if all(match.get("methods") for match in matches) else (),
            backends=backends,
            public=True if gateways and not mesh else None,
            mesh=mesh,
            policy=policy_of(route, mesh=mesh),
            extra=extra,
        )


def _host(reference: dict[str, Any], separator: str = ".") -> str:
    """Return the name that *reference* means, with the namespace where it is another: `name.namespace`, `namespace/name`."""
    name, namespace = str(reference.get("name", "")), reference.get("namespace")
    if not isinstance(namespace, str) or not namespace:
        return name
    return f"{namespace}/{name}" if separator == "/" else f"{name}.{namespace}"


def _backends(route: MeshRoute) -> Iterator[Backend]:
    for index, entry in enumerate(route.items("backendRefs")):
        name = entry.get("name") if isinstance(entry, dict) else None
        if not isinstance(entry, dict) or not isinstance(name, str) or not name or "{{" in name:
            continue
        if entry.get("kind", "Service") != "Service" or entry.get("group", "") not in {"", "core"}:
            continue
        weight, namespace = entry.get("weight"), entry.get("namespace")
        yield Backend(
            host=name,
            port=str(entry.get("port", "") or ""),
            weight=float(weight) if isinstance(weight, int | float) else None,
            at=route.at("backendRefs", index, "name"),
            scope=f"k8s:{namespace}" if isinstance(namespace, str) and namespace else route.manifest.scope,
        )


def _match(match: dict[str, Any], kind: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    path, method = match.get("path"), match.get("method")
    if kind == "GRPCRoute":
        if isinstance(method, dict) and isinstance(method.get("service"), str):
            found["path"] = f"/{method['service']}/{method.get('method', '') or ''}"
            found["match"] = "regex" if method.get("type") == "RegularExpression" else "prefix"
    else:
        if isinstance(path, dict):
            value = path.get("value", "/")
            found["path"] = value if isinstance(value, str) else "/"
            found["match"] = _TYPES.get(str(path.get("type", "PathPrefix")), "prefix")
        if isinstance(method, str):
            found["methods"] = [method.upper()]
    if match.get("headers") or match.get("queryParams"):
        found["conditional"] = True
    return found


def _extra(manifest: Manifest, route: MeshRoute, matches: list[dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if manifest.kind != "HTTPRoute":
        found["protocol"] = manifest.kind.removesuffix("Route").lower()
    if matches:
        found["matches"] = matches
        found["match"] = matches[0].get("match", "prefix")
    headers: list[str] = []
    for item in route.items("filters"):
        if not isinstance(item, dict):
            continue
        kind = item.get("type")
        if kind == "ExtensionRef":
            reference = item.get("extensionRef")
            name = reference.get("name", "") if isinstance(reference, dict) else ""
            found.setdefault("unread", []).append(str(name))
        elif kind == "URLRewrite" and isinstance(item.get("urlRewrite"), dict):
            path = item["urlRewrite"].get("path")
            if isinstance(path, dict):
                found["rewrite"] = str(path.get("replacePrefixMatch", path.get("replaceFullPath", "?")))
        elif kind == "ResponseHeaderModifier" and isinstance(item.get("responseHeaderModifier"), dict):
            modifier = item["responseHeaderModifier"]
            entries = [*_list(modifier.get("set")), *_list(modifier.get("add"))]
            headers.extend(
                str(entry["name"]).lower() for entry in entries if isinstance(entry, dict) and "name" in entry
            )
    if headers:
        found["headers"] = headers
    if route.streams:
        found["streams"] = True
    if unread := unread_in(manifest.annotations):
        found.setdefault("unread", []).extend(unread)
    return found


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def policy_of(route: MeshRoute, *, mesh: bool) -> Policy:
    """Return what *route* does to calls; in Linkerd's mesh, annotations count before the fields."""
    values: dict[PolicyKey, PolicyValue] = {} if mesh else said_in(route.manifest)
    put_duration(values, "timeoutMs", route, route.timeout)
    put_duration(values, "perTryTimeoutMs", route, route.per_try)
    if route.retries is not None:
        values["retries"] = PolicyValue(route.retries, route.at("retry", "attempts"))
    codes = route.retry.get("codes")
    if isinstance(codes, list) and codes:
        values["retryOn"] = PolicyValue(",".join(map(str, codes)), route.at("retry", "codes"))
    backoff = milliseconds(route.retry["backoff"]) if "backoff" in route.retry else None
    if backoff is not None:
        values["backoffMs"] = PolicyValue(backoff, route.at("retry", "backoff"))
    for index, item in enumerate(route.items("filters")):
        if isinstance(item, dict) and item.get("type") == "ExternalAuth":
            values["authorization"] = PolicyValue("external", route.at("filters", index))
    said = annotated(route.manifest) if mesh else {}
    layer: Any = "sidecar" if mesh else "gateway"
    return Policy(tool="linkerd" if said else "gateway-api", layer=layer, values={**values, **said})


def _budget(manifest: Manifest) -> Iterator[Fact]:
    """Yield the retry budget of the Services that a policy targets (GEP-3388; before 1.3 `BackendTrafficPolicy`, flat)."""
    key = next(
        (key for key in ("retryConstraint", "retry") if isinstance(manifest.get("spec", key), dict)), ""
    )
    if not key or manifest.group == _ENVOY:
        return
    for reference in manifest.items("spec", "targetRefs"):
        if isinstance(reference, dict) and reference.get("kind") == "Service":
            yield PolicyFact(
                at=manifest.at("metadata", "name"),
                extractor="gateway-api",
                confidence=0.95,
                policy=Policy(
                    tool="gateway-api",
                    layer="gateway",
                    values={"retryBudget": PolicyValue(True, manifest.at("spec", key))},
                ),
                target=str(reference.get("name", "")),
                scope=manifest.scope,
            )
