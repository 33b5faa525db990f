"""One check decides both whether a container gets traffic and whether it is killed.

## Why is this bad?

Not ready is normal and passes: a cache warms up, a dependency is away. If the same check also means "dead", Kubernetes restarts containers that
only need a moment, all at once and under load, when it hurts most.

## How to fix

Let liveness answer a question of its own ("is this process stuck?"), cheap and without dependencies, or give it a longer patience
(`failureThreshold`). Often no liveness probe is better than a wrong one.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Related, Severity, rule
from archlint.formats.kubernetes import ContainerView

_TRIVIAL = ("/ping", "/healthz", "/livez", "/health/live", "/live", "/")
_POD = """
apiVersion: v1
kind: Pod
metadata: {{name: orders}}
spec:
  containers:
    - name: orders
      image: shop/orders:1
      readinessProbe: {ready}
      livenessProbe: {live}
"""


def _pod(ready: str, live: str) -> str:
    return _POD.format(ready=ready, live=live)


@rule(
    id="liveness-equals-readiness",
    category="resilience",
    severity=Severity.WARNING,
    profile="strict",
    subject=ContainerView,
    since="0.1.0",
    references=("https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/",),
    applies=lambda container: (
        isinstance(container.get("livenessProbe"), dict) and isinstance(container.get("readinessProbe"), dict)
    ),
    examples=(
        Bad(
            _pod(
                "{httpGet: {path: /actuator/health, port: 8080}}",
                "{httpGet: {path: /actuator/health, port: 8080}}  # <- liveness and readiness of `orders` are the same check",
            )
        ),
        Good(_pod("{httpGet: {path: /ready, port: 8080}}", "{httpGet: {path: /alive, port: 8080}}")),
        Good(
            _pod(
                "{httpGet: {path: /health, port: 8080}}",
                "{httpGet: {path: /health, port: 8080}, failureThreshold: 10}",
            ),
            "the same handler with more patience",
        ),
    ),
)
def liveness_equals_readiness(container: ContainerView, context: Context) -> Iterator[Problem]:
    """Report equal handlers with equal thresholds; as info where the handler is a trivial one."""
    del context
    live, ready = container.mapping("livenessProbe"), container.mapping("readinessProbe")
    if _comparable(live) != _comparable(ready):
        return
    path = str(live.get("httpGet", {}).get("path", "")) if isinstance(live.get("httpGet"), dict) else ""
    trivial = path in _TRIVIAL or "tcpSocket" in live
    yield Problem(
        f"liveness and readiness of `{container.name}` are the same check",
        container.at("livenessProbe"),
        help="let liveness ask only whether the process is stuck, or give it more patience",
        related=(Related("the readiness probe", container.at("readinessProbe")),),
        severity=Severity.INFO if trivial else None,
    )


def _comparable(probe: dict[str, object]) -> dict[str, object]:
    """Return what makes a difference: the handler, and how often it may fail."""
    handler = {key: value for key, value in probe.items() if isinstance(value, dict)}
    return {
        **handler,
        "failureThreshold": probe.get("failureThreshold", 3),
        "periodSeconds": probe.get("periodSeconds", 10),
    }
