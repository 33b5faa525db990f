"""A name that could mean several services.

## Why is this bad?

archlint joins what different files say of a service by its name. Where two services are called so, it joins nothing, and what the file says of the
service is missing from the graph, with all that rules would have found by it.

## How to fix

Say which one is meant: by the full entity reference, the host with its namespace, or an alias in the service's manifest.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Related, ServiceGraph, Severity, rule

_DEPLOYMENT = """
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: orders, namespace: {space}}}
spec:
  template:
    metadata: {{labels: {{app: orders}}}}
    spec: {{containers: [{{name: main, image: shop/orders-{space}}}]}}
"""
_TWO = _DEPLOYMENT.format(space="one") + _DEPLOYMENT.format(space="two")
_MANIFEST = """
---
apiVersion: archlint.dev/v1alpha1
kind: Service
entity: component:default/orders{marker}
owner: team-a
"""


@rule(
    id="identity-ambiguous",
    category="services",
    severity=Severity.INFO,
    profile="strict",
    subject=ServiceGraph,
    since="0.1.0",
    references=("https://backstage.io/docs/features/software-catalog/references/",),
    examples=(
        Bad(_TWO + _MANIFEST.format(marker="  # <- `orders` could be `orders (one)` or `orders (two)`")),
        Good(_DEPLOYMENT.format(space="one") + _MANIFEST.format(marker="")),
        Good(_TWO, "nothing refers to it"),
    ),
)
def identity_ambiguous(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report names in declarations and references that mean more than one service."""
    del context
    reported: set[object] = set()
    for one in graph.ambiguous:
        if one.at.node in reported:
            continue
        reported.add(one.at.node)
        candidates = sorted(one.candidates, key=lambda service: service.name)
        first, last = candidates[0], candidates[-1]
        more = f" or {len(candidates) - 2} more" if len(candidates) > 2 else ""  # noqa: PLR2004
        yield Problem(
            f"`{one.name}` could be `{first.name}` or `{last.name}`{more}",
            one.at,
            help="name the one that is meant in full, or give it an alias",
            related=tuple(Related(f"`{service.name}`", service.location) for service in candidates),
            identity=("ambiguous", one.name),
        )
