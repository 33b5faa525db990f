"""A stream of events of unknown form.

## Why is this bad?

`text/event-stream` says how events are framed, not what they are. A client that is not told reads them by example; and one that loses the
connection and cannot say where it was loses events or gets them again.

## How to fix

Describe an event with `itemSchema` (OpenAPI 3.2; `x-event-schema` before). Where events matter, send an `id` and accept `Last-Event-ID`.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.formats.openapi import Response, Schema
from archlint.formats.openapi.words import bare

_SSE = "text/event-stream"
_ITEMS_SINCE = (3, 2)

_SPEC = """
openapi: {version}
info: {{title: Orders, version: 1.0.0}}
paths:
  /orders/events:
    get:
      parameters: [{parameter}]
      responses:
        "200":
          description: What happens
          content:
            text/event-stream:{content}
"""


def _spec(content: str, version: str = "3.2.0", parameter: str = "") -> str:
    return _SPEC.format(content=content, version=version, parameter=parameter)


_EVENT = "{type: object, properties: {event: {type: string}, data: {type: string}%s}}"


@rule(
    id="sse-contract-incomplete",
    category="api",
    severity=Severity.INFO,
    profile="strict",
    subject=Response,
    since="0.1.0",
    references=(
        "https://spec.openapis.org/oas/v3.2.0.html#sequential-media-types",
        "https://html.spec.whatwg.org/multipage/server-sent-events.html",
    ),
    applies=lambda response: response.is_success and any(name.startswith(_SSE) for name in response.content),
    examples=(
        Bad(
            _spec(
                "  # <- `GET /orders/events` does not say what its events are\n              schema: {type: string}"
            )
        ),
        Bad(
            _spec(
                "  # <- `GET /orders/events` cannot be resumed: its events have no `id`\n              itemSchema: "
                + _EVENT % ""
            ),
        ),
        Good(_spec("\n              itemSchema: " + _EVENT % ", id: {type: string}")),
        Good(
            _spec(
                "\n              itemSchema: " + _EVENT % "",
                parameter="{name: Last-Event-ID, in: header, schema: {type: string}}",
            ),
            "resumed by header",
        ),
        Good(_spec("\n              schema: {type: string}", "3.0.3"), "before 3.2 only a text can be said"),
        Good(
            _spec("\n              schema: {type: object, properties: {total: {type: integer}}}", "3.1.0"),
            "the form of what is told",
        ),
    ),
)
def sse_contract_incomplete(response: Response, context: Context) -> Iterator[Problem]:
    """Report event streams without a schema of their events, and such whose events cannot be resumed from."""
    del context
    operation = response.operation
    for name, media in response.content.items():
        if not name.startswith(_SSE):
            continue
        schema = Schema.at_node(media, "itemSchema")
        if schema is None:
            whole = media.schema
            said = any(key.startswith("x-") and "schema" in key for key in media.data)
            typed = whole is not None and bool(whole.types - {"string"} or whole.alternatives)
            if not said and not typed and operation.root.version >= _ITEMS_SINCE:
                yield Problem(
                    f"`{operation.name}` does not say what its events are",
                    media.document.at(media.pointer, on_key=True),
                    help="describe an event with `itemSchema`",
                )
            return
        framed = {"data", "event"} & schema.properties.keys()
        resumed = any(bare(parameter.name) == "lasteventid" for parameter in operation.parameters)
        if framed and not {"id", "retry"} & schema.properties.keys() and not resumed:
            yield Problem(
                f"`{operation.name}` cannot be resumed: its events have no `id`",
                media.document.at(media.pointer, on_key=True),
                help="send an `id` with each event, and accept `Last-Event-ID`",
            )
