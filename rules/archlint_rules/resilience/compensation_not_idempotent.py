"""A compensation that may be done twice.

## Why is this bad?

A compensation that fails is tried again until it succeeds, or the saga stays half undone. Done twice, a plain `POST` refunds twice.

## How to fix

Let the caller send a key (`Idempotency-Key`), or make the compensation a `PUT` or `DELETE` of what it undoes.
"""

from collections.abc import Iterator
from typing import Any

from archlint.api import (
    Bad,
    Confidence,
    Context,
    Good,
    OperationFact,
    Problem,
    Related,
    Service,
    ServiceGraph,
    Severity,
    rule,
)

_MANIFEST = """
apiVersion: archlint.dev/v1alpha1
kind: Service
entity: component:default/orders
sagas:
  - saga: place-order
    steps:
      - {{participant: component:default/payments, step: compensable, compensation: {compensation}}}
"""
_PARTICIPANT = """
apiVersion: archlint.dev/v1alpha1
kind: Service
entity: component:default/payments
apis: [{contract: openapi.yaml}]
"""
_OPENAPI = """
openapi: 3.1.0
info: {{title: Payments, version: 1.0.0}}
paths:
  /payments/{{id}}/refunds:
    {method}:{marker}
      operationId: refundPayment
      parameters: [{parameter}]
      responses: {{"201": {{description: done}}}}
"""


def _files(
    method: str = "post", marker: str = "", parameter: str = "", compensation: str = "refundPayment"
) -> dict[str, str]:
    return {
        "orders/archlint-service.yaml": _MANIFEST.format(compensation=compensation),
        "payments/archlint-service.yaml": _PARTICIPANT,
        "payments/openapi.yaml": _OPENAPI.format(method=method, marker=marker, parameter=parameter),
    }


@rule(
    id="compensation-not-idempotent",
    category="resilience",
    severity=Severity.WARNING,
    subject=ServiceGraph,
    since="0.1.0",
    profile="strict",
    references=(
        "https://learn.microsoft.com/en-us/azure/architecture/patterns/compensating-transaction",
        "https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2",
    ),
    examples=(
        Bad(
            _files(
                marker="  # <- `POST /payments/{id}/refunds` undoes a step of `place-order` and is not idempotent"
            )
        ),
        Good(_files(method="put"), "`PUT` and `DELETE` are idempotent"),
        Good(_files(parameter="{name: Idempotency-Key, in: header, schema: {type: string}}")),
        Good(_files(compensation="cancelPayment"), "the operation is not described"),
    ),
)
def compensation_not_idempotent(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report operations that the steps of declared sagas name as compensation and that may not be repeated, each once."""
    del context
    told: set[tuple[str, str]] = set()
    for service in graph.services:
        for saga, participant, compensation in _compensations(service):
            provider = graph.named(participant)
            operation = _operation(provider, compensation) if provider is not None else None
            if provider is None or operation is None or operation.idempotent is not False:
                continue
            if (provider.id, operation.name) in told:
                continue
            told.add((provider.id, operation.name))
            declared = next((item for item in service.evidence if item.extractor == "manifest"), None)
            yield Problem(
                f"`{operation.name}` undoes a step of `{saga}` and is not idempotent",
                operation.at,
                help="accept an `Idempotency-Key`, or make it a `PUT` or `DELETE` of what it undoes",
                related=(Related(f"`{service.name}` declares the saga", declared.at),) if declared else (),
                confidence=Confidence.CONFIGURED,
                identity=("compensation", provider.id, operation.name),
            )


def _compensations(service: Service) -> Iterator[tuple[str, str, str]]:
    """Yield the steps of *service*'s sagas that can be undone: saga, participant, name of the operation."""
    for saga in _entries(service.extra.get("sagas")):
        for step in _entries(saga.get("steps")):
            participant, compensation = step.get("participant"), step.get("compensation")
            if isinstance(participant, str) and isinstance(compensation, str) and compensation:
                yield str(saga.get("saga", "")), participant, compensation


def _entries(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _operation(provider: Service, name: str) -> OperationFact | None:
    """Return the only operation of *provider* called *name*: by its id, or by method and path."""
    found = [
        operation
        for api in provider.apis
        for operation in api.operations
        if name in {operation.operation_id, operation.name}
    ]
    return found[0] if len(found) == 1 else None
