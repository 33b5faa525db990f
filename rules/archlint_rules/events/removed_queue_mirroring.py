"""A policy that mirrors classic queues, which RabbitMQ 4 no longer does.

## Why is this bad?

RabbitMQ 4.0 ignores the keys. Queues that look replicated are on one node, and their messages are gone with it.

## How to fix

Use quorum queues or streams, and drop the keys from the policy.
"""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta

from archlint.api import Bad, Context, Edit, Fix, Good, Options, Problem, Severity, rule
from archlint.formats.rabbitmq import Definitions

_KEYS = (
    "ha-mode", "ha-params", "ha-sync-mode", "ha-sync-batch-size", "ha-promote-on-shutdown", "ha-promote-on-failure",
)  # fmt: skip
_REMOVED_IN = 4
_DEFINITIONS = """
{version}queues: []
policies:
  - name: mirror
    vhost: /
    pattern: .*
    definition: {{{settings}}}
"""
_MIRRORED = "max-length: 1000, ha-mode: all"


class MirroringOptions(Options, frozen=True):
    """Options of the rule."""

    broker: Annotated[
        str,
        Meta(description="the version of the broker, such as `3.13`, where the definitions do not say it"),
    ] = ""


@rule(
    id="removed-queue-mirroring",
    category="events",
    severity=Severity.ERROR,
    subject=Definitions,
    since="0.1.0",
    profile="strict",
    options=MirroringOptions,
    references=(
        "https://github.com/rabbitmq/rabbitmq-server/releases/tag/v4.0.1",
        "https://www.rabbitmq.com/docs/quorum-queues",
    ),
    examples=(
        Bad(
            _DEFINITIONS.format(version="rabbitmq_version: 4.1.0\n", settings=_MIRRORED).replace(
                "}", "}  # <- the policy `mirror` sets `ha-mode`, which RabbitMQ 4 ignores"
            ),
            fixed=_DEFINITIONS.format(version="rabbitmq_version: 4.1.0\n", settings="max-length: 1000"),
        ),
        Bad(
            _DEFINITIONS.format(version="rabbitmq_version: 3.13.2\n", settings=_MIRRORED).replace(
                "}", "}  # <- the policy `mirror` sets `ha-mode`, which RabbitMQ 4 ignores"
            ),
            "for information, before an upgrade",
        ),
        Bad(
            _DEFINITIONS.format(version="", settings="ha-mode: all").replace(
                "}", "}  # <- the policy `mirror` sets `ha-mode`, which RabbitMQ 4 ignores"
            ),
            "without other keys a broker refuses the policy, so that the whole of it is to go",
            options={"broker": "4.0"},
        ),
        Good(_DEFINITIONS.format(version="rabbitmq_version: 4.1.0\n", settings="max-length: 1000")),
    ),
)
def removed_queue_mirroring(definitions: Definitions, context: Context) -> Iterator[Problem]:
    """Report policies with `ha-` keys: errors for RabbitMQ 4, information for older ones, warnings where the version is unknown."""
    head = context.options.broker.partition(".")[0]
    told = int(head) if head.isascii() and head.isdecimal() else None
    major = definitions.version[0] if definitions.version else told
    severity = None if major is not None and major >= _REMOVED_IN else Severity.INFO
    for policy in (*definitions.policies, *definitions.operator_policies):
        keys = [key for key in _KEYS if key in policy.definition]
        if keys:
            written = policy.get(*policy.where, "definition")
            removable = isinstance(written, dict) and len(written) > len(keys)
            edits = tuple(Edit("remove", policy.place(key)) for key in keys)
            yield Problem(
                f"the policy `{policy.name}` sets `{keys[0]}`, which RabbitMQ {_REMOVED_IN} ignores",
                policy.place(keys[0]),
                help="use quorum queues or streams, and drop the key",
                severity=Severity.WARNING if major is None else severity,
                fix=Fix("drop the keys", edits) if removable else None,
            )
