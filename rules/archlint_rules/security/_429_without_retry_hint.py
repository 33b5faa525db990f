"""A refusal of too many requests without a word about when to come back.

## Why is this bad?

A client that is not told how long to wait tries again at once, like all the others, and keeps the service at its limit.

## How to fix

Send and declare `Retry-After`, or `RateLimit` and `RateLimit-Policy`.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.formats.openapi import Response
from archlint.formats.openapi.words import bare

_SPEC = """
openapi: {version}
info: {{title: Orders, version: 1.0.0}}
paths:
  /orders:
    get:
      responses:
        "200": {{description: ok}}
        "429":{marker}
          description: Too many requests
          {headers}
"""


def _spec(headers: str = "content: {}", marker: str = "", version: str = "3.1.0") -> str:
    return _SPEC.format(headers=headers, marker=marker, version=version)


@rule(
    id="429-without-retry-hint",
    category="security",
    severity=Severity.INFO,
    profile="strict",
    subject=Response,
    since="0.1.0",
    references=(
        "https://www.rfc-editor.org/rfc/rfc6585#section-4",
        "https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/",
        "https://opensource.zalando.com/restful-api-guidelines/#153",
    ),
    applies=lambda response: response.status == "429",
    aggregate=True,
    examples=(
        Bad(_spec(marker="  # <- the 429 response of `GET /orders` does not say when to come back")),
        Bad(
            """
            swagger: "2.0"
            info: {title: Orders, version: 1.0.0}
            paths:
              /orders:
                get:
                  responses:
                    "200": {description: ok}
                    "429": {description: Too many requests}  # <- the 429 response of `GET /orders` does not say when
            """,
            "Swagger 2.0",
        ),
        Good(_spec("headers: {Retry-After: {schema: {type: integer}}}")),
        Good(
            _spec(
                "headers: {RateLimit: {schema: {type: string}}, RateLimit-Policy: {schema: {type: string}}}"
            ),
            "the draft of 2024 and later",
        ),
        Good(_spec("headers: {RateLimit-Reset: {schema: {type: integer}}}"), "the drafts before"),
        Good(
            _spec("headers: {X-RateLimit-Reset: {schema: {type: integer}}}", version="3.0.3"),
            "before the drafts",
        ),
        Good(
            _spec("headers: {Retry-After: {$ref: 'headers.yaml#/RetryAfter'}}"),
            "a header in a file that is not here",
        ),
    ),
)
def rate_limited_without_retry_hint(response: Response, context: Context) -> Iterator[Problem]:
    """Report 429 responses with neither `Retry-After` nor a header of any generation of rate limit headers."""
    del context
    names = [bare(name) for name in response.mapping("headers")]
    if not any("retryafter" in name or "ratelimit" in name for name in names):
        yield Problem(
            f"the 429 response of `{response.operation.name}` does not say when to come back",
            response.document.at(response.pointer, on_key=True),
            help="declare `Retry-After`",
        )
