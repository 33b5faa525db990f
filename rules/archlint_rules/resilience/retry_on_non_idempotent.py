"""Requests that change something, sent again after they may have been served.

## Why is this bad?

An answer of 503 or a timeout does not say that nothing happened. A gateway that sends a `POST` again orders twice, pays twice, and hides it from the
caller. A proxy must not do so by itself (RFC 9110, 9.2.2).

## How to fix

Retry only methods that can be repeated (`GET`, `HEAD`, `PUT`, `DELETE`), or only before a request was sent. Where a `POST` has to be retried, let
the client do it with an idempotency key.
"""

from collections.abc import Iterator
from typing import Any

from archlint.api import Bad, Context, Good, Pointer, Problem, Severity, rule
from archlint.formats.spring import GATEWAYS, SpringConfig

_UNSAFE = ("POST", "PATCH")
_GATEWAY = """
spring:
  application: {{name: front}}
  cloud:
    gateway:
      {filters}
      routes:
      - id: stock
        uri: lb://stock
        predicates: [{predicates}]
        {more}
"""


def _gateway(filters: str = "", more: str = "", predicates: str = "Path=/stock/**") -> str:
    return _GATEWAY.format(filters=filters, more=more, predicates=f'"{predicates}"')


@rule(
    id="retry-on-non-idempotent",
    category="resilience",
    severity=Severity.ERROR,
    subject=SpringConfig,
    since="0.1.0",
    references=(
        "https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2",
        "https://docs.spring.io/spring-cloud-gateway/reference/spring-cloud-gateway/gatewayfilter-factories/retry-factory.html",
    ),
    examples=(
        Bad(
            _gateway(
                "default-filters:\n"
                "      - {name: Retry, args: {retries: 1, statuses: SERVICE_UNAVAILABLE, methods: POST}}  # <- every route of `front` retries `POST`"
            )
        ),
        Bad(
            _gateway(
                more="filters: [{name: Retry, args: {retries: 3, methods: [GET, POST]}}]  # <- the route `stock` of `front` retries `POST`"
            )
        ),
        Bad(
            _gateway(
                more='filters: ["Retry=3,BAD_GATEWAY,PATCH"]  # <- the route `stock` of `front` retries `PATCH`'
            )
        ),
        Good(_gateway(more="filters: [{name: Retry, args: {retries: 3}}]"), "only `GET`, by default"),
        Good(_gateway(more="filters: [{name: Retry, args: {methods: 'GET,PUT'}}]")),
        Good(_gateway(more="filters: [{name: Retry, args: {retries: 0, methods: POST}}]"), "no retry"),
        Good(
            _gateway(predicates="Method=GET", more="filters: [{name: Retry, args: {methods: 'GET,POST'}}]"),
            "no `POST` comes here",
        ),
    ),
)
def retry_on_non_idempotent(config: SpringConfig, context: Context) -> Iterator[Problem]:
    """Report retry filters of Spring Cloud Gateway that cover `POST` or `PATCH`, of all routes and of single ones."""
    del context
    owner = f"`{config.application}`" if config.application else "the gateway"
    for place in GATEWAYS:
        for pointer, methods in _retries(config, (*place, "default-filters")):
            yield _problem(config, f"every route of {owner} retries", pointer, methods)
        for index, route in enumerate(config.items(*place, "routes")):
            if not isinstance(route, dict) or not _may_change(route.get("predicates")):
                continue
            what = f"the route `{route.get('id') or index}` of {owner} retries"
            for pointer, methods in _retries(config, (*place, "routes", index, "filters")):
                yield _problem(config, what, pointer, methods)


def _problem(config: SpringConfig, what: str, pointer: Pointer, methods: list[str]) -> Problem:
    named = " and ".join(f"`{method}`" for method in methods)
    return Problem(f"{what} {named}", config.at(*pointer), help="retry only methods that can be repeated")


def _retries(config: SpringConfig, place: Pointer) -> Iterator[tuple[Pointer, list[str]]]:
    """Yield the retry filters at *place* with those of their methods that cannot be repeated."""
    for index, entry in enumerate(config.items(*place)):
        pointer: Pointer = (*place, index)
        retries: Any = ""
        methods: Any = None
        if isinstance(entry, str) and entry.startswith("Retry="):
            parts = [part.strip() for part in entry.removeprefix("Retry=").split(",")]
            retries, methods = parts[0], parts[2] if len(parts) > 2 else None  # noqa: PLR2004 - retries, statuses, methods
        elif isinstance(entry, dict) and entry.get("name") == "Retry" and isinstance(entry.get("args"), dict):
            retries, methods = entry["args"].get("retries", ""), entry["args"].get("methods")
            pointer = (*pointer, "args", "methods")
        names = methods if isinstance(methods, list) else str(methods or "").split(",")
        found = [name for name in _UNSAFE if name in {str(item).strip().upper() for item in names}]
        if found and str(retries) != "0":
            yield pointer, found


def _may_change(predicates: Any) -> bool:
    """Tell whether requests that change something pass the *predicates*: no `Method` leaves them out."""
    for entry in predicates if isinstance(predicates, list) else ():
        if isinstance(entry, str) and entry.startswith("Method="):
            return any(method in entry.upper() for method in _UNSAFE)
        if isinstance(entry, dict) and entry.get("name") == "Method":
            return any(method in str(entry.get("args")).upper() for method in _UNSAFE)
    return True
