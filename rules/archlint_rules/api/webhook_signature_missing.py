"""A webhook that its receiver cannot tell from a forgery.

## Why is this bad?

A webhook's address is no secret. Without a signature anybody can send "payment received", and the receiver has no way to know. A
signature without a time can be recorded and sent again.

## How to fix

Sign the body and a timestamp, send both in headers (`webhook-signature`, `webhook-timestamp`), and declare them; or require mutual TLS or
a token as a security scheme of the webhook.
"""

import re
from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, regex, rule
from archlint.formats.openapi import Webhook
from archlint.formats.openapi.words import bare

_SIGNATURE = regex(r"signature|hmac|signed|jws|digest$|secret$|token$")
_TIME = regex(r"timestamp|time$|date$|createdat|created$|occurredat|issuedat|sentat|updatedat|sigdate")
_SAID = regex(
    r"signature|signed|hmac|mtls|mutual tls|client certificate|verif(?:y|ies) the (?:sender|origin)",
    re.IGNORECASE,
)

_SPEC = """
openapi: 3.1.0
info: {{title: Payments, version: 1.0.0}}
webhooks:
  paid:
    post:{marker}
      {extra}
      requestBody:
        content: {{application/json: {{schema: {{type: object, properties: {{{properties}}}}}}}}}
      responses: {{"200": {{description: ok}}}}
"""


def _spec(extra: str = "operationId: paid", marker: str = "", properties: str = "id: {type: string}") -> str:
    return _SPEC.format(extra=extra, marker=marker, properties=properties)


@rule(
    id="webhook-signature-missing",
    category="api",
    severity=Severity.WARNING,
    subject=Webhook,
    since="0.1.0",
    references=(
        "https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md",
        "https://www.rfc-editor.org/rfc/rfc9421",
    ),
    applies=lambda webhook: webhook.body is not None,
    aggregate=True,
    tags=("security",),
    examples=(
        Bad(_spec(marker="  # <- `POST paid` carries nothing that proves who sent it")),
        Bad(
            _spec(
                "parameters: [{name: webhook-signature, in: header, schema: {type: string}}]",
                marker="  # <- `POST paid` is signed without a time",
            ),
            "signed, and can be sent again",
        ),
        Bad(
            """
            openapi: 3.0.3
            info: {title: Payments, version: 1.0.0}
            paths:
              /subscriptions:
                post:
                  callbacks:
                    paid:
                      "{$request.body#/url}":
                        post:  # <- `POST {$request.body#/url}` carries nothing that proves who sent it
                          requestBody: {content: {application/json: {schema: {type: object, properties: {id: {type: string}}}}}}
                          responses: {"200": {description: ok}}
                  responses: {"201": {description: ok}}
            """,
            "a callback",
        ),
        Good(
            _spec(
                "parameters: [{name: X-Signature, in: header, schema: {type: string}}, {name: X-Timestamp, in: header, schema: {type: string}}]"
            )
        ),
        Good(
            _spec("parameters: [{name: Signature, in: header}]", properties="createdAt: {type: string}"),
            "the time is in the body",
        ),
        Good(_spec("security: [{mtls: []}]"), "mutual TLS"),
        Good(_spec("security: [{}, {token: []}]"), "the receiver chooses to be given a token"),
        Good(
            _spec("description: Compare the header X-Hub-Signature with the HMAC of the body."),
            "written in the text",
        ),
    ),
)
def webhook_signature_missing(webhook: Webhook, context: Context) -> Iterator[Problem]:
    """Report a webhook without a signature or a security scheme; one that is signed without a time as info."""
    del context
    if any(webhook.security):
        return
    named = (
        *(parameter.name for parameter in webhook.parameters),
        *(name for response in webhook.responses.values() for name in response.headers),
        *webhook.root.mapping("components", "headers"),
    )
    headers = [bare(name) for name in named]
    fields = [
        bare(name)
        for schema in (webhook.body.schemas if webhook.body else ())
        for part in schema.walk()
        for name in part.properties
    ]
    about = f"{webhook.description} {webhook.root.get('info', 'description', default='')}"
    signed = any(_SIGNATURE.search(name) for name in headers) or any(
        "signature" in name or "hmac" in name for name in fields
    )
    if signed and not any(_TIME.search(name) for name in (*headers, *fields)):
        yield Problem(
            f"`{webhook.name}` is signed without a time",
            webhook.key,
            help="sign and send a timestamp, so that a recorded request is refused",
            severity=Severity.INFO,
        )
    elif not signed and not _SAID.search(about):
        yield Problem(
            f"`{webhook.name}` carries nothing that proves who sent it",
            webhook.key,
            help="send a signature of the body in a header, and declare it",
        )
