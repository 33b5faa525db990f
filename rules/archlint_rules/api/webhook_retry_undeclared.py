"""A webhook that does not say whether it is sent again.

## Why is this bad?

Receivers are down now and then. One that does not know whether, how often and for how long an event is repeated must guess: it builds a
poller beside the webhook, or loses events.

## How to fix

Say in the description (or in `x-retry`) that failed deliveries are repeated, with which intervals and for how long.
"""

import re
from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, regex, rule
from archlint.formats.openapi import Webhook

_SAID = regex(
    r"retr(?:y|ies|ied)|redeliver|re-?sent|resend|at[- ]least[- ]once|attempts?\b|back-?off", re.IGNORECASE
)

_SPEC = """
openapi: 3.1.0
info: {{title: Payments, version: 1.0.0, description: {description}}}
webhooks:
  paid:
    post:{marker}
      {extra}
      responses: {{"200": {{description: ok}}}}
"""


def _spec(extra: str = "operationId: a", marker: str = "", description: str = "Events") -> str:
    return _SPEC.format(extra=extra, marker=marker, description=description)


@rule(
    id="webhook-retry-undeclared",
    category="api",
    severity=Severity.INFO,
    profile="all",
    subject=Webhook,
    since="0.1.0",
    references=(
        "https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md",
    ),
    applies=lambda webhook: webhook.method == "POST",
    aggregate=True,
    examples=(
        Bad(_spec(marker="  # <- `POST paid` does not say whether it is sent again")),
        Good(_spec("description: Failed deliveries are retried for three days.")),
        Good(_spec("x-retry: {hours: 72}")),
        Good(_spec(description="Events are delivered at least once."), "said for the whole API"),
    ),
)
def webhook_retry_undeclared(webhook: Webhook, context: Context) -> Iterator[Problem]:
    """Report a webhook of which neither text nor extensions speak of repetition."""
    del context
    about = f"{webhook.description} {webhook.root.get('info', 'description', default='')}"
    if _SAID.search(about) or any("retr" in key.lower() for key in webhook.data):
        return
    yield Problem(
        f"`{webhook.name}` does not say whether it is sent again",
        webhook.key,
        help="say in the description how failed deliveries are repeated, and for how long",
    )
