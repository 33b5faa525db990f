"""A document that breaks the schema of its own format.

## Why is this bad?

The tools that it is for refuse it, or read something else than what was meant: a misspelt key is ignored, a wrong type makes a generator fail
in one language and not in another.

## How to fix

Mend the place that the message names. Where the format is newer than archlint knows, ignore the rule there.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Document, Good, Problem, Severity, rule


@rule(
    id="artifact-invalid",
    category="contracts",
    severity=Severity.ERROR,
    subject=Document,
    since="0.1.0",
    references=(
        "https://spec.openapis.org/oas/latest.html",
        "https://www.asyncapi.com/docs/reference/specification/latest",
    ),
    examples=(
        Bad(
            """
            openapi: 3.0.3
            info: {title: Orders, version: 1.0.0}
            paths:
              /orders:
                get:  # <- `get` has no `responses`
                  summary: All orders
            """
        ),
        Bad(
            """
            openapi: 3.1.0
            info: {title: Orders, version: 1.0.0}
            paths:
              /orders/{id}:
                get:  # <- `GET /orders/{id}` does not say what `id` in its path is
                  responses: {"200": {description: ok}}
            """
        ),
        Bad(
            """
            asyncapi: 3.0.0
            info: {title: orders, version: 1.0.0}
            operations:
              announce:
                action: publish  # <- `action` is `publish`, not `send` or `receive`
                channel: {$ref: "#/channels/placed"}
            channels: {placed: {address: placed}}
            """
        ),
        Bad(
            """
            services:
              orders:
                image: shop/orders
                ports: 8080:80  # <- `ports` is a text, not a list or null
            """
        ),
        Bad(
            """
            apiVersion: archlint.dev/v1alpha1
            kind: Service
            entity: component:default/orders
            teir: 1  # <- `teir` is not a property of the manifest
            """
        ),
        Bad(
            """
            apiVersion: backstage.io/v1alpha1
            kind: Component
            metadata: {name: orders}
            spec:  # <- `spec` has no `owner`
              type: service
              lifecycle: production
            """
        ),
        Good(
            """
            openapi: 3.1.0
            info: {title: Orders, version: 1.0.0, x-team: a}
            paths:
              /orders/{id}:
                parameters: [{name: id, in: path, required: true, schema: {type: string}}]
                get: {responses: {"200": {description: ok}}}
            """
        ),
        Good(
            """
            asyncapi: 2.6.0
            info: {title: orders, version: 1.0.0}
            channels: {placed: {subscribe: {message: {payload: {type: object}}}}}
            """
        ),
    ),
)
def artifact_invalid(document: Document, context: Context) -> Iterator[Problem]:
    """Report what the document's format finds, one problem per cause."""
    yield from context.validate(document)
