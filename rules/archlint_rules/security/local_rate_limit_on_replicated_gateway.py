"""A rate limit that every copy of a gateway counts by itself.

## Why is this bad?

What clients may really do is the limit times the number of copies, and it changes whenever the gateway is scaled: just under the load that the limit was
meant for it is at its largest.

## How to fix

Count in one place (in Kong `policy: redis`, in Envoy the global rate limit service), or divide the limit by the number of copies. A limit per second that only
keeps a copy from being overloaded is not reported.
"""

from collections.abc import Iterator

from archlint.api import (
    Bad,
    Context,
    Good,
    Location,
    PolicyValue,
    Problem,
    Related,
    Scaling,
    Service,
    ServiceGraph,
    Severity,
    regex,
    rule,
)

_PERIOD = regex(r"/(?:(?P<word>second|minute|hour|day|month|year)|(?P<number>[\d.]+)(?P<unit>ns|ms|s|m|h))\Z")
_UNITS = {"ns": 1e-9, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3_600.0}
_GUARD = 1.0
_CLIENTS = frozenset(("resilience4j",))
_COMPOSE = """
services:
  edge:
    image: kong:3.6
    volumes: ["./kong.yml:/etc/kong/kong.yml"]
    deploy: {{replicas: {replicas}}}
  orders: {{build: ./orders}}
"""
_KONG = """
_format_version: "3.0"
services:
  - name: orders
    url: http://orders:8080
    routes: [{{name: orders, paths: [/orders]}}]
plugins:
  - name: rate-limiting
    config:
      {config}
"""


def _kong(config: str, replicas: int = 3) -> dict[str, str]:
    return {"compose.yaml": _COMPOSE.format(replicas=replicas), "kong.yml": _KONG.format(config=config)}


_ENVOY = """
static_resources:
  listeners:
    - filter_chains:
        - filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                route_config: {virtual_hosts: [{name: shop, routes: [{match: {prefix: /}, route: {cluster: orders}}]}]}
                http_filters:
                  - name: envoy.filters.http.local_ratelimit
                    typed_config:
                      token_bucket:  # <- each of the 2 copies of `edge` counts to `1000/minute` by itself
                        {max_tokens: 1000, tokens_per_fill: 1000, fill_interval: 60s}
                      filter_enabled: {default_value: {numerator: 100}}
                      filter_enforced: {default_value: {numerator: 100}}
  clusters: [{name: orders, hosts: [{socket_address: {address: orders, port_value: 8080}}]}]
"""


@rule(
    id="local-rate-limit-on-replicated-gateway",
    category="security",
    severity=Severity.INFO,
    profile="strict",
    subject=ServiceGraph,
    since="0.1.0",
    references=(
        "https://developer.konghq.com/plugins/rate-limiting/",
        "https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/local_rate_limit_filter",
    ),
    tags=("security",),
    examples=(
        Bad(_kong("minute: 100  # <- each of the 3 copies of `edge` counts to `100/minute` by itself")),
        Bad(
            {
                "compose.yaml": _COMPOSE.format(replicas=2)
                .replace("kong:3.6", "envoyproxy/envoy:v1.30")
                .replace("./kong.yml:/etc/kong/kong.yml", "./envoy.yaml:/etc/envoy/envoy.yaml"),
                "envoy.yaml": _ENVOY,
            }
        ),
        Bad(
            {
                "compose.yaml": """
                    services:
                      orders: {build: ./orders, deploy: {replicas: 3}, environment: {STOCK_URL: "http://stock:8080"}}
                      stock: {build: ./stock}
                """,
                "orders/application.yml": """
                    spring: {application: {name: orders}}
                    resilience4j:
                      ratelimiter:
                        instances:
                          stock:
                            limitForPeriod: 100  # <- each of the 3 copies of `orders` counts to `100/60s` by itself
                            limitRefreshPeriod: 60s
                """,
            },
            "a limiter in the service",
        ),
        Good(_kong("minute: 100", 1), "one copy"),
        Good(_kong("{minute: 100, policy: redis, redis: {host: limits}}"), "counted together"),
        Good(_kong("second: 50"), "a guard against overload"),
    ),
)
def local_rate_limit_on_replicated_gateway(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report limits of a minute or more that gateways, and rate limiters in services, count per copy where there are several."""
    del context
    scaling = Scaling(graph)
    seen: set[tuple[str, object]] = set()
    for service, limit, at in _limits(graph):
        period = _seconds(str(limit.value))
        if period is None or period <= _GUARD or (service.id, at.node) in seen:
            continue
        seen.add((service.id, at.node))
        copies = _copies(service, at, graph, scaling)
        if copies is not None:
            many, place = copies
            yield Problem(
                f"each of the {many} copies of `{service.name}` counts to `{limit.value}` by itself",
                at,
                help="count in one place, or divide the limit by the number of copies",
                related=(Related("the copies", place),),
                identity=("local-rate-limit", service.id),
            )


def _limits(graph: ServiceGraph) -> Iterator[tuple[Service, PolicyValue, Location]]:
    """Yield the limits that are counted per copy, each with who counts."""
    gateways = {
        item.at.node: edge.source
        for edge in graph.dependencies
        for item in edge.evidence
        if item.extractor in {"kong", "envoy"}
    }
    for route in graph.routes:
        limit = route.policy.values.get("rateLimit") if route.policy is not None else None
        if limit is None or limit.at is None or route.extra.get("limiter") != "local":
            continue
        found = (gateways.get(backend.at.node) for backend in route.backends)
        service = next((one for one in found if one is not None), None)
        if service is not None:
            yield service, limit, limit.at
    for edge in graph.dependencies:
        for policy in edge.policies:
            limit = policy.values.get("rateLimit")
            if policy.tool in _CLIENTS and limit is not None and limit.at is not None:
                yield edge.source, limit, limit.at


def _copies(
    service: Service, at: Location, graph: ServiceGraph, scaling: Scaling
) -> tuple[int, Location] | None:
    for workload in service.workloads:
        if graph.variants.together(workload.at.path, at.path):
            scale = scaling.of(workload)
            if scale.most is not None and scale.most > 1 and scale.is_written:
                return scale.most, scale.scaler.at if scale.scaler is not None else workload.at
    return None


def _seconds(limit: str) -> float | None:
    """Return how long the window of *limit* is, `None` where that is not said."""
    match = _PERIOD.search(limit)
    if match is None:
        return None
    if match["word"]:
        return 1.0 if match["word"] == "second" else 60.0
    return float(match["number"]) * _UNITS[match["unit"]]
