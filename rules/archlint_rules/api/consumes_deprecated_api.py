"""A service consumes an API that is deprecated.

## Why is this bad?

The API goes away at a date that its provider sets. Whoever still consumes it then stops working.

## How to fix

Move to the API that replaces it, or agree on a date with its owner.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Related, ServiceGraph, Severity, rule
from archlint_rules.contracts.operations import of_method
from archlint_rules.contracts.providers import Contracts, interactions

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
_PACT = """
consumer: {{name: web}}
provider: {{name: orders}}
interactions:
  - description: a list
    request:
      method: GET
      path: /orders{marker}
    response: {{status: 200}}
"""
_OPENAPI = """
openapi: 3.1.0
info: {{title: orders, version: 1.0.0}}
paths: {{/orders: {{get: {{deprecated: {deprecated}, responses: {{"200": {{description: all}}}}}}}}}}
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
        Bad(
            {
                "orders/openapi.yaml": _OPENAPI.format(deprecated="true"),
                "pacts/web-orders.yaml": _PACT.format(
                    marker="  # <- `web` consumes `GET /orders` of `orders`, which is deprecated"
                ),
            },
            "a pact shows who still calls an operation",
        ),
        Good(
            {
                "orders/openapi.yaml": _OPENAPI.format(deprecated="false"),
                "pacts/web-orders.yaml": _PACT.format(marker=""),
            }
        ),
    ),
)
def consumes_deprecated_api(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report dependencies on APIs that a catalog, or their description, calls deprecated; those of the same owner for information."""
    del context
    yield from _in_pacts(graph)
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


def _in_pacts(graph: ServiceGraph) -> Iterator[Problem]:
    """Yield the deprecated operations that consumers expect in pacts, each of a consumer once."""
    contracts = Contracts(graph)
    told: set[tuple[str, str, str]] = set()
    for parts in interactions(graph):
        fact = parts.get("Interaction")
        if fact is None or fact.target is None:
            continue
        provider, method, path = fact.target[1], str(fact.spec.get("method")), str(fact.spec.get("path"))
        apis, confidence = contracts.of(provider)
        found = [operation for api in apis if (operation := of_method(api.at(path), method))]
        if not found or not all(operation.deprecated for operation in found):
            continue
        key = (fact.name, provider, found[0].name)
        if key not in told:
            told.add(key)
            yield Problem(
                f"`{fact.name}` consumes `{found[0].name}` of `{provider}`, which is deprecated",
                fact.at,
                help="move to what replaces it",
                related=(Related("the operation is deprecated here", found[0].at),),
                confidence=confidence,
                identity=("deprecated", *key),
            )
