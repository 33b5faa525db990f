"""Facts of Linkerd: annotations of Services and routes, and ServiceProfiles, which count instead of them.

A status that is to be retried is tried again once, unless a limit says otherwise; timeouts of the whole are not retried (Linkerd, Retries;
Timeouts). A profile's retries have no number: a budget bounds them.
"""

from collections.abc import Iterator

from archlint.api import Fact, Policy, PolicyFact, PolicyKey, PolicyValue, RouteFact
from archlint.formats.kubernetes.kept import kept
from archlint.formats.kubernetes.mesh import LINKERD, MeshRoute, milliseconds, put_duration, routes
from archlint.formats.kubernetes.views import Manifest, number_of

GROUPS = ("", LINKERD)
_RETRY, _TIMEOUT = "retry.linkerd.io/", "timeout.linkerd.io/"
_ACCRUAL = "balancer.linkerd.io/failure-accrual"
_RETRIES = 1
PROFILE = "linkerd profile"
"""The tool of policies that a ServiceProfile says: they replace those of annotations."""


def facts(manifest: Manifest) -> Iterator[Fact]:
    """Yield what the annotations of a Service, or a ServiceProfile, say of calls to it."""
    if not manifest.name or "{{" in manifest.name:
        return
    if manifest.kind == "Service" and not manifest.group:
        values = annotated(manifest)
        if values:
            yield _policy(manifest, "linkerd", values)
    elif manifest.kind == "ServiceProfile":
        for route in routes(manifest):
            yield _route(route)
        profile: dict[PolicyKey, PolicyValue] = {}
        if isinstance(manifest.get("spec", "retryBudget"), dict):
            profile["retryBudget"] = PolicyValue(True, manifest.at("spec", "retryBudget"))
        yield _policy(manifest, PROFILE, profile)
        yield kept(manifest)


def _policy(manifest: Manifest, tool: str, values: dict[PolicyKey, PolicyValue]) -> PolicyFact:
    return PolicyFact(
        at=manifest.at("metadata", "name"),
        extractor="linkerd",
        confidence=0.95,
        policy=Policy(
            tool=tool, layer="sidecar", values=values, replaces="linkerd" if tool == PROFILE else ""
        ),
        target=manifest.name,
        scope=manifest.scope,
    )


def annotated(manifest: Manifest) -> dict[PolicyKey, PolicyValue]:
    """Return what the annotations of a Service or route say; empty where none is Linkerd's."""
    annotations = manifest.annotations
    values: dict[PolicyKey, PolicyValue] = {}

    def put(key: PolicyKey, name: str, value: float | bool | str | None) -> None:  # noqa: FBT001
        if value is not None:
            values[key] = PolicyValue(value, manifest.at("metadata", "annotations", name))

    for key, name in (("timeoutMs", f"{_TIMEOUT}request"), ("perTryTimeoutMs", f"{_RETRY}timeout")):
        if name in annotations:
            put(key, name, milliseconds(annotations[name]))  # type: ignore[arg-type]
    conditions = [
        (name, annotations[name]) for name in (f"{_RETRY}http", f"{_RETRY}grpc") if name in annotations
    ]
    if conditions:
        put("retryOn", conditions[0][0], ",".join(value for _, value in conditions))
        limit = number_of(annotations.get(f"{_RETRY}limit", ""))
        if limit is not None:
            put("retries", f"{_RETRY}limit", limit)
        else:
            values["retries"] = PolicyValue(_RETRIES, default=True)
    if annotations.get(_ACCRUAL) == "consecutive":
        put("circuitBreaker", _ACCRUAL, True)
    return values


def _route(route: MeshRoute) -> RouteFact:
    manifest = route.manifest
    values: dict[PolicyKey, PolicyValue] = {}
    put_duration(values, "timeoutMs", route, route.timeout)
    if route.get("isRetryable") is True:
        values["retries"] = PolicyValue(_RETRIES, route.at("isRetryable"))
        values["retryOn"] = PolicyValue("5xx", default=True)
        values["retryBudget"] = PolicyValue(True, default=True)
    method, path = route.get("condition", "method"), route.get("condition", "pathRegex")
    return RouteFact(
        at=route.location,
        extractor="linkerd",
        confidence=0.95,
        kind="ServiceProfile",
        name=route.name,
        scope=manifest.scope,
        hosts=(manifest.name,),
        path=path if isinstance(path, str) else "",
        methods=(method.upper(),) if isinstance(method, str) else (),
        mesh=True,
        policy=Policy(tool=PROFILE, layer="sidecar", values=values),
        extra={"match": "regex"},
    )
