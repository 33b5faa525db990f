"""A circuit breaker that cannot trip.

## Why is this bad?

It looks like protection and is none: with these settings no error ever opens it, or nothing may be ejected when it does.

## How to fix

Give it a threshold that errors can reach, and let it eject some of the hosts.
"""

from collections.abc import Callable, Iterator
from typing import Any

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.formats.envoy import EnvoyCluster
from archlint.formats.kubernetes import Manifest
from archlint.formats.spring import SpringConfig, instances

_ALWAYS = 100
_SPRING = """
spring: {{application: {{name: orders}}}}
resilience4j:
  circuitbreaker:
    instances:
      stock:
        {settings}
"""
_ENVOY = """
static_resources:
  clusters:
    - name: orders
      outlier_detection:{marker}
        {detection}
"""
_DAPR = """
apiVersion: dapr.io/v1alpha1
kind: Resiliency
metadata: {{name: policies}}
spec:
  policies:
    circuitBreakers:
      simple:
        trip: {trip}
  targets: {{apps: {{stock: {{circuitBreaker: simple}}}}}}
"""
_RULE = """
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{name: orders}}
spec:
  host: orders
  trafficPolicy:
    outlierDetection:{marker}
      {detection}
"""


def _spec(detection: str, marker: str = "") -> str:
    return _RULE.format(detection=detection, marker=marker)


@rule(
    id="circuit-breaker-ineffective",
    category="resilience",
    severity=Severity.WARNING,
    subject=(Manifest, SpringConfig, EnvoyCluster),
    since="0.1.0",
    references=(
        "https://istio.io/latest/docs/reference/config/networking/destination-rule/#OutlierDetection",
        "https://resilience4j.readme.io/docs/circuitbreaker",
        "https://docs.dapr.io/operations/resiliency/policies/circuit-breakers/",
        "https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/cluster/v3/outlier_detection.proto",
    ),
    applies=lambda subject: not isinstance(subject, Manifest) or subject.kind in _READERS,
    examples=(
        Bad(_spec("consecutive5xxErrors: 0", "  # <- no error opens the circuit breaker of `orders`")),
        Bad(_spec("maxEjectionPercent: 0", "  # <- the circuit breaker of `orders` may eject nothing")),
        Bad(
            _spec(
                "consecutive5xxErrors: 5\n      consecutiveGatewayErrors: 7",
                "  # <- gateway errors of `orders` are counted up to 7, after all errors up to 5",
            )
        ),
        Bad(
            _SPRING.format(
                settings="failureRateThreshold: 100  # <- the circuit breaker of `stock` opens only when every call fails"
            ),
            "Spring",
        ),
        Bad(_DAPR.format(trip='"false"  # <- nothing opens the circuit breaker `simple`'), "Dapr"),
        Bad(
            _ENVOY.format(
                marker="  # <- no error opens the circuit breaker of `orders`",
                detection="{enforcing_consecutive_5xx: 0, enforcing_success_rate: 0}",
            ),
            "Envoy",
        ),
        Bad(
            _ENVOY.format(
                marker="  # <- gateway errors of `orders` are counted up to 5, after all errors up to 5",
                detection="{consecutive_5xx: 5, enforcing_consecutive_gateway_failure: 100}",
            )
        ),
        Good(_ENVOY.format(marker="", detection="{consecutive_5xx: 3}")),
        Good(_ENVOY.format(marker="", detection="{consecutive_5xx: 0}"), "the rate of success counts"),
        Good(
            _ENVOY.format(
                marker="",
                detection="{enforcing_consecutive_5xx: 0, enforcing_success_rate: 0, enforcing_failure_percentage: 100}",
            )
        ),
        Good(_spec("consecutive5xxErrors: 5\n      maxEjectionPercent: 50")),
        Good(_spec("consecutive5xxErrors: 0\n      consecutiveGatewayErrors: 3"), "gateway errors only"),
        Good(
            _spec(
                "consecutive5xxErrors: 0\n      splitExternalLocalOriginErrors: true\n      consecutiveLocalOriginFailures: 5"
            ),
            "local errors only",
        ),
        Good(_SPRING.format(settings="failure-rate-threshold: 50")),
        Good(_SPRING.format(settings="slidingWindowSize: 10"), "half of the calls is the default"),
        Good(
            _SPRING.format(settings="failureRateThreshold: 100\n        slow-call-rate-threshold: 60"),
            "slow calls open it",
        ),
        Good(_SPRING.format(settings="failureRateThreshold: ${RATE}"), "not known"),
        Good(_DAPR.format(trip="consecutiveFailures > 5"), "Dapr"),
    ),
)
def circuit_breaker_ineffective(
    subject: Manifest | SpringConfig | EnvoyCluster, context: Context
) -> Iterator[Problem]:
    """Report outlier detection whose thresholds are zero, ineffective or without ejection, and breakers that only total failure or nothing opens."""
    del context
    if isinstance(subject, SpringConfig):
        yield from _resilience4j(subject)
    elif isinstance(subject, EnvoyCluster):
        yield from _envoy(subject)
    else:
        yield from _READERS[subject.kind](subject)


