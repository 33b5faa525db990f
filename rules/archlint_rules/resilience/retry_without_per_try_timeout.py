"""Retries with a total timeout and none for a single try.

## Why is this bad?

A try that hangs uses up the whole time. When it ends there is none left for another one, so just the failure that retries are for is never retried.

## How to fix

Add a timeout per try, a fraction of the total.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Location, Problem, Severity, rule
from archlint.formats.envoy import EnvoyRoute
from archlint.formats.envoy import milliseconds as envoy_milliseconds
from archlint.formats.grpc_config import GrpcMethodConfig
from archlint.formats.kubernetes import MeshRoute, milliseconds

_WAITING = frozenset(("5xx", "gateway-error", "reset", "deadline-exceeded"))
_ENVOY = """
static_resources:
  listeners:
    - filter_chains:
        - filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                route_config:
                  virtual_hosts:
                    - name: shop
                      {host}
                      routes:
                        - match: {{prefix: /orders}}
                          route:
                            cluster: orders
                            {route}
                        - match: {{prefix: /stock}}
                          route: {{cluster: stock}}
"""
_GRPC = """
methodConfig:
  - name: [{{service: shop.v1.Stock}}]
    {timeout}
    retryPolicy:{marker}
      maxAttempts: 3
      initialBackoff: 0.1s
      maxBackoff: 1s
      backoffMultiplier: 2
      retryableStatusCodes: [{codes}]
"""
_ISTIO = """
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: orders}}
spec:
  hosts: [orders]
  http:
    - route: [{{destination: {{host: orders}}}}]
      timeout: 2s
      retries: {retries}
"""


def _envoy(route: str = "priority: DEFAULT", host: str = "require_tls: NONE") -> str:
    return _ENVOY.format(route=route, host=host)


def _grpc(timeout: str = "timeout: 1s", codes: str = "UNAVAILABLE", marker: str = "") -> str:
    return _GRPC.format(timeout=timeout, codes=codes, marker=marker)


def _retries(subject: MeshRoute | EnvoyRoute | GrpcMethodConfig) -> bool:
    if isinstance(subject, GrpcMethodConfig):
        return (subject.attempts or 0) > 1
    return bool(subject.retries)


@rule(
    id="retry-without-per-try-timeout",
    category="resilience",
    severity=Severity.WARNING,
    profile="strict",
    subject=(MeshRoute, EnvoyRoute, GrpcMethodConfig),
    since="0.1.0",
    references=(
        "https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRetry",
        "https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto#config-route-v3-retrypolicy",
        "https://github.com/grpc/proposal/blob/master/A6-client-retries.md",
    ),
    applies=_retries,
    examples=(
        Bad(_ISTIO.format(retries="{attempts: 3}  # <- a try of `orders` has no timeout of its own")),
        Bad(
            _envoy(
                "retry_policy: {retry_on: 5xx, num_retries: 3}  # <- a try of `/orders` has no timeout of its own"
            )
        ),
        Bad(
            _envoy(
                host="retry_policy: {retry_on: 'reset,connect-failure'}  # <- a try of `/orders` has no timeout of its own"
            ),
            "said once for the virtual host",
        ),
        Bad(
            _grpc(
                codes="UNAVAILABLE, DEADLINE_EXCEEDED",
                marker="  # <- a try of `shop.v1.Stock` has no timeout of its own",
            )
        ),
        Good(_envoy("retry_policy: {retry_on: 5xx, num_retries: 3, per_try_timeout: 2s}")),
        Good(
            _envoy(
                "retry_policy: {retry_on: 5xx, num_retries: 3}, timeout: 0s".replace(
                    ", timeout", "\n                            timeout"
                )
            ),
            "no total",
        ),
        Good(
            _envoy("retry_policy: {retry_on: 'connect-failure,retriable-4xx'}"),
            "these conditions do not wait",
        ),
        Good(_grpc(), "what is not available answers at once"),
        Good(_grpc(timeout="waitForReady: true", codes="DEADLINE_EXCEEDED"), "no total"),
        Good(_ISTIO.format(retries="{attempts: 3, perTryTimeout: 500ms}")),
        Good(
            _ISTIO.format(retries="{attempts: 3, retryOn: 'connect-failure,refused-stream'}"),
            "these conditions do not wait",
        ),
        Good(_ISTIO.format(retries="{attempts: 0}"), "no retries"),
    ),
)
def retry_without_per_try_timeout(
    subject: MeshRoute | EnvoyRoute | GrpcMethodConfig, context: Context
) -> Iterator[Problem]:
    """Report retries beside a total timeout without a timeout per try, where one that runs out would be retried."""
    del context
    if isinstance(subject, MeshRoute):
        yield from _mesh(subject)
    elif isinstance(subject, EnvoyRoute):
        yield from _proxy(subject)
    elif (
        subject.timeout
        and "DEADLINE_EXCEEDED" in subject.codes
        and subject.get("retryPolicy", "perAttemptRecvTimeout") is None
    ):
        yield _problem(subject.title, subject.at("retryPolicy", on_key=True))


def _problem(name: str, at: Location) -> Problem:
    return Problem(f"a try of `{name}` has no timeout of its own", at, help="add a timeout per try")


def _mesh(route: MeshRoute) -> Iterator[Problem]:
    if route.per_try is not None or route.timeout is None or not milliseconds(route.timeout[0]):
        return
    conditions = {part.strip() for part in str(route.retry.get("retryOn", "")).split(",") if part.strip()}
    if conditions and conditions <= {"connect-failure", "refused-stream"}:
        return
    yield _problem(route.name, route.at("retries" if route.tool == "istio" else "retry"))


def _proxy(route: EnvoyRoute) -> Iterator[Problem]:
    retry = route.retry
    if retry is None or not route.leads_retry or envoy_milliseconds(route.pick("route", "timeout")) == 0:
        return
    limited = any(retry.pick(key) is not None for key in ("per_try_timeout", "per_try_idle_timeout"))
    conditions = {part.strip() for part in str(retry.pick("retry_on") or "").split(",")}
    if not limited and conditions & _WAITING:
        yield _problem(route.name, retry.location)
