"""Updates that silently overwrite each other.

## Why is this bad?

Two people read, both change, both write: the second write wins, and what the first one changed is gone without a trace.

## How to fix

Send an `ETag` with the resource and require `If-Match` on changes (412 when it does not match), or let the body carry the version it was
made from and answer 409.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.formats.openapi import Operation
from archlint.formats.openapi.understanding import understand
from archlint.formats.openapi.words import bare, words

_CONFLICT = frozenset(("409", "412", "428"))
_VERSIONS = frozenset((
    "version", "etag", "revision", "rev", "versionid", "versionnumber", "lockversion", "resourceversion", "updatedat", "lastmodified", "modifiedat", "sequence",
    "sha", "ifmatch", "lastupdated", "currentversion", "updated", "concurrencytoken", "rowversion",
))  # fmt: skip
_LAST_WINS = frozenset(
    (
        "settings",
        "setting",
        "preferences",
        "config",
        "configuration",
        "status",
        "state",
        "flags",
        "profile",
        "tags",
        "labels",
    )
)

_SPEC = """
openapi: 3.1.0
info: {{title: Orders, version: 1.0.0}}
paths:
  {path}:
    get:
      responses: {{"200": {{description: ok, headers: {{{headers}}}}}}}
    put:{marker}
      {extra}
      requestBody: {{content: {{application/json: {{schema: {{type: object, properties: {{{name}: {{type: string}}}}}}}}}}}}
      responses: {{"200": {{description: ok}}{response}}}
"""


def _spec(
    extra: str = "tags: [a]",
    *,
    name: str = "note",
    headers: str = "",
    response: str = "",
    path: str = "/orders/{id}",
    marker: str = "",
) -> str:
    return _SPEC.format(extra=extra, name=name, headers=headers, response=response, path=path, marker=marker)


def _updates(operation: Operation) -> bool:
    return (
        operation.kind == "path"
        and operation.method in {"PUT", "PATCH"}
        and understand(operation).is_item
        and any(other.method == "GET" for other in operation.item.operations)
    )


@rule(
    id="update-without-concurrency-control",
    category="api",
    severity=Severity.INFO,
    profile="strict",
    subject=Operation,
    since="0.1.0",
    references=(
        "https://www.rfc-editor.org/rfc/rfc9110#section-13",
        "https://www.rfc-editor.org/rfc/rfc6585#section-3",
        "https://opensource.zalando.com/restful-api-guidelines/#182",
    ),
    applies=_updates,
    aggregate=True,
    examples=(
        Bad(_spec(marker="  # <- `PUT /orders/{id}` overwrites what others changed meanwhile")),
        Good(_spec("parameters: [{name: If-Match, in: header, schema: {type: string}}]")),
        Good(_spec(headers="ETag: {schema: {type: string}}"), "the resource has an ETag"),
        Good(_spec(response=', "409": {description: It was changed}'), "conflicts are told"),
        Good(_spec(name="version"), "the version in the body"),
        Good(_spec(path="/users/{id}/settings/{name}"), "settings are what was said last"),
        Good(_spec("x-last-write-wins: true"), "as intended"),
    ),
)
def update_without_concurrency_control(operation: Operation, context: Context) -> Iterator[Problem]:
    """Report PUT and PATCH on one thing that neither take a condition nor tell a conflict."""
    del context
    if (
        operation.flag("x-last-write-wins")
        or _CONFLICT & operation.responses.keys()
        or not operation.knows_parameters
    ):
        return
    if any(
        bare(parameter.name) in {"ifmatch", "ifunmodifiedsince"} | _VERSIONS
        for parameter in operation.parameters
    ):
        return
    if _LAST_WINS & set(words(understand(operation).resource)):
        return
    reads = (other for other in operation.item.operations if other.method in {"GET", "HEAD"})
    if any("etag" in response.headers for other in reads for response in other.successes):
        return
    schemas = operation.body.schemas if operation.body is not None else []
    if not schemas or any(not schema.properties or not schema.is_known for schema in schemas):
        return
    if any(bare(name) in _VERSIONS for schema in schemas for name in schema.properties):
        return
    yield Problem(
        f"`{operation.name}` overwrites what others changed meanwhile",
        operation.key,
        help="require `If-Match` with the `ETag` of what was read, or answer 409",
    )
