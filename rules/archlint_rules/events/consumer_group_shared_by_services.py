"""Two services read one topic in the same consumer group.

## Why is this bad?

A group shares the messages out: each of the services sees only a part of them, and which part changes with every restart.

## How to fix

Give each service a group of its own. Where both are one service, give it one name.
"""

from collections.abc import Iterator

from archlint.api import (
    Bad,
    ChannelFact,
    Confidence,
    Context,
    Good,
    Problem,
    Related,
    Service,
    Severity,
    Topic,
    rule,
)

_DOCUMENT = """
asyncapi: 3.0.0
info: {{title: {name}, version: 1.0.0}}
channels:
  placed: {{address: orders.placed}}
operations:
  {name}Placed:{marker}
    action: receive
    channel: {{$ref: "#/channels/placed"}}
    bindings: {{kafka: {{groupId: {{type: string, enum: [{group}]}}}}}}
"""


def _document(name: str, group: str, marker: str = "") -> str:
    return _DOCUMENT.format(name=name, group=group, marker=marker)


@rule(
    id="consumer-group-shared-by-services",
    category="events",
    severity=Severity.WARNING,
    subject=Topic,
    since="0.1.0",
    references=("https://kafka.apache.org/documentation/#intro_consumers",),
    examples=(
        Bad(
            {
                "billing.yaml": _document("billing", "shop"),
                "stock.yaml": _document(
                    "stock", "shop", "  # <- `stock` reads `orders.placed` in the group `shop` of `billing`"
                ),
            }
        ),
        Good({"billing.yaml": _document("billing", "billing"), "stock.yaml": _document("stock", "stock")}),
    ),
)
def consumer_group_shared_by_services(topic: Topic, context: Context) -> Iterator[Problem]:
    """Report each further service of this system in a group of the topic."""
    del context
    first: dict[str, tuple[Service, ChannelFact]] = {}
    for service, use in topic.uses:
        if use.action != "receive" or not use.group or not service.first_party:
            continue
        other, other_use = first.setdefault(use.group, (service, use))
        if other is not service:
            yield Problem(
                f"`{service.name}` reads `{topic.address}` in the group `{use.group}` of `{other.name}`",
                use.at,
                help="give each service a group of its own",
                related=(Related(f"`{other.name}` reads it here", other_use.at),),
                confidence=Confidence.of(min(use.confidence, other_use.confidence)),
                identity=("group", topic.id, use.group, service.id, other.id),
            )
