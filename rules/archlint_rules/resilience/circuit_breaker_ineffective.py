"""A circuit breaker that cannot trip.

## Why is this bad?

It looks like protection and is none: with these settings no error ever opens it, or nothing may be ejected when it does.

## How to fix

Give it a threshold that errors can reach, and let it eject some of the hosts.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.formats.kubernetes import Manifest

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
    subject=Manifest,
    since="0.1.0",
    references=(
        "https://istio.io/latest/docs/reference/config/networking/destination-rule/#OutlierDetection",
    ),
    applies=lambda manifest: manifest.kind == "DestinationRule",
    examples=(
        Bad(_spec("consecutive5xxErrors: 0", "  # <- no error opens the circuit breaker of `orders`")),
        Bad(_spec("maxEjectionPercent: 0", "  # <- the circuit breaker of `orders` may eject nothing")),
        Bad(
            _spec(
                "consecutive5xxErrors: 5\n      consecutiveGatewayErrors: 7",
                "  # <- gateway errors of `orders` are counted up to 7, after all errors up to 5",
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
    ),
)
def circuit_breaker_ineffective(manifest: Manifest, context: Context) -> Iterator[Problem]:
    """Report outlier detection whose thresholds are zero, ineffective or without ejection."""
    del context
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
