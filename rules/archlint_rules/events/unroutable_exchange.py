"""An exchange that routes to nothing.

## Why is this bad?

What is published to it is dropped, and the publisher hears nothing of it unless it asked to (`mandatory`).

## How to fix

Bind a queue or another exchange to it, give it an alternate exchange, or delete it.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.formats.rabbitmq import Definitions

_DEFINITIONS = """
rabbitmq_version: 4.1.0
queues: [{{name: orders, vhost: /, arguments: {{}}}}]
exchanges:
  - name: events{marker}
    vhost: /
    type: topic
    internal: {internal}
    arguments: {{{arguments}}}
{bindings}
policies: [{policies}]
"""


def _with(
    bindings: str = "bindings: []",
    marker: str = "",
    arguments: str = "",
    policies: str = "",
    internal: str = "false",
) -> str:
    return _DEFINITIONS.format(
        bindings=bindings, marker=marker, arguments=arguments, policies=policies, internal=internal
    )


@rule(
    id="unroutable-exchange",
    category="events",
    severity=Severity.WARNING,
    subject=Definitions,
    since="0.1.0",
    profile="strict",
    references=(
        "https://www.rabbitmq.com/docs/publishers#unroutable",
        "https://www.rabbitmq.com/docs/ae",
    ),
    examples=(
        Bad(_with(marker="  # <- nothing is bound to the exchange `events`")),
        Good(
            _with("bindings: [{source: events, vhost: /, destination: orders, destination_type: queue}]"),
        ),
        Good(
            _with(
                "bindings: [{source: events, vhost: /, destination: amq.topic, destination_type: exchange}]"
            )
        ),
        Good(_with(arguments="alternate-exchange: rest"), "what it cannot route goes elsewhere"),
        Good(
            _with(policies="{name: rest, vhost: /, pattern: ^ev, definition: {alternate-exchange: rest}}"),
            "by a policy",
        ),
        Good(_with(internal="true"), "nobody may publish to it"),
        Good(_with(""), "bindings are declared elsewhere"),
        Good(_with().replace("[{name: orders, vhost: /, arguments: {}}]", "[]"), "and so are queues"),
        Good(
            _with().replace(
                "orders, vhost: /, arguments: {}",
                "orders, vhost: /, arguments: {x-dead-letter-exchange: events}",
            ),
            "`dead-letter-exchange-broken` tells it of dead letter exchanges",
        ),
    ),
)
def unroutable_exchange(definitions: Definitions, context: Context) -> Iterator[Problem]:
    """Report exchanges without bindings; for information unless the definitions are complete, as consumers may bind at run time."""
    if not isinstance(definitions.get("bindings"), list):
        return
    complete = context.complete(definitions.document.path)
    if not definitions.queues and not complete:
        return
    dead = {(target.vhost, target.exchange) for target in definitions.dead_letter_targets}
    for exchange in definitions.exchanges:
        place = (exchange.vhost, exchange.name)
        if exchange.name.startswith("amq.") or exchange.get("internal") is True or exchange.alternate:
            continue
        if place not in definitions.bound_from and place not in dead:
            yield Problem(
                f"nothing is bound to the exchange `{exchange.name}`",
                exchange.at("name"),
                help="bind a queue to it, give it an alternate exchange, or delete it",
                severity=None if complete else Severity.INFO,
            )
