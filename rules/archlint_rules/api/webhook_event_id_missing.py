"""A webhook whose receiver cannot tell a repetition.

## Why is this bad?

Webhooks are sent again when the answer was lost. Without an id the receiver cannot know that it has seen an event, and acts on it twice.

## How to fix

Give each event an id that stays the same when it is sent again, in a header (`webhook-id`, `ce-id`) or as a required property.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.formats.openapi import Webhook
from archlint.formats.openapi.words import bare, words

_ID = frozenset(("id", "ids", "uuid", "guid", "uid", "reference", "token", "sid", "key", "nonce"))
_PING = frozenset(("ping", "test", "verify", "verification", "challenge", "heartbeat"))

_SPEC = """
openapi: 3.1.0
info: {{title: Payments, version: 1.0.0}}
webhooks:
  {name}:
    post:{marker}
      {extra}
      requestBody:
        content: {{application/json: {{schema: {schema}}}}}
      responses: {{"200": {{description: ok}}}}
"""


def _spec(schema: str, extra: str = "operationId: a", marker: str = "", name: str = "paid") -> str:
    return _SPEC.format(schema=schema, extra=extra, marker=marker, name=name)


@rule(
    id="webhook-event-id-missing",
    category="api",
    severity=Severity.WARNING,
    profile="strict",
    subject=Webhook,
    since="0.1.0",
    references=(
        "https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md",
        "https://github.com/cloudevents/spec/blob/main/cloudevents/spec.md#id",
    ),
    applies=lambda webhook: (
        webhook.body is not None and not _PING & set(words(f"{webhook.path} {webhook.id}"))
    ),
    aggregate=True,
    examples=(
        Bad(
            _spec(
                "{type: object, properties: {amount: {type: number}}}",
                marker="  # <- `POST paid` carries no id to tell a repetition by",
            )
        ),
        Good(_spec("{type: object, required: [id], properties: {id: {type: string}}}")),
        Good(
            _spec(
                "{type: object, properties: {event: {type: object, properties: {eventId: {type: string}}}}}"
            ),
            "in an envelope",
        ),
        Good(
            _spec(
                "{type: object, properties: {a: {}}}",
                "parameters: [{name: webhook-id, in: header, schema: {type: string}}]",
            ),
            "in a header",
        ),
        Good(_spec("{type: object, properties: {a: {}}}", name="ping"), "a ping has no effects"),
        Good(
            _spec(
                "{allOf: [{$ref: 'events.yaml#/CloudEvent'}, {type: object, properties: {data: {type: object}}}]}"
            ),
            "the envelope stands in a file that is not here",
        ),
        Good(_spec("{}"), "nobody knows what is in it"),
    ),
)
def webhook_event_id_missing(webhook: Webhook, context: Context) -> Iterator[Problem]:
    """Report a webhook without an id in its headers or anywhere near the top of its body."""
    del context
    if any(_is_id(parameter.name) for parameter in webhook.parameters):
        return
    schemas = webhook.body.schemas if webhook.body else []
    names = [name for schema in schemas for part in schema.walk() for name in part.properties]
    if not all(schema.is_known for schema in schemas):
        return
    if names and not any(_is_id(name) for name in names):
        yield Problem(
            f"`{webhook.name}` carries no id to tell a repetition by",
            webhook.key,
            help="send an id of the event that stays the same when it is sent again",
        )


def _is_id(name: str) -> bool:
    return bool(_ID & set(words(name)[-1:])) or bare(name).endswith(("id", "reference", "uuid"))
