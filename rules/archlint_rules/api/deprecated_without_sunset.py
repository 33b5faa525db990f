"""A deprecated operation that does not say when it will be gone.

## Why is this bad?

"Deprecated" without a date is never acted on: clients have no reason to move now, and the provider can never switch it off.

## How to fix

Send a `Sunset` header and declare it, or write the date into the description or `x-sunset`. Name what to use instead.
"""

import re
from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, regex, rule
from archlint.formats.openapi import Operation

_DATE = regex(
    r"\b20\d\d-\d\d(?:-\d\d)?\b|\b20\d\d/\d\d|\b\d{1,2}[./]\d{1,2}[./]20\d\d\b"
    r"|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?,? (?:\d{1,2}(?:st|nd|rd|th)?,? )?20\d\d\b|\bQ[1-4] 20\d\d\b|\b20\d\d\b.{0,20}\b(?:remov|retir|sunset)",
    re.IGNORECASE,
)

_SPEC = """
openapi: 3.1.0
info: {{title: Orders, version: 1.0.0{info}}}
paths:
  /orders:
    {method}:
      deprecated: true
      {extra}
      responses:
        "200":
          description: The orders
          {headers}
"""


def _spec(
    method: str = "get", extra: str = "operationId: old", headers: str = "content: {}", info: str = ""
) -> str:
    return _SPEC.format(method=method, extra=extra, headers=headers, info=info)


@rule(
    id="deprecated-without-sunset",
    category="api",
    severity=Severity.WARNING,
    subject=Operation,
    since="0.1.0",
    references=("https://www.rfc-editor.org/rfc/rfc8594", "https://www.rfc-editor.org/rfc/rfc9745"),
    applies=lambda operation: operation.is_deprecated,
    aggregate=True,
    examples=(
        Bad(
            _spec().replace(
                "    get:", "    get:  # <- `GET /orders` is deprecated and does not say until when"
            )
        ),
        Bad(
            """
            swagger: "2.0"
            info: {title: Orders, version: 1.0.0}
            paths:
              /orders:
                get:  # <- `GET /orders` is deprecated and does not say until when
                  deprecated: true
                  responses: {"200": {description: The orders}}
            """,
            "Swagger 2.0",
        ),
        Good(_spec(headers="headers: {Sunset: {schema: {type: string}}}"), "the header says it"),
        Good(_spec(headers="headers: {deprecation: {schema: {type: string}}}"), "RFC 9745"),
        Good(_spec(extra="x-sunset: 2027-01-31"), "an extension says it"),
        Good(
            _spec(extra='description: "Use /v2/orders; gone after 31 January 2027, i.e. 2027-01-31."'),
            "the description says it",
        ),
        Good(_spec(info=", x-audience: internal"), "an internal API"),
    ),
)
def deprecated_without_sunset(operation: Operation, context: Context) -> Iterator[Problem]:
    """Report a deprecated operation without a date in headers, extensions or description."""
    del context
    headers = {name for response in operation.responses.values() for name in response.headers}
    dated = any(
        key.lower().startswith("x-") and ("sunset" in key.lower() or "removal" in key.lower())
        for key in operation.data
    )
    if (
        headers & {"sunset", "deprecation"}
        or dated
        or _DATE.search(operation.description)
        or operation.root.is_internal
    ):
        return
    yield Problem(
        f"`{operation.name}` is deprecated and does not say until when",
        operation.key,
        help="declare a `Sunset` header, or write the date and the replacement into the description",
    )
