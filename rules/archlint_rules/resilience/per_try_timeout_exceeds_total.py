"""One try may take longer than all tries together.

## Why is this bad?

The total runs out during the first try: it is never repeated, and the retries that somebody configured do nothing.

## How to fix

Make the timeout of a try a fraction of the total: the total has to hold all tries.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Related, Severity, rule
from archlint.formats.kubernetes import MeshRoute, milliseconds

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
    subject=MeshRoute,
    since="0.1.0",
    references=(
        "https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRetry",
        "https://gateway-api.sigs.k8s.io/api-types/httproute/#timeouts-optional",
    ),
    applies=lambda route: route.timeout is not None and route.per_try is not None,
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
        Good(_ISTIO.format(total="2s", single="500ms")),
        Good(_ISTIO.format(total="0s", single="500ms"), "no total"),
    ),
)
def per_try_timeout_exceeds_total(route: MeshRoute, context: Context) -> Iterator[Problem]:
    """Report a try that is longer than the total (in the Gateway API an error), and, as info, tries that do not fit."""
    del context
    if route.timeout is None or route.per_try is None:
        return
    total, single = milliseconds(route.timeout[0]), milliseconds(route.per_try[0])
    if not total or single is None:
        return
    tries = 1 + (route.retries or 0)
    shown = f"`{route.per_try[0]}`", f"`{route.timeout[0]}`"
    if single > total:
        message = f"a try of `{route.name}` may take {shown[0]}, all of them together {shown[1]}"
        severity = Severity.ERROR if route.tool == "gateway-api" else None
    elif single * tries > total and tries > 1:
        words = {2: "two", 3: "three", 4: "four"}
        message = f"{words.get(tries, str(tries))} tries of {shown[0]} do not fit into the {shown[1]} of `{route.name}`"
        severity = Severity.INFO
    else:
        return
    yield Problem(
        message,
        route.at(*route.per_try[1]),
        help="make the timeout of a try a fraction of the total",
        related=(Related("the total", route.at(*route.timeout[1])),),
        severity=severity,
    )
