"""Retries with a total timeout and none for a single try.

## Why is this bad?

A try that hangs uses up the whole time. When it ends there is none left for another one, so just the failure that retries are for is never retried.

## How to fix

Add a timeout per try, a fraction of the total.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.formats.kubernetes import MeshRoute, milliseconds

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


@rule(
    id="retry-without-per-try-timeout",
    category="resilience",
    severity=Severity.WARNING,
    profile="strict",
    subject=MeshRoute,
    since="0.1.0",
    references=("https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRetry",),
    applies=lambda route: bool(route.retries),
    examples=(
        Bad(_ISTIO.format(retries="{attempts: 3}  # <- a try of `orders` has no timeout of its own")),
        Good(_ISTIO.format(retries="{attempts: 3, perTryTimeout: 500ms}")),
        Good(
            _ISTIO.format(retries="{attempts: 3, retryOn: 'connect-failure,refused-stream'}"),
            "these conditions do not wait",
        ),
        Good(_ISTIO.format(retries="{attempts: 0}"), "no retries"),
    ),
)
def retry_without_per_try_timeout(route: MeshRoute, context: Context) -> Iterator[Problem]:
    """Report explicit retries beside a total timeout without a timeout per try."""
    del context
    if route.per_try is not None or route.timeout is None or not milliseconds(route.timeout[0]):
        return
    conditions = {part.strip() for part in str(route.retry.get("retryOn", "")).split(",") if part.strip()}
    if conditions and conditions <= {"connect-failure", "refused-stream"}:
        return
    key = "retries" if route.tool == "istio" else "retry"
    yield Problem(
        f"a try of `{route.name}` has no timeout of its own", route.at(key), help="add a timeout per try"
    )
