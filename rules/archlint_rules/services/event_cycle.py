"""Events that go round in a circle.

## Why is this bad?

Each event leads to the next, and the last one to the first. Without a condition that ends it one event keeps the services busy for ever, and no trace shows
where it began.

## How to fix

Name the condition that ends the circle, let one service coordinate (a saga, declared in the manifest), or let one of the steps be a command.
"""

from collections import deque
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
    ServiceGraph,
    Severity,
    rule,
)

type _Step = tuple[Service, ChannelFact, str, Service]

_DOCUMENT = """
asyncapi: 3.0.0
info: {{title: {name}, version: 1.0.0}}
channels:
  in: {{address: {receives}}}
  out: {{address: {sends}}}
operations:
  take: {{action: receive, channel: {{$ref: "#/channels/in"}}}}
  give:{marker}
    action: send
    channel: {{$ref: "#/channels/out"}}
"""


def _document(name: str, receives: str, sends: str, marker: str = "") -> str:
    return _DOCUMENT.format(name=name, receives=receives, sends=sends, marker=marker)


@rule(
    id="event-cycle",
    category="services",
    severity=Severity.INFO,
    subject=ServiceGraph,
    since="0.1.0",
    profile="strict",
    references=("https://martinfowler.com/articles/201701-event-driven.html",),
    examples=(
        Bad(
            {
                "billing.yaml": _document(
                    "billing",
                    "orders.placed",
                    "bills.sent",
                    "  # <- events go round: `billing` → `bills.sent` → `orders` → `orders.placed` → `billing`",
                ),
                "orders.yaml": _document("orders", "bills.sent", "orders.placed"),
            }
        ),
        Good(
            {
                "billing.yaml": _document("billing", "orders.placed", "bills.sent"),
                "orders.yaml": _document("orders", "web.clicks", "orders.placed"),
            }
        ),
    ),
)
def event_cycle(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report one shortest circle through each service that is on one and on none reported yet; declared sagas are left out."""
    del context
    steps = _on_circles(_steps(graph))
    told: set[str] = set()
    for service in sorted(graph.services, key=lambda service: service.name):
        if service.id in told or service.id not in steps:
            continue
        circle = _shortest(service, steps)
        members = {step[0].id for step in circle}
        if not circle or members & told:
            continue
        told |= members
        if any(step[0].extra.get("sagas") for step in circle):
            continue
        names = [f"`{name}`" for step in circle for name in (step[0].name, step[2])]
        way = (
            " → ".join([*names, f"`{service.name}`"]) if len(circle) <= _MOST_NAMED else ", ".join(names[::2])
        )
        yield Problem(
            f"events go round: {way}",
            circle[0][1].at,
            help="name the condition that ends it, or let one service coordinate",
            flow=tuple(Related(f"`{step[0].name}` sends to `{step[2]}`", step[1].at) for step in circle),
            confidence=Confidence.of(min(step[1].confidence for step in circle)),
            identity=("event-cycle", *sorted(members)),
        )


_MOST_NAMED = 2


def _steps(graph: ServiceGraph) -> dict[str, list[_Step]]:
    found: dict[str, list[_Step]] = {}
    for topic in graph.topics:
        for sender, sent in topic.uses:
            for receiver, received in topic.uses:
                opposite = sent.action == "send" and received.action == "receive"
                if (
                    opposite
                    and sender is not receiver
                    and not sent.reply
                    and not received.reply
                    and _meet(sent, received)
                ):
                    found.setdefault(sender.id, []).append((sender, sent, topic.address, receiver))
    return found


def _on_circles(steps: dict[str, list[_Step]]) -> dict[str, list[_Step]]:
    """Leave out the services that no circle can go through: those at the ends, until there are no more."""
    while True:
        reached = {step[3].id for found in steps.values() for step in found}
        kept = {
            sender: left
            for sender, found in steps.items()
            if sender in reached and (left := [step for step in found if step[3].id in steps])
        }
        if len(kept) == len(steps):
            return kept
        steps = kept


def _meet(sent: ChannelFact, received: ChannelFact) -> bool:
    """Tell whether what is sent may be what is received; messages are told apart by name where both sides name them."""
    one = {message.name for message in sent.messages if message.name}
    other = {message.name for message in received.messages if message.name}
    return not one or not other or bool(one & other)


def _shortest(start: Service, steps: dict[str, list[_Step]]) -> list[_Step]:
    """Return the steps of a shortest way from *start* back to it, or none."""
    ways: dict[str, list[_Step]] = {start.id: []}
    pending = deque([start.id])
    while pending:
        here = pending.popleft()
        for step in steps.get(here, []):
            if step[3] is start:
                return [*ways[here], step]
            if step[3].id not in ways:
                ways[step[3].id] = [*ways[here], step]
                pending.append(step[3].id)
    return []