def _envoy(cluster: EnvoyCluster) -> Iterator[Problem]:
    if not isinstance(cluster.pick("outlier_detection"), dict):
        return

    def value(key: str, default: int) -> Any:
        written = cluster.pick("outlier_detection", key)
        return default if written is None else written

    errors, gateway = value("consecutive_5xx", 5), value("consecutive_gateway_failure", 5)
    counts_errors = bool(errors and value("enforcing_consecutive_5xx", 100))
    counts_gateway = bool(gateway and value("enforcing_consecutive_gateway_failure", 0))
    at = cluster.at(*cluster.way("outlier_detection"), on_key=True)
    others = (
        value("enforcing_success_rate", 100)
        or value("enforcing_failure_percentage", 0)
        or value("split_external_local_origin_errors", 0)
    )
    if not (counts_errors or counts_gateway or others):
        yield Problem(
            f"no error opens the circuit breaker of `{cluster.name}`",
            at,
            help="enforce one of the ways of detection",
        )
    elif (
        counts_errors
        and counts_gateway
        and isinstance(errors, int)
        and isinstance(gateway, int)
        and errors <= gateway
    ):
        yield Problem(
            f"gateway errors of `{cluster.name}` are counted up to {gateway}, after all errors up to {errors}",
            at,
            help="make `consecutive_gateway_failure` the smaller one",
        )


def _resilience4j(config: SpringConfig) -> Iterator[Problem]:
    for breaker in instances(config, "circuitbreaker"):
        threshold = breaker.own.get("failureratethreshold")
        slow = breaker.number("slowcallratethreshold")
        is_slow_known = breaker.setting("slowcallratethreshold") is None or slow is not None
        if (
            threshold is not None
            and breaker.number("failureratethreshold") == _ALWAYS
            and is_slow_known
            and (slow is None or slow >= _ALWAYS)
        ):
            yield Problem(
                f"the circuit breaker of `{breaker.name}` opens only when every call fails",
                threshold.at,
                help="set `failureRateThreshold` below 100",
            )


def _dapr(manifest: Manifest) -> Iterator[Problem]:
    for name, breaker in manifest.mapping("spec", "policies", "circuitBreakers").items():
        if isinstance(breaker, dict) and str(breaker.get("trip")).strip().lower() == "false":
            yield Problem(
                f"nothing opens the circuit breaker `{name}`",
                manifest.at("spec", "policies", "circuitBreakers", name, "trip"),
                help="give `trip` a condition, such as `consecutiveFailures > 5`",
            )


def _istio(manifest: Manifest) -> Iterator[Problem]:
    places: list[tuple[str | int, ...]] = [("spec", "trafficPolicy")]
    places += [
        ("spec", "subsets", index, "trafficPolicy") for index in range(len(manifest.items("spec", "subsets")))
    ]
    host = manifest.get("spec", "host", default=manifest.name)
    for keys in places:
        detection = manifest.get(*keys, "outlierDetection")
        if not isinstance(detection, dict) or not detection:
            continue
        at = manifest.at(*keys, "outlierDetection", on_key=True)
        errors = detection.get("consecutive5xxErrors", detection.get("consecutiveErrors", 5))
        gateway = detection.get("consecutiveGatewayErrors", 0)
        local = (
            detection.get("splitExternalLocalOriginErrors") is True
            and detection.get("consecutiveLocalOriginFailures", 5) != 0
        )
        if errors == 0 and gateway == 0 and not local:
            yield Problem(
                f"no error opens the circuit breaker of `{host}`",
                at,
                help="set `consecutive5xxErrors` above 0",
            )
        elif isinstance(errors, int) and isinstance(gateway, int) and 0 < errors <= gateway:
            message = (
                f"gateway errors of `{host}` are counted up to {gateway}, after all errors up to {errors}"
            )
            yield Problem(message, at, help="make `consecutiveGatewayErrors` the smaller one")
        if detection.get("maxEjectionPercent") == 0:
            yield Problem(
                f"the circuit breaker of `{host}` may eject nothing",
                at,
                help="set `maxEjectionPercent` above 0",
            )


_READERS: dict[str, Callable[[Manifest], Iterator[Problem]]] = {
    "DestinationRule": _istio,
    "Resiliency": _dapr,
}
