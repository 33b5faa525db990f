"""A creating POST that cannot be repeated safely.

## Why is this bad?

When the answer is lost, the client cannot know whether the order was placed or the customer charged. If it repeats the request, it happens
twice; if it does not, it may not have happened at all. Proxies and libraries that retry make it worse.

## How to fix

Accept an `Idempotency-Key` header (or a request id in the body) and answer a repeated key with the first result. A natural key that a
second creation would conflict with (409) does as well.
"""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta

from archlint.api import Bad, Context, Good, Options, Problem, Severity, rule
from archlint.formats.openapi import Operation
from archlint.formats.openapi.understanding import understand
from archlint.formats.openapi.words import MONEY, bare


class IdempotencyOptions(Options, frozen=True, kw_only=True):
    """How the API takes a key."""

    header: Annotated[str, Meta(description="a further name of the header that carries the key")] = ""


_SPEC = """
openapi: 3.1.0
info: {{title: Shop, version: 1.0.0}}
paths:
  {path}:
    post:{marker}
      operationId: create
      {extra}
      requestBody: {{content: {{application/json: {{schema: {{type: object, properties: {{{property}: {{type: string}}}}}}}}}}}}
      responses:
        "201": {{description: Made}}
        {response}
"""


def _spec(
    path: str = "/payments",
    marker: str = "",
    extra: str = "tags: [a]",
    field: str = "name",
    response: str = "default: {description: no}",
) -> str:
    return _SPEC.format(path=path, marker=marker, extra=extra, property=field, response=response)


def _creates(operation: Operation) -> bool:
    return operation.kind == "path" and operation.method == "POST" and understand(operation).kind == "create"


@rule(
    id="create-not-idempotent",
    category="resilience",
    severity=Severity.INFO,
    subject=Operation,
    since="0.1.0",
    references=(
        "https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/",
        "https://google.aip.dev/155",
        "https://opensource.zalando.com/restful-api-guidelines/#230",
    ),
    options=IdempotencyOptions,
    applies=_creates,
    aggregate=True,
    examples=(
        Bad(_spec(marker="  # <- repeating `POST /payments` happens twice")),
        Bad(_spec("/notes", marker="  # <- repeating `POST /notes` happens twice")),
        Good(_spec(extra="parameters: [{name: Idempotency-Key, in: header, schema: {type: string}}]")),
        Good(_spec(field="idempotency_key"), "a key in the body"),
        Good(_spec(response='"409": {description: The order number is taken}'), "a natural key conflicts"),
        Good(_spec("/payments/search"), "a search creates nothing"),
        Good(_spec("/payments/{id}/capture"), "a command on one thing"),
        Good(
            _spec(extra="parameters: [{name: X-Once, in: header, schema: {type: string}}]"),
            options={"header": "X-Once"},
        ),
    ),
)
def create_not_idempotent(operation: Operation, context: Context) -> Iterator[Problem]:
    """Report a POST that creates and takes no key; as a warning where money or orders are at stake."""
    if understand(operation).idempotency or "409" in operation.responses:
        return
    header = bare(context.options.header)
    if header and any(
        parameter.place == "header" and bare(parameter.name) == header for parameter in operation.parameters
    ):
        return
    segments = [part for part in operation.path.split("/") if part and "{" not in part]
    grave = bool(MONEY.search(" ".join([*segments[-1:], *operation.tags])))
    yield Problem(
        f"repeating `{operation.name}` happens twice: it takes no idempotency key",
        operation.key,
        help="accept an `Idempotency-Key` header, and answer a repeated key with the first result",
        severity=Severity.WARNING if grave else Severity.INFO,
    )
