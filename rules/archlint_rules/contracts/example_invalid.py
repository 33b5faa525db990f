"""An example that breaks its own schema.

## Why is this bad?

Examples are what people read and what mock servers answer. One that does not fit the schema says that one of the two is not true, and nobody
knows which.

## How to fix

Correct the example, or the schema where the example is what is really sent.
"""

import json
from collections.abc import Iterator
from typing import Any

from archlint.api import Bad, Context, Good, Node, Pointer, Problem, Related, Severity, rule
from archlint.formats.asyncapi import Message
from archlint.formats.openapi import Body, Parameter, Response, Schema
from archlint.formats.openapi.examples import mismatches
from archlint.formats.openapi.words import bare

_MOST_TEXT = 200_000
_KEYS = frozenset(("example", "examples", "default"))

_SPEC = """
openapi: {version}
info: {{title: Orders, version: 1.0.0}}
paths:
  /orders:
    get:
      responses:
        "200":
          description: ok
          content:
            {media}:
              schema:
                type: object
                required: [id]
                properties:
                  id: {{type: string}}
                  total: {{type: number{null}}}
              example:
                id: {id}
                total: {total}
"""


def _spec(
    id_: str = "a",
    total: str = "1.5",
    *,
    version: str = "3.1.0",
    null: str = "",
    media: str = "application/json",
) -> str:
    return _SPEC.format(id=id_, total=total, version=version, null=null, media=media)


def _may_show(subject: Parameter | Body | Response | Schema | Message) -> bool:
    return not isinstance(subject, Schema) or not _KEYS.isdisjoint(subject.data)


@rule(
    id="example-invalid",
    category="contracts",
    severity=Severity.WARNING,
    profile="strict",
    subject=(Parameter, Body, Response, Schema, Message),
    applies=_may_show,
    since="0.1.0",
    references=(
        "https://spec.openapis.org/oas/v3.1.1.html#example-object",
        "https://www.asyncapi.com/docs/reference/specification/v3.0.0#messageExampleObject",
    ),
    examples=(
        Bad(_spec("5  # <- the example `id` is a whole number, not a text")),
        Bad(_spec(total="null  # <- the example `total` is null, not a number", version="3.0.3")),
        Bad(
            """
            swagger: "2.0"
            info: {title: Orders, version: 1.0.0}
            paths: {}
            definitions:
              Order:
                type: object
                properties:
                  state: {type: string, enum: [open, paid], default: new}  # <- the default is none of the listed values
                example:
                  state: paid
            """,
            "Swagger 2.0, and a default",
        ),
        Bad(
            """
            asyncapi: 3.0.0
            info: {title: Orders, version: 1.0.0}
            channels:
              placed:
                address: orders.placed
                messages:
                  OrderPlaced:
                    payload: {type: object, properties: {total: {type: number}}}
                    examples:
                      - payload:
                          total: much  # <- the example `total` is a text, not a number
            """,
            "AsyncAPI",
        ),
        Good(_spec()),
        Good(_spec("'{{ $guid }}'", "'{{ $randomPrice }}'"), "filled in later"),
        Good(_spec(total="null", version="3.0.3", null=", nullable: true"), "nullable in 3.0"),
        Good(_spec(total="null").replace("type: number", "type: [number, 'null']"), "nullable in 3.1"),
        Good(_spec("5", media="application/xml"), "what other media types show is not JSON"),
        Good(
            _spec()
            .replace("required: [id]", "required: [id, secret]")
            .replace("id: {type", "secret: {type: string, writeOnly: true}\n                  id: {type"),
            "only in requests",
        ),
        Good(
            """
            openapi: 3.0.3
            info: {title: Orders, version: 1.0.0}
            paths:
              /orders:
                post:
                  requestBody:
                    content:
                      application/json:
                        schema: {type: object, required: [total], properties: {total: {type: number}}}
                        examples:
                          fine: {value: {total: 1.5}}
                          bad_request: {value: {}}
                  responses:
                    "201": {description: Made}
                    "400":
                      description: no
                      content:
                        application/json:
                          schema: {type: object}
                          examples: {Bad request: {value: {error: no total}}}
            """,
            "a request that is refused, as the response of the same name tells",
        ),
        Good(
            """
            openapi: 3.0.3
            info: {title: Orders, version: 1.0.0}
            paths: {}
            components:
              schemas:
                Order:
                  type: object
                  properties:
                    note: {type: string, default: null}
            """,
            "generators write `default: null` for what has no default",
        ),
    ),
)
def example_invalid(
    subject: Parameter | Body | Response | Schema | Message, context: Context
) -> Iterator[Problem]:
    """Report examples and defaults that their schema does not allow, the first mismatch of each."""
    del context
    for node, pointer, value, schema, what in _examples(subject):
        found = next(mismatches(value, schema), None)
        if found is not None:
            keys, says = found
            path = ".".join(str(key) for key in keys)
            yield Problem(
                f"the {what} `{path}` {says}" if path else f"the {what} {says}",
                node.document.at((*pointer, *keys)),
                help="correct the example, or the schema",
                related=(Related("the schema", schema.location),),
            )


