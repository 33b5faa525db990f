"""One try may take longer than all tries together.

## Why is this bad?

The total runs out during the first try: it is never repeated, and the retries that somebody configured do nothing.

## How to fix

Make the timeout of a try a fraction of the total: the total has to hold all tries.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Location, Problem, Related, Severity, rule
from archlint.formats.envoy import EnvoyRoute
from archlint.formats.envoy import milliseconds as envoy_milliseconds
from archlint.formats.kubernetes import MeshRoute, milliseconds

_ENVOY_TOTAL = 15_000
_WORDS = {2: "two", 3: "three", 4: "four"}
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
                      routes:
                        - match: {{prefix: /orders}}
                          route:
                            cluster: orders
                            {total}
                            retry_policy:
                              retry_on: 5xx
                              num_retries: 2
                              per_try_timeout: {single}
"""
_ISTIO = """
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: orders}}
spec:
  hosts: [orders]
  http:
    - route: [{{destination: {{host: orders}}}}]
      timeout: {total}
      retries:
        attempts: 2
        perTryTimeout: {single}
"""


@rule(
    id="per-try-timeout-exceeds-total",
    category="resilience",
    severity=Severity.WARNING,
    subject=(MeshRoute, EnvoyRoute),
    since="0.1.0",
    references=(
        "https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRetry",
        "https://gateway-api.sigs.k8s.io/api-types/httproute/#timeouts-optional",
        "https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto#config-route-v3-retrypolicy",
    ),
    applies=lambda route: (
        isinstance(route, EnvoyRoute) or (route.timeout is not None and route.per_try is not None)
    ),
    examples=(
        Bad(
            _ISTIO.format(
                total="2s", single="3s  # <- a try of `orders` may take `3s`, all of them together `2s`"
            )
        ),
        Bad(
            _ISTIO.format(
                total="2s", single="1s  # <- three tries of `1s` do not fit into the `2s` of `orders`"
            )
        ),
        Bad(
            """
            apiVersion: gateway.networking.k8s.io/v1
            kind: HTTPRoute
            metadata: {name: orders}
            spec:
              rules:
                - backendRefs: [{name: orders, port: 80}]
                  timeouts:
                    request: 1s
                    backendRequest: 2s  # <- a try of `orders` may take `2s`, all of them together `1s`
            """
        ),
        Bad(
            _ENVOY.format(
                total="timeout: 2s",
                single="3s  # <- a try of `/orders` may take `3s`, all of them together `2s`",
            )
        ),
        Bad(
            _ENVOY.format(
                total="priority: DEFAULT",
                single="10s  # <- three tries of `10s` do not fit into the `15s` of `/orders`",
            ),
            "15 s are the default",
        ),
        Good(_ENVOY.format(total="timeout: 2s", single="0.5s")),
        Good(_ENVOY.format(total="timeout: 0s", single="20s"), "no total"),
        Good(_ISTIO.format(total="2s", single="500ms")),
        Good(_ISTIO.format(total="0s", single="500ms"), "no total"),
    ),
)
def per_try_timeout_exceeds_total(route: MeshRoute | EnvoyRoute, context: Context) -> Iterator[Problem]:
    """Report a try that is longer than the total (in the Gateway API an error), and, as info, tries that do not fit."""
    del context
    if isinstance(route, EnvoyRoute):
        yield from _envoy(route)
    elif route.timeout is not None and route.per_try is not None:
        severity = Severity.ERROR if route.tool == "gateway-api" else None
        yield from _judged(
            route.name,
            (milliseconds(route.per_try[0]), str(route.per_try[0]), route.at(*route.per_try[1])),
            (milliseconds(route.timeout[0]), str(route.timeout[0]), route.at(*route.timeout[1])),
            tries=1 + (route.retries or 0),
            severity=severity,
        )


type Limit = tuple[float | None, str, Location | None]


def _envoy(route: EnvoyRoute) -> Iterator[Problem]:
    retry = route.retry
    if retry is None or not route.leads_retry:
        return
    single, written = retry.pick("per_try_timeout"), route.pick("route", "timeout")
    place = route.place("route", "timeout") if written is not None else None
    total = envoy_milliseconds(written) if written is not None else _ENVOY_TOTAL
    yield from _judged(
        route.name,
        (envoy_milliseconds(single), str(single), retry.place("per_try_timeout")),
        (total, str(written or "15s"), place),
        tries=1 + (route.retries or 0),
    )


def _judged(
    name: str, single: Limit, total: Limit, *, tries: int, severity: Severity | None = None
) -> Iterator[Problem]:
    if single[0] is None or not total[0]:
        return
    if single[0] > total[0]:
        message = f"a try of `{name}` may take `{single[1]}`, all of them together `{total[1]}`"
    elif single[0] * tries > total[0] and tries > 1:
        many = _WORDS.get(tries, str(tries))
        message = f"{many} tries of `{single[1]}` do not fit into the `{total[1]}` of `{name}`"
        severity = Severity.INFO
    else:
        return
    yield Problem(
        message,
        single[2],
        help="make the timeout of a try a fraction of the total",
        related=(Related("the total", total[2]),) if total[2] is not None else (),
        severity=severity,
    )
