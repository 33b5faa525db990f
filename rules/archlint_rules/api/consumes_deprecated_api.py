"""A service consumes an API that is deprecated.

## Why is this bad?

The API goes away at a date that its provider sets. Whoever still consumes it then stops working.

## How to fix

Move to the API that replaces it, or agree on a date with its owner.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Related, ServiceGraph, Severity, rule

_CATALOG = """
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {{name: web}}
spec:
  type: service
  lifecycle: production
  owner: team-web
  consumesApis:
    - orders-v1{marker}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {{name: orders}}
spec: {{type: service, lifecycle: production, owner: team-orders, providesApis: [orders-v1]}}
---
apiVersion: backstage.io/v1alpha1
kind: API
metadata: {{name: orders-v1}}
spec: {{type: openapi, lifecycle: {lifecycle}, owner: team-orders, definition: "openapi: 3.1.0"}}
"""


@rule(
    id="consumes-deprecated-api",
    category="api",
    severity=Severity.WARNING,
    subject=ServiceGraph,
    since="0.1.0",
    references=("https://opensource.zalando.com/restful-api-guidelines/#191",),
    examples=(
        Bad(
            _CATALOG.format(
                lifecycle="deprecated",
                marker="  # <- `web` consumes `api:default/orders-v1`, which is deprecated",
            )
        ),
        Good(_CATALOG.format(lifecycle="production", marker="")),
    ),
)
def consumes_deprecated_api(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report dependencies on APIs that a catalog calls deprecated; those of the same owner for information."""
    del context
    deprecated = {
        link.target: link
        for link in graph.links
        if link.kind == "definition" and not link.source and link.extra.get("lifecycle") == "deprecated"
    }
    for edge in graph.dependencies if deprecated else ():
        for evidence in edge.evidence:
            api = deprecated.get(evidence.host)
            if api is None:
                continue
            same_owner = api.extra.get("owner") == edge.source.owner != ""
            yield Problem(
                f"`{edge.source.name}` consumes `{api.target}`, which is deprecated",
                evidence.at,
                help="move to what replaces it",
                related=(Related("the API is declared here", api.at),),
                severity=Severity.INFO if same_owner else None,
                identity=("deprecated", edge.source.id, api.target),
            )
