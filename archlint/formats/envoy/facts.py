"""Facts of an Envoy bootstrap: routes, what they lead to, and what Envoy does to requests on the way."""

from collections.abc import Iterator

from archlint.api import Backend, DependencyFact, Fact, Location, Policy, PolicyKey, PolicyValue, RouteFact
from archlint.formats.envoy.views import (
    EnvoyCluster,
    EnvoyConfig,
    EnvoyFilter,
    EnvoyNode,
    EnvoyRoute,
    milliseconds,
)

AUTHENTICATION = frozenset(("jwt_authn", "ext_authz", "oauth2", "basic_auth", "api_key_auth", "rbac"))
"""HTTP filters that let nobody pass who is unknown or not allowed."""

_TIMEOUT = 15_000
_BACKOFF = 25
_CONNECTIONS = 1_024
_WINDOWS = {1_000: "second", 60_000: "minute", 3_600_000: "hour"}


def facts_of(config: EnvoyConfig) -> Iterator[Fact]:
    """Yield the routes of HTTP and TCP, and the services that filters ask; who reads the file routes."""
    for route in config.routes:
        backends = tuple(
            end for name, weight, _ in route.clusters for end in _backends(config.clusters.get(name), weight)
        )
        if backends:
            yield RouteFact(
                at=route.path[1],
                extractor="envoy",
                confidence=0.95,
                kind="Envoy",
                name=route.name,
                scope="",
                hosts=route.domains,
                path=route.path[0],
                methods=route.methods,
                backends=backends,
                policy=policy_of(config, route),
                extra={
                    "filters": sorted({one.kind for one in route.manager.http_filters}),
                    "limiter": _limiter(route),
                    "issuers": _issuers(route),
                    "matches": [
                        {
                            "path": route.path[0] or "/",
                            "match": route.match,
                            "conditional": route.is_conditional,
                        }
                    ],
                },
            )
    if not config.filters:
        yield from _watched(config)
    for one in config.filters:
        if one.kind == "tcp_proxy":
            yield from _tcp(config, one)
    for manager in config.managers:
        for one in manager.http_filters:
            yield from _asked(config, one)


def _issuers(route: EnvoyRoute) -> list[str]:
    """Return whose tokens are accepted on *route* (JwtAuthentication.providers); none where a provider takes those of everybody."""
    found: list[str] = []
    for one in route.manager.http_filters:
        if one.kind != "jwt_authn" or _is_off(route, one):
            continue
        for provider in one.config.mapping("providers").values():
            issuer = provider.get("issuer") if isinstance(provider, dict) else None
            if not isinstance(issuer, str):
                return []
            found.append(issuer)
    return found


def _backends(cluster: EnvoyCluster | None, weight: float | None) -> Iterator[Backend]:
    for host, port, at in cluster.addresses() if cluster is not None else ():
        yield Backend(host=host, port=port, weight=weight, at=at)


def _watched(config: EnvoyConfig) -> Iterator[Fact]:
    """Yield that who reads a file of clusters leads to them: the routes are in other files."""
    for way, _ in config.messages("resources"):
        cluster = EnvoyCluster(config.document, (*config.pointer, *way), config.get(*way))
        for host, port, at in cluster.addresses():
            yield DependencyFact(
                at=at,
                extractor="envoy",
                confidence=0.9,
                source="",
                target=host,
                kind="routes",
                port=int(port) if port.isdecimal() else None,
                extra={"cluster": cluster.name},
            )


def _tcp(config: EnvoyConfig, proxy: EnvoyFilter) -> Iterator[Fact]:
    name = proxy.config.pick("cluster")
    backends = tuple(_backends(config.clusters.get(name), None)) if isinstance(name, str) else ()
    if backends:
        yield RouteFact(
            at=proxy.config.place("cluster"),
            extractor="envoy",
            confidence=0.95,
            kind="EnvoyTcp",
            name=str(name),
            scope="",
            backends=backends,
        )


def _asked(config: EnvoyConfig, one: EnvoyFilter) -> Iterator[Fact]:
    """Yield the calls of a filter itself: to a service that authorises, counts or publishes keys."""
    for name in sorted(one.clusters):
        for end in _backends(config.clusters.get(name), None):
            yield DependencyFact(
                at=end.at,
                extractor="envoy",
                confidence=0.95,
                source="",
                target=end.host,
                kind="calls",
                port=int(end.port) if end.port.isdecimal() else None,
                extra={"filter": one.kind},
            )


