"""Errors in a form of one's own.

## Why is this bad?

Every API with its own error body needs its own code to read it. RFC 9457 gives the form that libraries and gateways already read.

## How to fix

Answer errors as `application/problem+json` with `type`, `title`, `status` and `detail`; further members are allowed. A house standard is
as good: name it in `errorFormat`.
"""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta

from archlint.api import Bad, Context, Good, Options, Problem, Related, Severity, rule
from archlint.formats.openapi import OpenAPI
from archlint.formats.openapi.errors import ErrorBody, error_bodies

_SHOWN = 5


class ErrorOptions(Options, frozen=True, kw_only=True):
    """The form that errors have here."""

    error_format: Annotated[
        str, Meta(description="`rfc9457`, `google.rpc.Status`, or the name of a schema of the description")
    ] = "rfc9457"


_SPEC = """
openapi: 3.1.0
info: {{title: Orders, version: 1.0.0}}
paths:
  /orders:
    get:
      responses:
        "200": {{description: ok}}
        "400":
          description: no
          content:
            {media}:
              schema: {schema}
components:
  schemas:
    Error: {{type: object, properties: {{code: {{type: string}}, message: {{type: string}}}}}}
"""


def _spec(schema: str, media: str = "application/json") -> str:
    return _SPEC.format(schema=schema, media=media)


@rule(
    id="problem-details-not-used",
    category="api",
    severity=Severity.INFO,
    profile="strict",
    subject=OpenAPI,
    since="0.1.0",
    references=(
        "https://www.rfc-editor.org/rfc/rfc9457",
        "https://opensource.zalando.com/restful-api-guidelines/#176",
        "https://google.aip.dev/193",
    ),
    options=ErrorOptions,
    examples=(
        Bad(
            _spec(
                "{type: object, properties: {reason: {type: string}}}  # <- 1 of 1 error bodies of `Orders` are no problem details"
            )
        ),
        Bad(
            _spec(
                "{type: object, properties: {reason: {type: string}}}  # <- 1 of 1 error bodies of `Orders` are no `Error`"
            ),
            options={"errorFormat": "Error"},
        ),
        Good(_spec("{type: object}", "application/problem+json")),
        Good(
            _spec(
                "{type: object, properties: {type: {type: string}, title: {type: string}, status: {type: integer}, detail: {type: string}}}"
            ),
            "by its members",
        ),
        Good(
            _spec('{$ref: "#/components/schemas/Error"}'),
            "a house standard",
            options={"errorFormat": "Error"},
        ),
        Good(
            _spec(
                "{type: object, properties: {error: {type: object, properties: {code: {type: integer}, message: {type: string}}}}}"
            ),
            "Google's",
            options={"errorFormat": "google.rpc.Status"},
        ),
    ),
)
def problem_details_not_used(api: OpenAPI, context: Context) -> Iterator[Problem]:
    """Report once per description the error bodies that have another form than the configured one."""
    wanted = context.options.error_format
    bodies = error_bodies(api)
    odd = [body for body in bodies if not _conforms(body, wanted)]
    if odd:
        what = f"`{api.title}`" if api.title else "the API"
        name = "problem details" if wanted == "rfc9457" else f"`{wanted}`"
        yield Problem(
            f"{len(odd)} of {len(bodies)} error bodies of {what} are no {name}",
            odd[0].media.at("schema"),
            help="answer errors as `application/problem+json`, or name the house format in `errorFormat`",
            related=tuple(
                Related(f"the {body.response.status} of `{body.operation.name}`", body.media.at("schema"))
                for body in odd[1:_SHOWN]
            ),
        )


def _conforms(body: ErrorBody, wanted: str) -> bool:
    if wanted == "rfc9457":
        return body.is_problem
    if wanted == "google.rpc.Status":
        return body.is_google_status
    return any(part.reference_name == wanted for part in body.schema.parts)
