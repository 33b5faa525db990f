"""Linkerd annotations that a ServiceProfile switches off.

## Why is this bad?

Where a ServiceProfile exists, Linkerd ignores the retry, timeout and circuit breaking annotations of that Service, without a word: what looks configured is
off.

## How to fix

Move everything into the profile, or delete the profile and use annotations or HTTPRoutes.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Related, ServiceGraph, Severity, rule

_PREFIXES = ("retry.linkerd.io/", "timeout.linkerd.io/", "balancer.linkerd.io/failure-accrual")
_SERVICE = """
apiVersion: v1
kind: Service
metadata:
  name: orders{marker}
  namespace: shop
  annotations: {{{annotation}}}
spec: {{ports: [{{port: 80}}]}}
"""
_PROFILE = """
---
apiVersion: linkerd.io/v1alpha2
kind: ServiceProfile
metadata: {name: orders.shop.svc.cluster.local, namespace: shop}
spec: {routes: []}
"""


@rule(
    id="linkerd-profile-masks-policies",
    category="networking",
    severity=Severity.WARNING,
    subject=ServiceGraph,
    since="0.1.0",
    references=(
        "https://linkerd.io/2/reference/retries/",
        "https://linkerd.io/2/reference/circuit-breaking/",
    ),
    examples=(
        Bad(
            {
                "orders.yaml": _SERVICE.format(
                    marker="  # <- the ServiceProfile of `orders` switches `retry.linkerd.io/http` off",
                    annotation="retry.linkerd.io/http: 5xx",
                )
                + _PROFILE
            }
        ),
        Good({"orders.yaml": _SERVICE.format(marker="", annotation="retry.linkerd.io/http: 5xx")}),
        Good({"orders.yaml": _SERVICE.format(marker="", annotation="team: a") + _PROFILE}),
    ),
)
def linkerd_profile_masks_policies(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report Services with such annotations for which there is a ServiceProfile."""
    del context
    profiles = {fact.name.lower(): fact for fact in graph.selects if fact.kind == "linkerd.io/ServiceProfile"}
    for endpoint in graph.endpoints:
        ignored = sorted(name for name in endpoint.annotations if name.startswith(_PREFIXES))
        profile = next(
            (profiles[host.lower()] for host in endpoint.hostnames if host.lower() in profiles), None
        )
        if ignored and profile is not None:
            yield Problem(
                f"the ServiceProfile of `{endpoint.name}` switches `{ignored[0]}` off",
                endpoint.at,
                help="move it into the profile, or delete the profile",
                related=(Related("the profile", profile.at),),
                identity=("linkerd-profile", endpoint.scope, endpoint.name),
            )