def policy_of(config: EnvoyConfig, route: EnvoyRoute) -> Policy:
    """Return what Envoy does to requests on *route*.

    The timeout (15 s by default, 0 = none) spans all retries; there are none without a policy, and one where the policy has a condition
    and no number, after 25 ms at least (RouteAction.timeout, RetryPolicy). A cluster has at most 1024 connections by default
    (CircuitBreakers.Thresholds).
    """
    values: dict[PolicyKey, PolicyValue] = {}
    written = route.pick("route", "timeout")
    total = milliseconds(written)
    if total is not None:
        values["timeoutMs"] = PolicyValue(total, route.place("route", "timeout"))
    elif written is None:
        values["timeoutMs"] = PolicyValue(_TIMEOUT, default=True)
    _retries(values, route)
    cluster = config.clusters.get(route.clusters[0][0])
    if cluster is not None:
        _cluster(values, cluster)
    for one in route.manager.http_filters:
        if _is_off(route, one):
            continue
        if one.kind in AUTHENTICATION:
            values.setdefault("authorization", PolicyValue(one.kind, one.place("name")))
        elif one.kind in {"local_ratelimit", "ratelimit"}:
            limit = rate_of(_own(route, one))
            if limit is not None or one.kind == "ratelimit":
                values["rateLimit"] = PolicyValue(*(limit or ("service", one.place("name"))))
    return Policy(tool="envoy", layer="gateway", values=values)


def _retries(values: dict[PolicyKey, PolicyValue], route: EnvoyRoute) -> None:
    retry = route.retry
    if retry is None:
        values["retries"] = PolicyValue(0, default=True)
        return
    if route.retries is not None:
        number = retry.pick("num_retries")
        at = retry.place("num_retries") if number is not None else retry.location
        values["retries"] = PolicyValue(route.retries, at)
    conditions = retry.pick("retry_on")
    if isinstance(conditions, str) and conditions:
        values["retryOn"] = PolicyValue(conditions, retry.place("retry_on"))
    single = milliseconds(retry.pick("per_try_timeout"))
    if single is not None:
        values["perTryTimeoutMs"] = PolicyValue(single, retry.place("per_try_timeout"))
    wait = milliseconds(retry.pick("retry_back_off", "base_interval"))
    values["backoffMs"] = (
        PolicyValue(wait, retry.place("retry_back_off", "base_interval"))
        if wait is not None
        else PolicyValue(_BACKOFF, default=True)
    )


def _cluster(values: dict[PolicyKey, PolicyValue], cluster: EnvoyCluster) -> None:
    if isinstance(cluster.pick("outlier_detection"), dict):
        values["circuitBreaker"] = PolicyValue(True, cluster.place("outlier_detection"))
    values["maxConnections"] = PolicyValue(_CONNECTIONS, default=True)
    for way, data in cluster.messages("circuit_breakers", "thresholds"):
        node = EnvoyNode(cluster.document, (*cluster.pointer, *way), data)
        if data.get("priority", "DEFAULT") != "DEFAULT":
            continue
        most = node.pick("max_connections")
        if isinstance(most, int) and not isinstance(most, bool):
            values["maxConnections"] = PolicyValue(most, node.place("max_connections"))
        if isinstance(node.pick("retry_budget"), dict):
            values["retryBudget"] = PolicyValue(True, node.place("retry_budget"))
    for way in (
        cluster.way("transport_socket", "typed_config", "common_tls_context"),
        cluster.way("tls_context", "common_tls_context"),
    ):
        if any(cluster.pick(*way, key) for key in ("tls_certificates", "tls_certificate_sds_secret_configs")):
            values["mtls"] = PolicyValue("strict", cluster.at(*way))


def _own(route: EnvoyRoute, one: EnvoyFilter) -> EnvoyNode:
    """Return the configuration of a filter for *route*: its own, that of its virtual host, or that of all routes."""
    for node in (route, route.host):
        for key in ("typed_per_filter_config", "per_filter_config"):
            way = node.way(key, one.name_of())
            if isinstance(node.get(*way), dict):
                return EnvoyNode(node.document, (*node.pointer, *way), node.get(*way))
    return one.config


def _is_off(route: EnvoyRoute, one: EnvoyFilter) -> bool:
    return _own(route, one).data.get("disabled") is True or one.data.get("disabled") is True


def _limiter(route: EnvoyRoute) -> str:
    """Return who counts requests on *route*: every Envoy by itself (`local`), or all together (`shared`)."""
    found = ""
    for one in route.manager.http_filters:
        if one.kind == "ratelimit" and not _is_off(route, one):
            return "shared"
        if (
            one.kind == "local_ratelimit"
            and not _is_off(route, one)
            and rate_of(_own(route, one)) is not None
        ):
            found = "shared" if one.config.pick("local_cluster_rate_limit") is not None else "local"
    return found


def rate_of(config: EnvoyNode) -> tuple[str, Location] | None:
    """Return the limit of a token bucket as `100/minute`, and where it stands; the filter enforces nothing unless it is told to."""
    bucket = config.pick("token_bucket")
    shares = [config.pick(key, "default_value", "numerator") for key in ("filter_enabled", "filter_enforced")]
    if not isinstance(bucket, dict) or not all(shares):
        return None
    node = EnvoyNode(config.document, (*config.pointer, *config.way("token_bucket")), bucket)
    count = node.pick("tokens_per_fill") or 1
    every = milliseconds(node.pick("fill_interval"))
    if not isinstance(count, int) or not every:
        return None
    shown = _WINDOWS.get(int(every), f"{every / 1_000:g}s")
    return f"{count}/{shown}", config.at(*config.way("token_bucket"), on_key=True)
