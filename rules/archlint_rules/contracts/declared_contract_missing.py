"""A catalog entry or manifest names a contract that does not exist.

## Why is this bad?

Whoever looks for the API finds an error instead. Checks that compare the contract with its consumers see nothing and say nothing.

## How to fix

Correct the path, or add the contract.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, ServiceGraph, Severity, rule

_API = """
apiVersion: backstage.io/v1alpha1
kind: API
metadata: {{name: orders-api}}
spec:
  type: openapi
  lifecycle: production
  owner: team-a
  definition:
    $text: {path}
"""
_CONTRACT = """
openapi: 3.1.0
info: {title: Orders, version: 1.0.0}
paths: {}
"""


@rule(
    id="declared-contract-missing",
    category="contracts",
    severity=Severity.ERROR,
    subject=ServiceGraph,
    since="0.1.0",
    references=(
        "https://backstage.io/docs/features/software-catalog/descriptor-format#substitutions-in-the-descriptor-format",
    ),
    examples=(
        Bad(
            {
                "catalog-info.yaml": _API.format(
                    path="./openapi.yaml  # <- the contract `openapi.yaml` does not exist"
                )
            }
        ),
        Bad(
            {
                "archlint-service.yaml": """
                    apiVersion: archlint.dev/v1alpha1
                    kind: Service
                    entity: component:default/orders
                    apis:
                      - contract: api/orders.yaml  # <- the contract `api/orders.yaml` does not exist
                """
            }
        ),
        Good({"catalog-info.yaml": _API.format(path="./openapi.yaml"), "openapi.yaml": _CONTRACT}),
        Good(
            """
            apiVersion: backstage.io/v1alpha1
            kind: Component
            metadata: {name: orders}
            spec: {type: service, lifecycle: production, owner: team-a, providesApis: [orders-api]}
            """,
            "the API may be in another catalog, unless the scope is complete",
        ),
        Good(
            {"catalog-info.yaml": _API.format(path="https://example.com/openapi.yaml")},
            "remote contracts are not fetched",
        ),
    ),
)
def declared_contract_missing(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report contracts inside the repository that are not there, and APIs that a complete catalog does not have."""
    known = {link.target for link in graph.links if link.kind == "definition" and not link.source}
    for link in graph.links:
        if link.kind == "contract" and link.exists is False:
            yield Problem(
                f"the contract `{link.target}` does not exist",
                link.at,
                help="correct the path, or add the contract",
                identity=("contract", link.source, link.target),
            )
        elif (
            link.kind == "definition"
            and link.source
            and link.target not in known
            and context.complete(link.at.path)
        ):
            yield Problem(
                f"`{link.source}` provides `{link.target}`, which the catalog does not have",
                link.at,
                help="correct the reference, or add the API to the catalog",
                identity=("definition", link.source, link.target),
            )
