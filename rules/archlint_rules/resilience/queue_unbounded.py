"""A queue that may grow without end.

## Why is this bad?

When consumers are slower than producers the queue takes the broker's memory and disk until the broker blocks all publishers, those of other
queues too.

## How to fix

Bound it with a policy (`max-length`, `max-length-bytes`, `message-ttl`), and say by `overflow` who loses: the oldest messages, or the publisher.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.formats.rabbitmq import Queue

_BOUNDS = ("max-length", "max-length-bytes", "message-ttl")
_DEFINITIONS = """
rabbitmq_version: 4.1.0
queues:
  - name: {name}
    vhost: /
    durable: true
    auto_delete: {temporary}
    arguments: {{{arguments}}}
exchanges: []
bindings: []
policies: [{policies}]
parameters: [{parameters}]
"""


def _with(
    name: str = "orders",
    arguments: str = "",
    policies: str = "",
    parameters: str = "",
    temporary: str = "false",
) -> str:
    return _DEFINITIONS.format(
        name=name, arguments=arguments, policies=policies, parameters=parameters, temporary=temporary
    )


def _policy(pattern: str, settings: str, priority: int = 0, kind: str = "queues") -> str:
    return (
        f"{{name: p{priority}, vhost: /, pattern: '{pattern}', apply-to: {kind}, priority: {priority}, "
        f"definition: {{{settings}}}}}"
    )


_FOUND = "  # <- nothing bounds the queue `orders`"


@rule(
    id="queue-unbounded",
    category="resilience",
    severity=Severity.INFO,
    subject=Queue,
    since="0.1.0",
    profile="strict",
    references=("https://www.rabbitmq.com/docs/maxlength", "https://www.rabbitmq.com/docs/policies"),
    aggregate=True,
    examples=(
        Bad(_with(f"orders{_FOUND}")),
        Bad(
            _with(
                f"orders{_FOUND}",
                policies=f"{_policy('^orders', 'max-length: 1000')}, {_policy('.*', 'dead-letter-exchange: dlx', 7)}",
            ),
            "only the policy of the highest priority holds",
        ),
        Bad(_with(f"orders{_FOUND}", policies=_policy("^ord", "max-length: 1", kind="quorum_queues"))),
        Good(_with(arguments="x-max-length: 1000")),
        Good(_with(policies=_policy("^ord", "message-ttl: 60000"))),
        Good(
            _with(
                policies=_policy(".*", "dead-letter-exchange: dlx", 7),
                parameters=(
                    "{component: operator_policy, name: cap, vhost: /, value: "
                    "{pattern: .*, apply-to: queues, priority: 0, definition: [[max-length, 5000]]}}"
                ),
            ),
            "an operator policy holds beside the policy",
        ),
        Good(_with("orders.dead"), "what failed is kept"),
        Good(_with(arguments="x-queue-type: stream"), "streams are truncated by other means"),
        Good(_with(temporary="true"), "it goes with its consumers"),
        Good(_with(policies=_policy("(?<$)[", "max-length: 1")), "a policy that cannot be read may match"),
    ),
)
def queue_unbounded(queue: Queue, context: Context) -> Iterator[Problem]:
    """Report work queues without a bound by argument, by the policy that holds, or by an operator policy."""
    del context
    if queue.is_temporary or queue.type == "stream" or queue.takes_dead_letters or queue.is_for_replies:
        return
    if not queue.knows_policies or any(queue.setting(key) for key in _BOUNDS):
        return
    strategy = queue.setting("dead-letter-strategy")
    safe = strategy is not None and strategy.value == "at-least-once"
    yield Problem(
        f"nothing bounds the queue `{queue.name}`",
        queue.at("name"),
        help="set `max-length` with `overflow: reject-publish`, which dead lettering at least once needs"
        if safe
        else "set `max-length`, `max-length-bytes` or `message-ttl` by a policy",
    )
