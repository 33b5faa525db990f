"""Limits of requests that contradict each other.

## Why is this bad?

A client may never reach the larger limit, or the tool refuses the whole configuration: Kong does not start with more requests per second than per minute,
and Linkerd's controller does not take a limit for one client above the one for all. What was meant is in neither case what happens.

## How to fix

Let the limit of a longer window be at least that of a shorter one, and the limit for all at least that for one.
"""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

from archlint.api import Bad, Context, Good, Location, Problem, Related, Severity, rule
from archlint.formats.envoy import EnvoyFilter
from archlint.formats.kong import KongPlugin
from archlint.formats.kubernetes import Manifest

_PERIODS = ("second", "minute", "hour", "day", "month", "year")
_KONG = """
_format_version: "3.0"
services:
  - name: orders
    url: http://orders:8080
    plugins:
      - name: {name}
        config: {config}
"""
_LINKERD = """
apiVersion: policy.linkerd.io/v1alpha1
kind: HTTPLocalRateLimitPolicy
metadata: {{name: orders}}
spec:
  targetRef: {{group: policy.linkerd.io, kind: Server, name: orders}}
  {limits}
"""
_ENVOY = """
static_resources:
  listeners:
    - filter_chains:
        - filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                http_filters:
                  - name: envoy.filters.http.local_ratelimit
                    typed_config:
                      token_bucket: {bucket}
"""


def _kong(config: str, name: str = "rate-limiting") -> str:
    return _KONG.format(name=name, config=config)


@rule(
    id="throttle-limits-contradictory",
    category="security",
    severity=Severity.ERROR,
    profile="strict",
    subject=(KongPlugin, Manifest, EnvoyFilter),
    since="0.1.0",
    references=(
        "https://linkerd.io/2/reference/rate-limiting/",
        "https://developer.konghq.com/plugins/rate-limiting/",
        "https://www.envoyproxy.io/docs/envoy/latest/api-v3/type/v3/token_bucket.proto",
    ),
    tags=("security",),
    examples=(
        Bad(
            _kong(
                "{second: 100, minute: 50}  # <- `orders` allows 100 requests per second, but 50 per minute"
            )
        ),
        Bad(
            _kong(
                "{limit: [10, 5], window_size: [60, 3600]}  # <- `orders` allows 10 requests per 60 s, but 5 per 3600 s",
                "rate-limiting-advanced",
            )
        ),
        Bad(
            """
            apiVersion: configuration.konghq.com/v1
            kind: KongPlugin
            metadata: {name: few}
            plugin: rate-limiting
            config:
              hour: 60
              day: 50  # <- `few` allows 60 requests per hour, but 50 per day
            """
        ),
        Bad(
            _LINKERD.format(
                limits="""total: {requestsPerSecond: 100}
  identity:
    requestsPerSecond: 200  # <- `orders` allows one client 200 requests per second, all together 100
  overrides:
    - requestsPerSecond: 300  # <- `orders` allows one client 300 requests per second, all together 100
      clientRefs: [{kind: ServiceAccount, name: batch}]"""
            )
        ),
        Bad(
            _ENVOY.format(
                bucket="{max_tokens: 10, tokens_per_fill: 50, fill_interval: 1s}  # <- 50 tokens are put into a bucket of 10"
            )
        ),
        Good(_kong("{second: 5, minute: 50, policy: local}")),
        Good(_kong("{second: 5, minute: 5}"), "at most so many at once, and no more in the minute"),
        Good(_kong("{limit: [10, 50], window_size: [60, 3600]}", "rate-limiting-advanced")),
        Good(_kong("{second: 5, minute: '${{ env \"DECK_LIMIT\" }}'}"), "known when it is deployed"),
        Good(_LINKERD.format(limits="total: {requestsPerSecond: 100}\n  identity: {requestsPerSecond: 20}")),
        Good(_LINKERD.format(limits="identity: {requestsPerSecond: 20}"), "no limit for all"),
        Good(_ENVOY.format(bucket="{max_tokens: 100, tokens_per_fill: 50, fill_interval: 1s}"), "a burst"),
    ),
)
def throttle_limits_contradictory(
    subject: KongPlugin | Manifest | EnvoyFilter, context: Context
) -> Iterator[Problem]:
    """Report larger limits of shorter windows, larger limits of one client, and, as warning, buckets that are smaller than a fill."""
    del context
    if isinstance(subject, KongPlugin):
        yield from _windows(subject)
    elif isinstance(subject, Manifest):
        if subject.kind == "HTTPLocalRateLimitPolicy" and subject.group == "policy.linkerd.io":
            yield from _clients(subject)
    elif subject.kind == "local_ratelimit":
        yield from _bucket(subject)


def _windows(plugin: KongPlugin) -> Iterator[Problem]:
    found: list[tuple[float, str, Location]] = []
    if plugin.name == "rate-limiting":
        found = [
            (limit, period, plugin.at("config", period))
            for period in _PERIODS
            if (limit := _number(plugin.config.get(period))) is not None
        ]
    elif plugin.name == "rate-limiting-advanced":
        sizes = [_number(size) for size in plugin.items("config", "window_size")]
        limits = [_number(limit) for limit in plugin.items("config", "limit")]
        pairs = sorted(
            (size, limit, index)
            for index, (size, limit) in enumerate(zip(sizes, limits, strict=False))
            if size is not None and limit is not None
        )
        found = [(limit, f"{size:g} s", plugin.at("config", "limit", index)) for size, limit, index in pairs]
    for (limit, window, at), (larger, longer, other) in combinations(found, 2):
        if limit > larger:
            yield Problem(
                f"`{plugin.subject}` allows {limit:g} requests per {window}, but {larger:g} per {longer}",
                other,
                help="let the limit of the longer window be the larger one",
                related=(Related("the limit of the shorter window", at),),
            )
            return


def _clients(policy: Manifest) -> Iterator[Problem]:
    total = _number(policy.get("spec", "total", "requestsPerSecond"))
    if total is None:
        return
    keys: list[tuple[str | int, ...]] = [("spec", "identity")]
    keys += [("spec", "overrides", index) for index in range(len(policy.items("spec", "overrides")))]
    for key in keys:
        limit = _number(policy.get(*key, "requestsPerSecond"))
        if limit is not None and limit > total:
            yield Problem(
                f"`{policy.name}` allows one client {limit:g} requests per second, all together {total:g}",
                policy.at(*key, "requestsPerSecond"),
                help="raise the limit for all, or lower that for one",
                related=(Related("the limit for all", policy.at("spec", "total", "requestsPerSecond")),),
            )


def _bucket(one: EnvoyFilter) -> Iterator[Problem]:
    most = _number(one.config.pick("token_bucket", "max_tokens"))
    fill = _number(one.config.pick("token_bucket", "tokens_per_fill"))
    if most is not None and fill is not None and fill > most:
        yield Problem(
            f"{fill:g} tokens are put into a bucket of {most:g}",
            one.config.place("token_bucket", "tokens_per_fill"),
            help="let the bucket hold at least one fill",
            severity=Severity.WARNING,
        )


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
