"""A route through the mesh or gateway without a timeout.

## Why is this bad?

Istio waits for ever by default, and the Gateway API leaves it to the implementation. One slow backend then holds the connections, threads and memory
of all its callers, until the whole chain stands.

## How to fix

Set a timeout on the route, a little more than what the backend needs on a bad day.
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
    - route: [{{destination: {{host: orders}}}}]{marker}
      {more}
"""


def _istio(more: str = "name: main", marker: str = "") -> str:
    return _ISTIO.format(more=more, marker=marker)


@rule(
    id="timeout-missing",
    category="resilience",
    severity=Severity.WARNING,
    profile="strict",
    subject=MeshRoute,
    since="0.1.0",
    references=(
        "https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRoute",
        "https://sre.google/sre-book/addressing-cascading-failures/",
    ),
    applies=lambda route: not (route.only_redirects or route.is_delegate or route.streams),
    examples=(
        Bad(_istio(marker="  # <- the route `main` has no timeout")),
        Bad(_istio("timeout: 0s", "  # <- the timeout of the route `orders` is switched off")),
        Bad(
            """
            apiVersion: gateway.networking.k8s.io/v1
            kind: HTTPRoute
            metadata: {name: orders}
            spec:
              rules:
                - backendRefs: [{name: orders, port: 80}]  # <- the route `orders` has no timeout
            """
        ),
        Good(_istio("timeout: 2s")),
        Good(_istio("match: [{uri: {prefix: /ws}}]"), "WebSockets live long"),
        Good(
            """
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: orders}
            spec:
              hosts: [orders]
              http: [{redirect: {uri: /v2}}]
            """,
            "a redirect calls nobody",
        ),
    ),
)
def timeout_missing(route: MeshRoute, context: Context) -> Iterator[Problem]:
    """Report routes without a total timeout, or with one of zero."""
    del context
    if route.timeout is not None and milliseconds(route.timeout[0]) != 0:
        return
    what = (
        "the timeout of the route `{}` is switched off"
        if route.timeout is not None
        else "the route `{}` has no timeout"
    )
    yield Problem(what.format(route.name), route.location, help="set a timeout on the route")
