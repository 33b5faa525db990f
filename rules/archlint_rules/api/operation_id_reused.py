"""One name for two operations of different APIs.

## Why is this bad?

`operationId`s become names of functions, metrics, permissions and routes. Where a gateway, a portal or a generated client joins the APIs, the
second one takes the place of the first.

## How to fix

Name what the operation is about: `listOrders` and `listInvoices` rather than `list` twice.
"""

import re
from collections import defaultdict
from collections.abc import Iterator

from archlint.api import (
    ApiFact,
    Bad,
    Context,
    Good,
    OperationFact,
    Problem,
    Related,
    ServiceGraph,
    Severity,
    regex,
    rule,
)

_SPEC = """
openapi: 3.1.0
info: {{title: {title}, version: 1.0.0}}
paths:
  {path}:
    get:{marker}
      operationId: {name}
      responses: {{"200": {{description: ok}}}}
"""
_NUMBERS = regex(r"\bv?\d+(?:\.\d+)*\b|[^a-z]+", re.IGNORECASE)
_EVERYWHERE = ("health", "ready", "live", "status", "version", "ping", "metrics", "openapi", "info")


def _spec(title: str, path: str, name: str, marker: str = "") -> str:
    return _SPEC.format(title=title, path=path, name=name, marker=marker)


@rule(
    id="operation-id-reused",
    category="api",
    severity=Severity.INFO,
    profile="strict",
    subject=ServiceGraph,
    since="0.1.0",
    references=("https://spec.openapis.org/oas/v3.1.1.html#operation-object",),
    examples=(
        Bad(
            {
                "a.yaml": _spec("Orders", "/orders", "list"),
                "b.yaml": _spec(
                    "Invoices",
                    "/invoices",
                    "list",
                    "  # <- `list` names `GET /invoices` of `Invoices` and `GET /orders` of `Orders`",
                ),
            }
        ),
        Good(
            {
                "a.yaml": _spec("Orders", "/orders", "listOrders"),
                "b.yaml": _spec("Invoices", "/invoices", "listInvoices"),
            }
        ),
        Good(
            {
                "a.yaml": _spec("Orders", "/health", "health"),
                "b.yaml": _spec("Invoices", "/health", "health"),
            },
            "the same thing everywhere",
        ),
        Good(
            {
                "a.yaml": _spec("Orders v1", "/v1/orders", "list"),
                "b.yaml": _spec("Orders v2", "/v2/orders", "list"),
            },
            "two versions",
        ),
    ),
)
def operation_id_reused(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report names of operations that an API before it, by file name, uses for another path."""
    del context
    users: defaultdict[str, list[tuple[ApiFact, OperationFact]]] = defaultdict(list)
    for api in _one_per_title(graph):
        for operation in api.operations:
            if operation.operation_id and not any(word in operation.path.lower() for word in _EVERYWHERE):
                users[operation.operation_id].append((api, operation))
    for name, places in users.items():
        first_api, first = places[0]
        for api, operation in places[1:]:
            if api is not first_api and (operation.method, operation.path) != (first.method, first.path):
                yield Problem(
                    f"`{name}` names `{operation.name}` of `{api.title}` and `{first.name}` of `{first_api.title}`",
                    operation.at,
                    help="name what the operation is about",
                    related=(Related("the other one", first.at),),
                    identity=("operation-id", name, api.at.path),
                )
                break


def _one_per_title(graph: ServiceGraph) -> list[ApiFact]:
    """Return the HTTP APIs, one for all that have the same title but for its numbers: versions of one API."""
    found: dict[str, ApiFact] = {}
    for api in sorted(graph.apis, key=lambda api: (api.at.path, api.at.document)):
        if api.format == "openapi":
            found.setdefault(_NUMBERS.sub("", api.title).lower(), api)
    return list(found.values())
