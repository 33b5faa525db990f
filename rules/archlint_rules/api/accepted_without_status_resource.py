"""A promise to do something, and no way to learn whether it was done.

## Why is this bad?

202 says "later". A client that is not told where to look can only hope, or start the work again.

## How to fix

Answer with a `Location` (or `Operation-Location`) header that leads to the work's state, or with its id in the body.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.formats.openapi import Response
from archlint.formats.openapi.words import INGEST, bare, words

_HEADERS = frozenset(("location", "operation-location", "content-location", "azure-asyncoperation", "link"))
_TELLING = frozenset(
    (
        "id",
        "ids",
        "uuid",
        "guid",
        "sid",
        "uri",
        "url",
        "href",
        "link",
        "links",
        "self",
        "key",
        "token",
        "name",
        "slug",
        "job",
        "task",
        "operation",
    )
)

_SPEC = """
openapi: 3.1.0
info: {{title: Orders, version: 1.0.0}}
paths:
  {path}:
    {method}:
      {extra}
      responses:
        "202":{marker}
          description: It will be done
          {response}
"""


def _spec(
    response: str = "x-none: true",
    path: str = "/exports",
    method: str = "post",
    extra: str = "tags: [a]",
    marker: str = "",
) -> str:
    return _SPEC.format(response=response, path=path, method=method, extra=extra, marker=marker)


@rule(
    id="accepted-without-status-resource",
    category="api",
    severity=Severity.WARNING,
    profile="strict",
    subject=Response,
    since="0.1.0",
    references=(
        "https://www.rfc-editor.org/rfc/rfc9110#section-15.3.3",
        "https://opensource.zalando.com/restful-api-guidelines/#253",
        "https://google.aip.dev/151",
    ),
    applies=lambda response: response.status == "202" and response.operation.kind == "path",
    aggregate=True,
    examples=(
        Bad(_spec(marker="  # <- the 202 response of `POST /exports` does not say where to look")),
        Bad(
            _spec(
                "content: {application/json: {schema: {type: object, properties: {message: {type: string}}}}}",
                marker="  # <- the 202 response of `POST /exports` does not say",
            )
        ),
        Good(_spec("headers: {Location: {schema: {type: string}}}")),
        Good(_spec("headers: {Operation-Location: {schema: {type: string}}}"), "the header of Azure"),
        Good(
            _spec(
                "content: {application/json: {schema: {type: object, properties: {jobId: {type: string}}}}}"
            ),
            "the id of the work",
        ),
        Good(_spec(extra="x-fire-and-forget: true"), "nobody waits"),
        Good(_spec(path="/events"), "events are only taken in"),
        Good(
            """
            openapi: 3.1.0
            info: {title: Orders, version: 1.0.0}
            paths:
              /orders/{id}:
                get: {responses: {"200": {description: ok}}}
              /orders/{id}/cancel:
                post: {responses: {"202": {description: It will be cancelled}}}
            """,
            "the order shows whether it is cancelled",
        ),
        Good(
            _spec(path="/exports/{id}", method="delete").replace(
                "    delete:", "    get: {responses: {}}\n    delete:"
            ),
            "the thing itself shows it",
        ),
        Good(
            _spec("content: {application/json: {schema: {$ref: 'jobs.yaml#/Job'}}}"),
            "a body in a file that is not here",
        ),
    ),
)
def accepted_without_status_resource(response: Response, context: Context) -> Iterator[Problem]:
    """Report a 202 response with neither a header that leads somewhere nor a body with an id or a link."""
    del context
    operation = response.operation
    above = operation.path.rsplit("/", 1)[0]
    shown = {operation.path} if operation.method != "POST" else set()
    if operation.path.count("/") > 1 and above.endswith("}"):
        shown.add(above)
    read = any(other.method == "GET" and other.path in shown for other in operation.root.operations)
    if (
        read
        or any(name.endswith("id") for name in response.headers)
        or operation.flag("x-fire-and-forget")
        or response.headers.keys() & _HEADERS
    ):
        return
    if INGEST & set(words(operation.path.rsplit("/", 1)[-1])):
        return
    for media in response.content.values():
        schema = media.schema
        if schema is None or not schema.is_known or schema.keyword("additionalProperties"):
            return
        if any(_tells(name) for part in schema.walk() for name in part.properties):
            return
    yield Problem(
        f"the 202 response of `{operation.name}` does not say where to look",
        response.document.at(response.pointer, on_key=True),
        help="add a `Location` header that leads to the state of the work, or its id",
    )


def _tells(name: str) -> bool:
    return bool(_TELLING & set(words(name))) or bare(name).endswith(("id", "url", "uri", "link", "links"))
