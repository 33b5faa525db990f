"""A binding or policy names something that is not defined.

## Why is this bad?

A broker that imports such definitions stops half way, or leaves the binding out: messages that should reach a queue do not.

## How to fix

Correct the name, or define what is missing.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Location, Problem, Severity, rule
from archlint.formats.rabbitmq import Definitions

_DEFINITIONS = """
{head}vhosts: [{{name: /}}]
queues: [{{name: orders, vhost: /, durable: true, arguments: {{}}}}]
exchanges: [{{name: events, vhost: /, type: topic, arguments: {{}}}}]
bindings:
  - source: {source}
    vhost: {vhost}
    destination: {destination}
    destination_type: {kind}
    routing_key: "#"
    arguments: {{}}
"""


def _with(
    source: str = "events",
    destination: str = "orders",
    kind: str = "queue",
    vhost: str = "/",
    *,
    more: str = "",
) -> str:
    head = "rabbitmq_version: 4.1.0\n"
    return (
        _DEFINITIONS.format(head=head, source=source, destination=destination, kind=kind, vhost=vhost) + more
    )


@rule(
    id="binding-endpoint-missing",
    category="events",
    severity=Severity.ERROR,
    subject=Definitions,
    since="0.1.0",
    profile="strict",
    references=("https://www.rabbitmq.com/docs/definitions", "https://www.rabbitmq.com/docs/exchanges"),
    examples=(
        Bad(_with("event  # <- the binding's source `event` is not defined")),
        Bad(_with(destination="order  # <- the binding's queue `order` is not defined")),
        Bad(_with(destination="audit  # <- the binding's exchange `audit` is not defined", kind="exchange")),
        Bad(_with(vhost="shop  # <- the virtual host `shop` is not defined")),
        Bad(
            _with(
                more="policies:\n  - name: limits\n    vhost: /\n"
                "    pattern: ^order$  # <- the policy `limits` is for `order`, which is not defined\n"
                "    definition: {max-length: 1000}\n"
            )
        ),
        Bad(
            """
            exchanges: [{name: events, vhost: /, type: topic}]
            bindings:
              - source: event  # <- the binding's source `event` is not defined
                vhost: /
                destination: orders
                destination_type: queue
            """,
            "a warning, where queues are declared elsewhere",
        ),
        Good(_with()),
        Good(_with("amq.topic"), "exchanges of every broker"),
        Good(_with('""'), "the default exchange"),
        Good(
            "bindings: [{source: events, vhost: /, destination: orders, destination_type: queue}]\npolicies: []\n",
            "exchanges and queues are declared elsewhere",
        ),
        Good(
            _with(
                more="policies:\n  - {name: limits, vhost: /, pattern: '^orders\\.', definition: {max-length: 1}}\n"
            ),
            "a pattern for queues that services declare",
        ),
        Good(_with("${EXCHANGE}"), "filled in when the broker starts"),
    ),
)
def binding_endpoint_missing(definitions: Definitions, context: Context) -> Iterator[Problem]:
    """Report names of virtual hosts, exchanges and queues that lists which are there do not hold."""
    del context
    severity = None if definitions.is_whole else Severity.WARNING
    for text, at in _missing(definitions):
        yield Problem(
            f"{text} is not defined",
            at,
            help="correct the name, or define what is missing",
            severity=severity,
        )


def _missing(definitions: Definitions) -> Iterator[tuple[str, Location]]:
    known = {
        "queue": {(queue.vhost, queue.name) for queue in definitions.queues},
        "exchange": {(exchange.vhost, exchange.name) for exchange in definitions.exchanges},
    }
    listed = {kind for kind in known if isinstance(definitions.get(f"{kind}s"), list)}
    hosts = {host.get("name") for host in definitions.items("vhosts") if isinstance(host, dict)}
    for binding in definitions.bindings:
        if hosts and binding.vhost and binding.vhost not in hosts and not _is_unknown(binding.vhost):
            yield f"the virtual host `{binding.vhost}`", binding.at("vhost")
            continue
        target = binding.get("destination_type")
        for key, kind in (("source", "exchange"), ("destination", target)):
            name = binding.get(key)
            if not isinstance(name, str) or not isinstance(kind, str) or kind not in listed:
                continue
            if (
                not name
                or name.startswith("amq.")
                or _is_unknown(name)
                or (binding.vhost, name) in known[kind]
            ):
                continue
            yield f"the binding's {'source' if key == 'source' else kind} `{name}`", binding.at(key)
    for policy in definitions.policies:
        if hosts and policy.vhost and policy.vhost not in hosts and not _is_unknown(policy.vhost):
            yield f"the virtual host `{policy.vhost}`", policy.at("vhost")
        elif definitions.is_whole and definitions.version is not None and policy.literal:
            one = (policy.vhost, policy.literal)
            if one not in known["queue"] and one not in known["exchange"]:
                yield f"the policy `{policy.name}` is for `{policy.literal}`, which", policy.at("pattern")


def _is_unknown(name: str) -> bool:
    return "${" in name or "{{" in name
