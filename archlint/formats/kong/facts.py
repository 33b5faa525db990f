"""Facts of Kong's configuration: routes, what they lead to, and what Kong does to requests on the way."""

from collections.abc import Iterator

from archlint.api import Backend, Fact, Location, Policy, PolicyKey, PolicyValue, RouteFact, SelectFact
from archlint.formats.kong.views import (
    AUTHENTICATION,
    KongConfig,
    KongPlugin,
    KongRoute,
    KongService,
    KongUpstream,
)

_RETRIES = 5
_TIMEOUT = 60_000
_TIMEOUTS = ("connect_timeout", "write_timeout", "read_timeout")
_IDEMPOTENT = "GET,HEAD,OPTIONS,PUT,DELETE,TRACE"
_BREAKS = ("http_failures", "tcp_failures", "timeouts")
_PERIODS = ("second", "minute", "hour", "day", "month", "year")
_WINDOWS = {1: "second", 60: "minute", 3_600: "hour", 86_400: "day"}


def facts_of(config: KongConfig) -> Iterator[Fact]:
    """Yield a route for every path of the routes that lead to something; the folder tells which service routes."""
    for route in config.routes:
        if route.service is None:
            continue
        backends = tuple(
            Backend(host=host, port=port, weight=weight, at=at)
            for host, port, weight, at in route.service.targets()
        )
        if not backends:
            continue
        policy = policy_of(route, route.service)
        for path, at in route.texts("paths") or [("", route.location)]:
            yield RouteFact(
                at=at,
                extractor="kong",
                confidence=0.95,
                kind="Kong",
                name=route.name or route.service.name,
                scope="",
                hosts=tuple(host for host, _ in route.texts("hosts")),
                path=path,
                methods=tuple(method for method, _ in route.texts("methods")),
                backends=backends,
                policy=policy,
                extra={
                    "plugins": sorted(route.plugins),
                    "issuers": _issuers(route),
                    "protocol": route.service.target[0],
                    "limiter": _limiter(config, route),
                },
            )

    for upstream in config.upstreams.values():
        yield from _affinity(upstream)


def _issuers(route: KongRoute) -> list[str]:
    """Return the issuer whose tokens Kong accepts on *route* (OpenID Connect plugin, `config.issuer`)."""
    plugin = route.plugins.get("openid-connect")
    issuer = plugin.config.get("issuer") if plugin is not None else None
    return [issuer] if isinstance(issuer, str) else []


def _affinity(upstream: KongUpstream) -> Iterator[Fact]:
    """Yield that Kong keeps clients on one target of *upstream*."""
    key = "hash_on" if upstream.data.get("hash_on") == "cookie" else "algorithm"
    if key == "hash_on" or upstream.data.get("algorithm") == "sticky-sessions":
        for host, _, _, _ in upstream.targets():
            yield SelectFact(
                at=upstream.at(key),
                extractor="kong",
                kind="affinity",
                name=upstream.name,
                scope="",
                host=host,
                spec={"setting": f"{key}: {upstream.data[key]}"},
            )


def policy_of(route: KongRoute, service: KongService) -> Policy:
    """Return what Kong does to requests on *route*.

    There is no timeout of the whole: `retries` further tries (default 5) may each take as long as the longest of the timeouts for
    connecting, sending and waiting, which hold between two operations (default 60 s each; Kong, Service object). NGINX sends a request
    that has been sent once, and whose method is not idempotent, to nobody else (`proxy_next_upstream`).
    """
    values: dict[PolicyKey, PolicyValue] = {"timeoutMs": PolicyValue(0, default=True)}
    values["perTryTimeoutMs"] = _per_try(route, service)
    retries = service.data.get("retries", _RETRIES)
    if isinstance(retries, int) and not isinstance(retries, bool):
        written = "retries" in service.data
        values["retries"] = PolicyValue(
            retries, service.at("retries") if written else None, default=not written
        )
        values["retryMethods"] = PolicyValue(_IDEMPOTENT, default=True)
    if service.data.get("client_certificate") and service.target[0] in {"https", "grpcs", "tls"}:
        values["mtls"] = PolicyValue("strict", service.at("client_certificate"))
    upstream = service.upstream
    breaks = upstream.mapping("healthchecks", "passive", "unhealthy") if upstream is not None else {}
    if upstream is not None and any(breaks.get(key) for key in _BREAKS):
        values["circuitBreaker"] = PolicyValue(True, upstream.at("healthchecks", "passive", "unhealthy"))
    for name, plugin in route.plugins.items():
        if name in AUTHENTICATION:
            values.setdefault("authorization", PolicyValue(name, plugin.place))
        elif limit := rate_of(plugin):
            values.setdefault("rateLimit", PolicyValue(*limit))
    return Policy(tool="kong", layer="gateway", values=values)


def _per_try(route: KongRoute, service: KongService) -> PolicyValue:
    overriding = route.plugins.get("upstream-timeout")
    longest: PolicyValue | None = None
    for key in _TIMEOUTS:
        other = "send_timeout" if key == "write_timeout" else key
        if overriding is not None and isinstance(overriding.config.get(other), int):
            value = PolicyValue(overriding.config[other], overriding.at("config", other))
        elif isinstance(service.data.get(key), int):
            value = PolicyValue(service.data[key], service.at(key))
        else:
            value = PolicyValue(_TIMEOUT, default=True)
        if longest is None or value.value > longest.value:  # type: ignore[operator]
            longest = value
    return longest or PolicyValue(_TIMEOUT, default=True)


def _limiter(config: KongConfig, route: KongRoute) -> str:
    """Return who counts requests on *route*: every node by itself (`local`, the default since Kong 3), or all together (`shared`)."""
    since = str(config.data.get("_format_version", ""))
    default = "cluster" if since.startswith(("1", "2")) else "local"
    for name, plugin in route.plugins.items():
        if rate_of(plugin) is not None:
            key = "policy" if name == "rate-limiting" else "strategy"
            return "local" if plugin.config.get(key, default) == "local" else "shared"
    return ""


def rate_of(plugin: KongPlugin) -> tuple[str, Location] | None:
    """Return the smallest window's limit of a rate limiting plugin as `100/minute`, and where it stands."""
    if plugin.name in {"rate-limiting", "service-protection"}:
        for period in _PERIODS:
            limit = plugin.config.get(period)
            if isinstance(limit, int | float) and not isinstance(limit, bool):
                return f"{limit:g}/{period}", plugin.at("config", period)
    limits, sizes = plugin.config.get("limit"), plugin.config.get("window_size")
    if plugin.name.startswith(("rate-limiting-advanced", "service-protection")):
        pairs = zip(
            limits if isinstance(limits, list) else [limits],
            sizes if isinstance(sizes, list) else [sizes],
            strict=False,
        )
        for limit, size in pairs:
            if isinstance(limit, int | float) and isinstance(size, int | float):
                return f"{limit:g}/{_WINDOWS.get(int(size), f'{size:g}s')}", plugin.at("config", "limit")
    return None
