"""Routes of Spring Cloud Gateway."""

import re
from collections.abc import Iterator
from typing import Any

from archlint.api import (
    Backend,
    Location,
    Policy,
    PolicyFact,
    PolicyKey,
    PolicyValue,
    RouteFact,
    Setting,
    regex,
)
from archlint.formats.spring.config import SpringConfig
from archlint.formats.spring.relaxed import filled, milliseconds

GATEWAYS = (
    ("spring", "cloud", "gateway"),
    ("spring", "cloud", "gateway", "server", "webflux"),
    ("spring", "cloud", "gateway", "server", "webmvc"),
    ("spring", "cloud", "gateway", "mvc"),
)
"""Where the versions of the gateway keep their routes and filters."""
TOOL = "spring cloud gateway"
_TARGET = regex(
    r"(?P<scheme>[a-z][a-z0-9+.-]*):(?://)?(?P<host>[A-Za-z0-9_.-]+)(?::(?P<port>\d+))?", re.IGNORECASE
)
_RETRIES = 3
_RETRIED = ("GET",)
_RETRY_ARGUMENTS = ("retries", "statuses", "methods", "firstBackoff")
_STEP = regex(r"[^.\[\]]+")
_MOST_ITEMS = 10_000


def routes(config: SpringConfig) -> Iterator[RouteFact]:
    """Yield the routes that *config* gives to its application, each with the filters that hold for it."""
    limit = _response_timeout(config)
    for gateway in GATEWAYS:
        data, places = _nested(config, ".".join(gateway))
        defaults = [*_filters(data.get("default-filters", data.get("defaultFilters")))]
        entries = data.get("routes")
        for index, route in enumerate(entries if isinstance(entries, list) else ()):
            match = _TARGET.match(str(route.get("uri", ""))) if isinstance(route, dict) else None
            if match is None or "$" in str(route["uri"]):
                continue
            predicates = dict(_filters(route.get("predicates")))
            filters = [*defaults, *_filters(route.get("filters"))]
            at = places["routes", index, "uri"]
            yield RouteFact(
                at=at,
                extractor="spring gateway",
                confidence=0.9,
                kind="SpringGateway",
                name=str(route.get("id", "")),
                scope="",
                hosts=_words(predicates.get("Host")),
                path=next(iter(_words(predicates.get("Path"))), ""),
                methods=_words(predicates.get("Method")),
                backends=(Backend(host=match["host"], port=match["port"] or "", at=at),),
                gateway=config.application,
                policy=_policy(filters, at, _of_route(route, at) or limit),
                extra={"filters": [name for name, _ in filters]},
            )


def client_policies(config: SpringConfig) -> Iterator[PolicyFact]:
    """Yield what holds for all calls of a gateway whose routes are not here: of other documents, or found by discovery."""
    limit = _response_timeout(config)
    if limit is not None and not any(_nested(config, ".".join(place))[0].get("routes") for place in GATEWAYS):
        yield PolicyFact(
            at=limit.at or config.location,
            extractor="spring gateway",
            confidence=0.9,
            source=config.application,
            policy=Policy(tool=TOOL, layer="gateway", values={"timeoutMs": limit}),
        )


def retry_filters(config: SpringConfig) -> Iterator[tuple[str, int, bool, Location]]:
    """Yield the retry filters: where they hold, how often they retry, whether with a backoff, and their place."""
    for gateway in GATEWAYS:
        data, places = _nested(config, ".".join(gateway))
        holders: list[tuple[str, tuple[str | int, ...], Any]] = [
            ("all routes", (key,), data.get(key)) for key in ("default-filters", "defaultFilters")
        ]
        entries = data.get("routes")
        for index, route in enumerate(entries if isinstance(entries, list) else ()):
            if isinstance(route, dict):
                name = f"the route `{route.get('id', index)}`"
                holders.append((name, ("routes", index, "filters"), route.get("filters")))
        for name, way, filters in holders:
            for number, entry in enumerate(filters if isinstance(filters, list) else ()):
                for kind, arguments in _filters([entry]):
                    retries = _retry_arguments(arguments).get("retries", _RETRIES)
                    if kind == "Retry" and str(retries).isdecimal():
                        place = (*way, number)
                        at = places.get(place, places.get((*place, "name"), config.location))
                        yield name, int(str(retries)), _has_backoff(arguments), at


def _nested(
    config: SpringConfig, prefix: str
) -> tuple[dict[str, Any], dict[tuple[str | int, ...], Location]]:
    """Return what stands below *prefix* as plain data, from YAML and properties alike, and the places of the values."""
    values: dict[tuple[str | int, ...], tuple[str | None, Location]] = {}
    for key, setting in _below(config, prefix):
        steps = tuple(int(step) if step.isdecimal() else step for step in _STEP.findall(key))
        if steps:
            values[steps] = (setting.value, setting.at)
    data: dict[str | int, Any] = {}
    for steps, (value, _) in values.items():
        parent = data
        for step in steps[:-1]:
            child = parent.setdefault(step, {})
            if not isinstance(child, dict):
                break
            parent = child
        else:
            parent.setdefault(steps[-1], value)
    plain = _plain(data)
    return plain if isinstance(plain, dict) else {}, {steps: at for steps, (_, at) in values.items()}


