"""A route that breaks a share of everybody's requests on purpose.

## Why is this bad?

Fault injection is for tests. Without a match on a header or a source, it hits real users, and Istio switches timeouts and retries off on such a
route.

## How to fix

Remove the fault, or limit it to requests that carry a test header.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.formats.kubernetes import MeshRoute

_ISTIO = """
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: orders{more}}}
spec:
  hosts: [orders]
  http:
    - route: [{{destination: {{host: orders}}}}]
      timeout: 2s
      {match}
      fault: {fault}
"""


def _istio(fault: str, match: str = "name: main", more: str = "") -> str:
    return _ISTIO.format(fault=fault, match=match, more=more)


@rule(
    id="fault-injection-in-production-route",
    category="resilience",
    severity=Severity.WARNING,
    subject=MeshRoute,
    since="0.1.0",
    references=(
        "https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPFaultInjection",
    ),
    applies=lambda route: route.tool == "istio" and isinstance(route.get("fault"), dict),
    examples=(
        Bad(
            _istio(
                "{delay: {percentage: {value: 10}, fixedDelay: 5s}}  # <- the route `main` delays 10 % of its requests on purpose"
            )
        ),
        Bad(
            _istio(
                "{abort: {percentage: {value: 1}, httpStatus: 500}}  # <- the route `main` aborts 1 % of its requests on purpose"
            )
        ),
        Good(
            _istio(
                "{abort: {percentage: {value: 100}, httpStatus: 500}}",
                "match: [{headers: {x-test: {exact: 'yes'}}}]",
            )
        ),
        Good(_istio("{abort: {percentage: {value: 0}, httpStatus: 500}}")),
        Good(
            _istio("{abort: {percentage: {value: 5}, httpStatus: 500}}", more=", namespace: staging"),
            "a test namespace",
        ),
    ),
)
def fault_injection_in_production_route(route: MeshRoute, context: Context) -> Iterator[Problem]:
    """Report faults of more than 0 % on routes without a match on headers or sources, outside of test namespaces."""
    del context
    if any(word in route.manifest.namespace for word in ("test", "staging", "dev", "chaos", "sandbox")):
        return
    matches = route.items("match")
    if matches and all(
        isinstance(match, dict) and ({"headers", "sourceLabels", "sourceNamespace"} & match.keys())
        for match in matches
    ):
        return
    for key, what in (("delay", "delays"), ("abort", "aborts")):
        percentage = route.get(
            "fault", key, "percentage", "value", default=route.get("fault", key, "percent")
        )
        if isinstance(percentage, int | float) and percentage > 0:
            yield Problem(
                f"the route `{route.name}` {what} {percentage:g} % of its requests on purpose",
                route.at("fault"),
                help="remove the fault, or limit it to requests with a test header",
            )
