"""Dead letters go to an exchange that drops them.

## Why is this bad?

RabbitMQ drops a dead letter without a word when the dead letter exchange does not exist, or routes it to no queue. Everybody believes that failed
messages are kept, until somebody looks for one.

## How to fix

Define the exchange, and bind a queue to it with the routing key that dead letters have.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.formats.rabbitmq import Definitions, Exchange
from archlint.formats.rabbitmq.views import DeadLetterTarget

_DEFINITIONS = """
rabbitmq_version: 4.1.0
vhosts: [{{name: /}}]
queues:
  - name: orders
    vhost: /
    durable: true
    arguments:
      {arguments}
  - {{name: orders.dead, vhost: /, durable: true, arguments: {{}}}}
exchanges:
  - {{name: dlx, vhost: /, type: {kind}, arguments: {{}}}}
bindings: [{bindings}]
policies: [{policies}]
"""


def _with(
    arguments: str = "x-dead-letter-exchange: dlx",
    bindings: str = "",
    policies: str = "",
    kind: str = "fanout",
) -> str:
    return _DEFINITIONS.format(arguments=arguments, bindings=bindings, policies=policies, kind=kind)


def _binding(key: str = "") -> str:
    return (
        f'{{source: dlx, vhost: /, destination: orders.dead, destination_type: queue, routing_key: "{key}"}}'
    )


@rule(
    id="dead-letter-exchange-broken",
    category="events",
    severity=Severity.ERROR,
    subject=Definitions,
    since="0.1.0",
    references=("https://www.rabbitmq.com/docs/dlx",),
    examples=(
        Bad(
            _with(
                "x-dead-letter-exchange: dead  # <- dead letters of `orders` go to the exchange `dead`, which is not defined"
            )
        ),
        Bad(
            _with(
                "x-dead-letter-exchange: dlx  # <- dead letters of `orders` go to the exchange `dlx`, which routes to no queue"
            )
        ),
        Bad(
            _with(
                "x-dead-letter-routing-key: failed\n"
                "      x-dead-letter-exchange: dlx  # <- dead letters of `orders` go to `dlx` with the key `failed`, which it routes to no queue",
                _binding("dead"),
                kind="direct",
            )
        ),
        Bad(
            _with(
                "x-dead-letter-routing-key: lost\n"
                "      x-dead-letter-exchange: ''  # <- dead letters of `orders` go to the queue `lost`, which is not defined"
            )
        ),
        Bad(
            """
            rabbitmq_version: 4.1.0
            exchanges: []
            policies:
              - name: dead
                vhost: /
                pattern: .*
                definition:
                  dead-letter-exchange: dlx  # <- dead letters of the policy `dead` go to the exchange `dlx`, which is not defined
            """,
            "for queues that are not listed here, a warning",
        ),
        Good(_with(bindings=_binding())),
        Good(
            _with("x-dead-letter-exchange: amq.fanout", bindings=_binding().replace("dlx", "amq.fanout")),
            "an exchange of every broker",
        ),
        Good(
            _with("x-dead-letter-exchange: ''\n      x-dead-letter-routing-key: orders.dead"),
            "the default exchange routes to the queue of the key's name",
        ),
        Good(
            """
            rabbitmq_version: 4.1.0
            policies:
              - {name: dead, vhost: /, pattern: .*, definition: {dead-letter-exchange: dlx}}
            """,
            "exchanges are declared elsewhere",
        ),
        Good(_with("x-dead-letter-exchange: ${DLX}"), "filled in when the broker starts"),
    ),
)
def dead_letter_exchange_broken(definitions: Definitions, context: Context) -> Iterator[Problem]:
    """Report dead letter exchanges that are not defined or route to no queue; a warning where not everything is listed."""
    del context
    if not isinstance(definitions.get("exchanges"), list):
        return
    exchanges = {(exchange.vhost, exchange.name): exchange for exchange in definitions.exchanges}
    policies = {policy.at().pointer for policy in (*definitions.policies, *definitions.operator_policies)}
    for target in definitions.dead_letter_targets:
        fault = _fault(target, definitions, exchanges)
        if fault:
            of_policy = any(target.at.pointer[: len(pointer)] == pointer for pointer in policies)
            whose = f"the policy `{target.name}`" if of_policy else f"`{target.name}`"
            yield Problem(
                f"dead letters of {whose} go to {fault}",
                target.at,
                help="define the exchange, and bind a queue to it",
                severity=None if definitions.is_whole else Severity.WARNING,
            )


def _fault(
    target: DeadLetterTarget, definitions: Definitions, exchanges: dict[tuple[str, str], Exchange]
) -> str:
    """Return where the dead letters go and what is amiss there, or an empty text."""
    name, key = target.exchange, target.routing_key
    if "${" in f"{name}{key}" or "{{" in f"{name}{key}":
        return ""
    if not name:
        queues = {(queue.vhost, queue.name) for queue in definitions.queues} if key else set()
        lost = key and isinstance(definitions.get("queues"), list) and (target.vhost, key) not in queues
        return f"the queue `{key}`, which is not defined" if lost else ""
    exchange = exchanges.get((target.vhost, name))
    if exchange is None and not name.startswith("amq."):
        return f"the exchange `{name}`, which is not defined"
    bindings = definitions.bound_from.get((target.vhost, name), [])
    if not isinstance(definitions.get("bindings"), list) or (exchange is not None and exchange.alternate):
        return ""
    if not bindings:
        return f"the exchange `{name}`, which routes to no queue"
    keys = {binding.get("routing_key") for binding in bindings}
    if key is not None and exchange is not None and exchange.kind == "direct" and key not in keys:
        return f"`{name}` with the key `{key}`, which it routes to no queue"
    return ""