def _below(config: SpringConfig, prefix: str) -> Iterator[tuple[str, Setting]]:
    start = prefix + "."
    for key, setting in config.settings.items():
        if key.startswith(start):
            yield key[len(start) :], setting


def _plain(data: dict[str | int, Any]) -> Any:
    """Return *data* with mappings from 0, 1, … as lists; the deepest first, so that nothing recurses."""
    order: list[dict[str | int, Any]] = [data]
    for found in order:
        order.extend(value for value in found.values() if isinstance(value, dict))
    lists: dict[int, Any] = {}
    for found in reversed(order):
        for key, value in found.items():
            if isinstance(value, dict):
                found[key] = lists[id(value)]
        numbered = bool(found) and all(isinstance(key, int) and key < _MOST_ITEMS for key in found)
        lists[id(found)] = (
            [found.get(index) for index in range(max(map(int, found)) + 1)]
            if numbered
            else {str(key): value for key, value in found.items()}
        )
    return lists[id(data)]


def _filters(entries: Any) -> Iterator[tuple[str, Any]]:
    """Yield name and arguments of filters or predicates, which are written `Name=a,b` or as a mapping."""
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, str):
            name, _, arguments = entry.partition("=")
            yield name.strip(), arguments
        elif isinstance(entry, dict) and isinstance(entry.get("name"), str):
            yield entry["name"], entry.get("args", {})


def _words(value: Any) -> tuple[str, ...]:
    if isinstance(value, dict):
        value = ",".join(str(item) for item in value.values() if isinstance(item, str))
    items = value if isinstance(value, list) else str(value or "").split(",")
    return tuple(str(item).strip() for item in items if item is not None and str(item).strip())


def _retry_arguments(arguments: Any) -> dict[str, Any]:
    """Return the arguments of a retry filter by name; the short form has them in order (RetryGatewayFilterFactory)."""
    if isinstance(arguments, dict):
        return arguments
    given = [part.strip() for part in str(arguments or "").split(",")]
    return {key: value for key, value in zip(_RETRY_ARGUMENTS, given, strict=False) if value}


def _has_backoff(arguments: Any) -> bool:
    given = _retry_arguments(arguments)
    return bool(given.get("backoff") or given.get("firstBackoff") or given.get("jitter"))


def _policy(filters: list[tuple[str, Any]], at: Location, limit: PolicyValue | None) -> Policy:
    values: dict[PolicyKey, PolicyValue] = {}
    for name, arguments in filters:
        if name == "Retry":
            given = _retry_arguments(arguments)
            said = str(given.get("retries", ""))
            retries = int(said) if said.isdecimal() else _RETRIES
            values["retries"] = PolicyValue(retries, at, default=not said.isdecimal())
            values["retryMethods"] = PolicyValue(",".join(_words(given.get("methods")) or _RETRIED), at)
            conditions = [*_words(given.get("statuses")), *_words(given.get("series"))]
            if conditions:
                values["retryOn"] = PolicyValue(",".join(conditions), at)
            backoff = given.get("backoff")
            first = backoff.get("firstBackoff") if isinstance(backoff, dict) else given.get("firstBackoff")
            wait = milliseconds(str(first))
            if wait is not None:
                values["backoffMs"] = PolicyValue(wait, at)
        elif name in {"CircuitBreaker", "Hystrix"}:
            values["circuitBreaker"] = PolicyValue(True, at)
        elif name == "RequestRateLimiter":
            values["rateLimit"] = PolicyValue("filter", at)
    if limit is not None:
        values["perTryTimeoutMs" if "retries" in values else "timeoutMs"] = limit
    return Policy(tool=TOOL, layer="gateway", values=values)


def _response_timeout(config: SpringConfig) -> PolicyValue | None:
    """Return how long the gateway waits for the response to one request (`httpclient.response-timeout`; without it for ever)."""
    for gateway in GATEWAYS[:2]:
        setting = config.setting(".".join((*gateway, "httpclient", "responsetimeout")))
        length = milliseconds(filled(setting.value or "")) if setting is not None else None
        if setting is not None and length is not None:
            return PolicyValue(length, setting.at)
    return None


def _of_route(route: dict[str, Any], at: Location) -> PolicyValue | None:
    metadata = route.get("metadata")
    length = milliseconds(str(metadata.get("response-timeout"))) if isinstance(metadata, dict) else None
    return PolicyValue(length, at) if length is not None else None
