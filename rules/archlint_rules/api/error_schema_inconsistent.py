"""Errors that look different from the other errors of the same API.

## Why is this bad?

Clients have one place that reads errors. A body of another form is shown as "unknown error", or breaks the client while it handles a failure,
when it is least welcome. Often it is a slip: the success schema on a 400.

## How to fix

Use the API's usual error schema.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Related, Severity, rule
from archlint.formats.openapi import OpenAPI
from archlint.formats.openapi.errors import ErrorBody, error_bodies

_LEAST = 3
_MOST_PLACES = 5

_SPEC = """
openapi: {version}
info: {{title: Orders, version: 1.0.0}}
paths:
  /orders:
    get:
      responses:
        "200": {{description: ok}}
        "400": {{description: no, content: {{application/json: {{schema: {{$ref: "#/components/schemas/Error"}}}}}}}}
        "404": {{description: no, content: {{application/json: {{schema: {{$ref: "#/components/schemas/Error"}}}}}}}}
    post:
      responses:
        "201": {{description: ok}}
        "400": {{description: no, content: {{application/json: {{schema: {{$ref: "#/components/schemas/Error"}}}}}}}}
  {path}:
    post:
      responses:
        "200": {{description: ok}}
        "400":
          description: no
          content:
            application/json:
              schema: {schema}
components:
  schemas:
    Error: {{type: object, properties: {{code: {{type: string}}, message: {{type: string}}}}}}
"""


def _spec(schema: str, path: str = "/refunds", version: str = "3.1.0") -> str:
    return _SPEC.format(schema=schema, path=path, version=version)


@rule(
    id="error-schema-inconsistent",
    category="api",
    severity=Severity.WARNING,
    profile="strict",
    subject=OpenAPI,
    since="0.1.0",
    references=(
        "https://www.rfc-editor.org/rfc/rfc9205#section-4.6",
        "https://github.com/microsoft/api-guidelines/blob/vNext/azure/Guidelines.md",
    ),
    examples=(
        Bad(
            _spec(
                "{type: object, properties: {reason: {type: string}}}"
                "  # <- the 400 of `POST /refunds` has `reason`, 3 of 4 error bodies have `code, message`"
            )
        ),
        Bad(
            """
            swagger: "2.0"
            info: {title: Orders, version: 1.0.0}
            paths:
              /a:
                get:
                  responses:
                    "200": {description: ok}
                    "400": {description: no, schema: {$ref: "#/definitions/Error"}}
                    "403": {description: no, schema: {$ref: "#/definitions/Error"}}
                    "404": {description: no, schema: {$ref: "#/definitions/Error"}}
                    "409":
                      description: no
                      schema: {$ref: "#/definitions/Order"}  # <- the 409 of `GET /a` has `id`, 3 of 4 error bodies have `code`
            definitions:
              Error: {type: object, properties: {code: {type: string}}}
              Order: {type: object, properties: {id: {type: string}}}
            """,
            "Swagger 2.0: a success schema on an error",
        ),
        Good(_spec('{$ref: "#/components/schemas/Error"}')),
        Good(
            _spec(
                '{allOf: [{$ref: "#/components/schemas/Error"}, {type: object, properties: {fields: {type: array}}}]}'
            ),
            "what has more can be read alike",
        ),
        Good(
            _spec("{type: object, properties: {error: {type: string}}}", "/oauth/token"),
            "OAuth 2 says what its errors look like",
        ),
        Good(_spec("{type: string}"), "a text has no shape"),
    ),
)
def error_schema_inconsistent(api: OpenAPI, context: Context) -> Iterator[Problem]:
    """Report error bodies that lack what most error bodies of the description have."""
    del context
    bodies = error_bodies(api)
    counts = Counter(body.shape for body in bodies)
    if len(bodies) < _LEAST or len(counts) == 1:
        return
    norm = max(counts, key=lambda shape: (counts[shape], sorted(shape)))
    common = [body for body in bodies if norm <= body.shape]
    if 2 * len(common) <= len(bodies):
        first = next(body for body in bodies if body.shape == norm)
        others = {body.shape: body for body in bodies if body.shape != norm}
        yield Problem(
            f"{len(bodies)} error bodies have {len(counts)} forms, the commonest in {counts[norm]}",
            first.media.at("schema"),
            help="use one schema for all errors",
            related=tuple(
                Related(f"`{body.looks}`", body.media.at("schema"))
                for body in list(others.values())[:_MOST_PLACES]
            ),
        )
        return
    model = next(body for body in common if body.shape == norm)
    odd: defaultdict[frozenset[str], list[ErrorBody]] = defaultdict(list)
    for body in bodies:
        if not norm <= body.shape:
            odd[body.shape].append(body)
    for places in odd.values():
        shown = places if len(places) <= _MOST_PLACES else places[:1]
        for body in shown:
            more = (
                tuple(Related("and here", other.media.at("schema")) for other in places[1:])
                if len(shown) < len(places)
                else ()
            )
            yield Problem(
                f"the {body.response.status} of `{body.operation.name}` has `{body.looks}`, "
                f"{len(common)} of {len(bodies)} error bodies have `{model.looks}`",
                body.media.at("schema"),
                help="use the usual error schema",
                related=(Related("the usual form", model.schema.location), *more),
            )