type Found = tuple[Node, Pointer, Any, Schema, str]


def _examples(subject: Parameter | Body | Response | Schema | Message) -> Iterator[Found]:
    if isinstance(subject, Schema):
        yield from _of_schema(subject)
    elif isinstance(subject, Message):
        payload = Schema.of_message(subject)
        for index, example in enumerate(subject.items("examples")):
            if payload is not None and isinstance(example, dict) and "payload" in example:
                yield (
                    subject,
                    (*subject.pointer, "examples", index, "payload"),
                    _parsed(example["payload"], payload),
                    payload,
                    "example",
                )
    elif isinstance(subject, Parameter):
        if subject.schema is not None and subject.schema.pointer != subject.pointer:
            yield from _of_media(subject, subject.schema)
    elif not subject.root.is_swagger:
        for media in subject.content.values():
            if media.is_json and media.schema is not None:
                yield from _of_media(media, media.schema, refused=_refused(subject))


def _of_schema(schema: Schema) -> Iterator[Found]:
    for key, what in (("example", "example"), ("default", "default")):
        is_unset = key == "default" and schema.data.get(key) is None
        if key in schema.data and not is_unset and not isinstance(schema.get("properties", key), dict):
            yield schema, (*schema.pointer, key), schema.data[key], schema, what
    for index, value in enumerate(schema.items("examples")):
        yield schema, (*schema.pointer, "examples", index), value, schema, "example"


def _of_media(
    node: Parameter | Any, schema: Schema, *, refused: frozenset[str] = frozenset()
) -> Iterator[Found]:
    if "example" in node.data:
        yield node, (*node.pointer, "example"), _parsed(node.data["example"], schema), schema, "example"
    for name in node.mapping("examples"):
        if bare(name) in refused:
            continue
        found = node.target("examples", name)
        if found is not None and isinstance(found[2], dict) and "value" in found[2]:
            place = Node(found[0], found[1], found[2])
            yield place, (*found[1], "value"), _parsed(found[2]["value"], schema), schema, "example"


def _refused(subject: Body | Response) -> frozenset[str]:
    """Return the names of those examples of a request that show what is refused: an error response has one of the same name."""
    if isinstance(subject, Response):
        return frozenset()
    return frozenset(
        bare(name)
        for status, response in subject.operation.responses.items()
        if not status.startswith("2")
        for media in response.content.values()
        for name in media.mapping("examples")
    )


def _parsed(value: Any, schema: Schema) -> Any:
    """Return what a text holds that is JSON, where the schema is of objects or lists."""
    if isinstance(value, str) and schema.types & {"object", "array"} and len(value) < _MOST_TEXT:
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value
