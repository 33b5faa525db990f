"""Routes of Spring Cloud Gateway."""

import re
from collections.abc import Iterator
from typing import Any

from archlint.api import Backend, Location, Pointer, Policy, PolicyKey, PolicyValue, RouteFact
from archlint.formats.spring.config import SpringConfig

GATEWAYS = (
    ("spring", "cloud", "gateway"),
    ("spring", "cloud", "gateway", "server", "webflux"),
    ("spring", "cloud", "gateway", "server", "webmvc"),
    ("spring", "cloud", "gateway", "mvc"),
)
"""Where the versions of the gateway keep their routes and filters."""
_TARGET = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*):(?://)?(?P<host>[A-Za-z0-9_.-]+)(?::(?P<port>\d+))?", re.IGNORECASE
)
_RETRIES = 3
_RETRIED = ("GET",)


def routes(config: SpringConfig) -> Iterator[RouteFact]:
    """Yield the routes that *config* gives to its application, each with the filters that hold for it."""
    for place in GATEWAYS:
        defaults = [*_filters(config.items(*place, "default-filters"))]
        for index, route in enumerate(config.items(*place, "routes")):
            pointer: Pointer = (*place, "routes", index)
            match = _TARGET.match(str(route.get("uri", ""))) if isinstance(route, dict) else None
            if match is None or "$" in str(route["uri"]):
                continue
            predicates = dict(_filters(route.get("predicates")))
            filters = [*defaults, *_filters(route.get("filters"))]
            at = config.at(*pointer, "uri")
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
                policy=_policy(filters, at),
                extra={"filters": [name for name, _ in filters]},
            )


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
    return tuple(str(item).strip() for item in items if str(item).strip())


def _policy(filters: list[tuple[str, Any]], at: Location) -> Policy:
    values: dict[PolicyKey, PolicyValue] = {}
    for name, arguments in filters:
        if name == "Retry":
            given = arguments if isinstance(arguments, dict) else {}
            said = given.get("retries", arguments if isinstance(arguments, str) else "")
            retries = int(said) if str(said).isdecimal() else _RETRIES
            values["retries"] = PolicyValue(retries, at, default=not str(said).isdecimal())
            values["retryMethods"] = PolicyValue(",".join(_words(given.get("methods")) or _RETRIED), at)
            conditions = [*_words(given.get("statuses")), *_words(given.get("series"))]
            if conditions:
                values["retryOn"] = PolicyValue(",".join(conditions), at)
        elif name == "CircuitBreaker":
            values["circuitBreaker"] = PolicyValue(True, at)
        elif name == "RequestRateLimiter":
            values["rateLimit"] = PolicyValue("filter", at)
    return Policy(tool="spring cloud gateway", layer="gateway", values=values)
