"""An operation that does not say how it fails.

## Why is this bad?

Every call can fail. A client that was never told how treats each failure as the unknown: it shows raw text to people, retries what will
never work, or gives up on what would.

## How to fix

Declare the 4xx responses that a caller can do something about, or one `default` response with the error's schema.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.formats.openapi import Operation
from archlint.formats.openapi.understanding import is_probe

_SPEC = """
openapi: 3.1.0
info: {{title: Orders, version: 1.0.0}}
paths:
  {path}:
    get:{marker}
      responses:
        "200": {{description: ok}}
        {more}
"""


def _spec(more: str = "x-none: true", path: str = "/orders/{id}", marker: str = "") -> str:
    return _SPEC.format(more=more, path=path, marker=marker)


@rule(
    id="error-responses-missing",
    category="api",
    severity=Severity.WARNING,
    subject=Operation,
    since="0.1.0",
    references=(
        "https://opensource.zalando.com/restful-api-guidelines/#151",
        "https://owasp.org/API-Security/editions/2023/en/0xa8-security-misconfiguration/",
    ),
    applies=lambda operation: operation.kind == "path" and not is_probe(operation),
    aggregate=True,
    examples=(
        Bad(_spec(marker="  # <- `GET /orders/{id}` does not say how it fails")),
        Bad(
            _spec(
                '"500": {description: It broke}',
                marker="  # <- `GET /orders/{id}` says how it breaks, not what it refuses",
            ),
            "a 500 tells nothing to do",
        ),
        Bad(
            """
            swagger: "2.0"
            info: {title: Orders, version: 1.0.0}
            paths:
              /a:
                get: {responses: {"200": {description: ok}}}  # <- `GET /a` does not say how it fails (the same for 3 of 3 others)
              /b:
                get: {responses: {"200": {description: ok}}}
              /c:
                get: {responses: {"200": {description: ok}}}
              /d:
                get: {responses: {"200": {description: ok}}}
            """,
            "Swagger 2.0; one finding where most of a description does so",
        ),
        Good(_spec('"404": {description: No such order}')),
        Good(_spec('"4XX": {description: What the caller did}'), "a range"),
        Good(_spec("default: {description: An error}"), "one for all"),
        Good(
            _spec('"404": {$ref: "errors.yaml#/components/responses/Missing"}'),
            "declared in a file that is not here",
        ),
        Good(_spec(path="/healthz"), "health checks have no callers to tell"),
        Good(
            """
            openapi: 3.1.0
            info: {title: Orders, version: 1.0.0}
            paths:
              /settings:
                get:
                  responses:
                    "200": {description: ok}
                    "500": {description: It broke}
            """,
            "who gives nothing gives nothing to refuse",
        ),
        Good(
            """
            openapi: 3.1.0
            info: {title: Orders, version: 1.0.0}
            paths:
              /feed: {get: {responses: {"101": {description: switches to a WebSocket}}}}
            """,
            "a handshake",
        ),
    ),
)
def error_responses_missing(operation: Operation, context: Context) -> Iterator[Problem]:
    """Report an operation that declares neither a 4xx nor a `default` response, unless it takes nothing and declares a 5xx, or only opens a WebSocket."""
    del context
    declared = operation.mapping("responses")
    if any(status == "default" or status.startswith("4") for status in declared):
        return
    if declared and all(status.startswith("1") for status in declared):
        return
    breaks = any(status.startswith("5") for status in declared)
    takes = "{" in operation.path or operation.all_parameters or operation.body or operation.security
    if breaks and not takes:
        return
    what = "says how it breaks, not what it refuses" if breaks else "does not say how it fails"
    yield Problem(
        f"`{operation.name}` {what}",
        operation.key,
        help="declare its 4xx responses, or a `default` response with the error's schema",
    )
