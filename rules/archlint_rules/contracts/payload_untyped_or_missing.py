"""A body of which the contract says nothing.

## Why is this bad?

A contract that says "JSON" leaves everything to guess. Clients are built from one observed answer, and every change breaks somebody, unseen
by any check.

## How to fix

Describe the body: its properties, or for a map the type of its values (`additionalProperties`).
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Location, Problem, Severity, rule
from archlint.formats.asyncapi import Message
from archlint.formats.openapi import SAFE, Body, Response, Schema
from archlint.formats.openapi.words import PASSTHROUGH, words

_SAYING = (
    "additionalProperties", "patternProperties", "properties", "oneOf", "anyOf", "allOf", "not", "enum", "const", "items", "prefixItems", "$ref",
    "$dynamicRef", "required", "minProperties", "maxProperties", "propertyNames", "format", "pattern", "if", "x-kubernetes-preserve-unknown-fields",
)  # fmt: skip

_SPEC = """
openapi: 3.1.0
info: {{title: Orders, version: 1.0.0}}
paths:
  {path}:
    {method}:
      responses:
        "200":
          description: The orders
          content:
            {content}
"""


def _spec(content: str, path: str = "/orders", method: str = "get") -> str:
    return _SPEC.format(content=content, path=path, method=method)


def _is_candidate(subject: Body | Response | Message) -> bool:
    if isinstance(subject, Message):
        if "empty" in words(subject.name):
            return False
        content = subject.content_type or "application/json"
        schema_format = str(subject.field("schemaFormat") or "asyncapi")
        return "json" in content and any(word in schema_format for word in ("asyncapi", "json", "openapi"))
    if isinstance(subject, Response) and not subject.is_success:
        return False
    if subject.operation.kind != "path" or subject.get("in") == "formData":
        return False
    if subject.operation.method == "DELETE":
        return False
    return bool(subject.content) and not PASSTHROUGH & set(words(subject.operation.path))


@rule(
    id="payload-untyped-or-missing",
    category="contracts",
    severity=Severity.WARNING,
    subject=(Body, Response, Message),
    since="0.1.0",
    references=(
        "https://opensource.zalando.com/restful-api-guidelines/#101",
        "https://google.aip.dev/146",
    ),
    applies=_is_candidate,
    aggregate=True,
    examples=(
        Bad(_spec("application/json: {}  # <- the 200 response of `GET /orders` has no schema")),
        Bad(
            _spec("application/json: {schema: {}}  # <- the 200 response of `GET /orders` may hold anything")
        ),
        Bad(
            _spec(
                "application/json: {schema: {type: object}}  # <- the 200 response of `GET /orders` is an object of unknown content"
            )
        ),
        Bad(
            """
            swagger: "2.0"
            info: {title: Orders, version: 1.0.0}
            paths:
              /orders:
                post:
                  parameters:
                    - name: order
                      in: body
                      schema: {type: object}  # <- the request body of `POST /orders` is an object of unknown content
                  responses: {"201": {description: Made}}
            """,
            "Swagger 2.0",
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
                    payload: {type: object}  # <- the payload of `OrderPlaced` is an object of unknown content
            """,
            "AsyncAPI",
        ),
        Good(
            """
            asyncapi: 3.0.0
            info: {title: Orders, version: 1.0.0}
            channels:
              placed:
                address: orders.placed
                messages:
                  OrderPlaced:
                    payload: {schemaFormat: application/vnd.apache.avro;version=1.9.0, schema: {type: record, name: Order, fields: []}}
            """,
            "a schema in another language",
        ),
        Good(
            """
            asyncapi: 3.0.0
            info: {title: Orders, version: 1.0.0}
            channels: {ping: {address: ping, messages: {EmptyMessage: {payload: {type: object}}}}}
            """,
            "empty by name",
        ),
        Good(_spec("application/json: {schema: {type: object, properties: {id: {type: string}}}}")),
        Good(
            _spec("application/json: {schema: {type: object, additionalProperties: {type: string}}}"), "a map"
        ),
        Good(_spec("application/octet-stream: {}"), "a download"),
        Good(
            _spec("application/json: {schema: {type: object}}", "/proxy/{path}"),
            "a proxy passes on what it gets",
        ),
        Good(
            _spec("application/json: {schema: {type: object}}", method="delete"),
            "an empty object as the answer of a command",
        ),
        Good(
            _spec("application/json: {schema: {$ref: 'schemas.yaml#/Order'}}"),
            "a schema in a file that is not here",
        ),
        Good(_spec("application/json: {schema: {}}", method="delete"), "what is gone needs no words"),
        Good(_spec("application/json: {schema: {type: string}}"), "a text"),
    ),
)
def payload_untyped_or_missing(subject: Body | Response | Message, context: Context) -> Iterator[Problem]:
    """Report JSON bodies and payloads without a schema, with an empty one, or with an object that says nothing."""
    del context
    if isinstance(subject, Message):
        payload = subject.field("payload")
        if "payload" in subject.data and isinstance(payload, dict):
            found = Schema.of_message(subject)
            what = _unsaid(found, commands=False) if found is not None else ""
            if what:
                yield _problem(f"the payload of `{subject.name}`", what, subject.at("payload"))
        elif payload is None and subject.field("headers") is None:
            yield _problem(f"the payload of `{subject.name}`", "has no schema", subject.location)
        return
    response = isinstance(subject, Response)
    where = f"{f'the {subject.status} response' if isinstance(subject, Response) else 'the request body'} of `{subject.operation.name}`"
    for media in subject.content.values():
        if not media.is_json:
            continue
        schema = media.get("schema", default=media.get("itemSchema"))
        key = "itemSchema" if "itemSchema" in media.data else "schema"
        if schema is None:
            if not subject.root.is_swagger:
                yield _problem(where, "has no schema", media.location)
            return
        found = media.schema
        what = (
            _unsaid(found, commands=response and subject.operation.method not in SAFE)
            if found is not None
            else ""
        )
        if what:
            yield _problem(where, what, media.at(key))
        return


def _problem(where: str, what: str, at: Location) -> Problem:
    return Problem(f"{where} {what}", at, help="describe its properties, or for a map the type of its values")


def _unsaid(schema: Schema, *, commands: bool) -> str:
    """Return what the schema leaves open, as the end of a sentence; empty when it says something."""
    if any(key in schema.data for key in _SAYING):
        return ""
    kind = schema.data.get("type")
    if kind is None:
        return "may hold anything"
    return "is an object of unknown content" if kind in ("object", ["object"]) and not commands else ""
