"""A queue or subscription without a place for messages that cannot be processed.

## Why is this bad?

A message that always fails is delivered again and again, holds up the ones behind it, and is dropped in the end without anybody noticing.

## How to fix

Name a dead letter topic (`deadLetterTopic`) or exchange (`dead-letter-exchange`, best in a policy), or let the binder of Spring Cloud Stream make one
(`autoBindDlq`, `enableDlq`), bound the retries before it, and watch what arrives there.
"""

from collections.abc import Iterator

from archlint.api import Bad, Confidence, Context, Good, Problem, ServiceGraph, Severity, rule
from archlint.formats.asyncapi import Channel
from archlint.formats.kubernetes import Manifest
from archlint.formats.rabbitmq import Queue
from archlint.formats.spring import SpringConfig, bindings
from archlint_rules.events.topology import without_dead_letters

_DEAD = ("dead", "dlq", "dlt", "poison", "parking")
_IDENTITY = frozenset(("name", "fifoQueue", "$ref"))
"""What a binding to a queue of SQS says even where it does not describe the queue."""
_SQS = """
asyncapi: 3.0.0
info: {{title: orders, version: 1.0.0}}
channels:
  work:
    address: {name}
    bindings:
      sqs:
        queue:
          name: {name}{marker}
          {more}
        {dead}
"""
_SUBSCRIPTION = """
apiVersion: dapr.io/v2alpha1
kind: Subscription
metadata:
  name: orders{marker}
spec:
  topic: {topic}
  pubsubname: broker
  routes: {{default: /orders}}
  {more}
"""


_DEFINITIONS = """
rabbitmq_version: 4.1.0
queues:
  - name: {name}
    vhost: /
    arguments: {{{arguments}}}
  - {{name: failed-orders, vhost: /, arguments: {{}}}}
exchanges: [{{name: dlx, vhost: /, type: fanout}}, {{name: later, vhost: /, type: fanout}}]
bindings:
  - {{source: dlx, vhost: /, destination: failed-orders, destination_type: queue, routing_key: ""}}
  - {{source: later, vhost: /, destination: {last}, destination_type: queue, routing_key: ""}}
policies:
{policies}
"""
_DEAD_LETTERS = """
  - name: dead-letters
    vhost: /
    pattern: .*
    apply-to: queues
    definition: {dead-letter-exchange: dlx}
"""
_LIMITS = """
  - {name: limits, vhost: /, pattern: ^orders, apply-to: queues, priority: 5, definition: {max-length: 1000}}
"""


def _queue(arguments: str = "", policies: str = "  []", name: str = "orders", last: str = "orders") -> str:
    return _DEFINITIONS.format(name=name, arguments=arguments, policies=policies, last=last)


_SPRING = """
spring:
  application: {{name: billing}}
  cloud:
    stream:
      bindings:
        bill-in-0:
          destination: {destination}
          {group}
      {binder}
"""
_RABBIT = "rabbit: {binder: {connection-name-prefix: billing}}"


def _binding(
    destination: str = "orders", group: str = "group: billing", binder: str = _RABBIT
) -> dict[str, str]:
    return {"application.yml": _SPRING.format(destination=destination, group=group, binder=binder)}


_FOUND = "  # <- `orders` has nowhere to put messages that fail"


def _sqs(more: str = "visibilityTimeout: 30", name: str = "orders", marker: str = "", dead: str = "") -> str:
    return _SQS.format(name=name, more=more, marker=marker, dead=dead)


_RESOURCES = """
apiVersion: rabbitmq.com/v1beta1
kind: Queue
metadata: {{name: orders-queue{marker}
}}
spec: {{name: orders, rabbitmqClusterReference: {{name: main}}, arguments: {{{arguments}}}}}
---
apiVersion: rabbitmq.com/v1beta1
kind: Queue
metadata: {{name: failed-queue}}
spec: {{name: failed, rabbitmqClusterReference: {{name: main}}}}
---
apiVersion: rabbitmq.com/v1beta1
kind: Binding
metadata: {{name: failed}}
spec: {{source: dlx, destination: failed, destinationType: queue, rabbitmqClusterReference: {{name: main}}}}
---
apiVersion: rabbitmq.com/v1beta1
kind: Policy
metadata: {{name: dead-letters}}
spec: {{pattern: "{pattern}", rabbitmqClusterReference: {{name: main}}, definition: {{dead-letter-exchange: dlx}}}}
"""


def _resources(arguments: str = "", pattern: str = "^others$", marker: str = "") -> str:
    return _RESOURCES.format(arguments=arguments, pattern=pattern, marker=marker)


def _subscription(more: str = "", topic: str = "orders", marker: str = "") -> str:
    return _SUBSCRIPTION.format(more=more, topic=topic, marker=marker)


@rule(
    id="queue-without-dlq",
    category="events",
    severity=Severity.WARNING,
    subject=(Manifest, Queue, SpringConfig, Channel, ServiceGraph),
    since="0.1.0",
    references=(
        "https://docs.dapr.io/developing-applications/building-blocks/pubsub/pubsub-deadletter/",
        "https://www.rabbitmq.com/docs/dlx",
        "https://www.rabbitmq.com/docs/policies",
        "https://www.asyncapi.com/docs/reference/bindings/sqs",
        "https://docs.spring.io/spring-cloud-stream/reference/rabbit/rabbit_overview/rabbitmq-consumer-properties.html",
        "https://docs.spring.io/spring-cloud-stream/reference/kafka/kafka-binder/dlq.html",
    ),
    aggregate=True,
    applies=lambda subject: (
        isinstance(subject, Queue | SpringConfig | Channel | ServiceGraph)
        or (subject.group == "dapr.io" and subject.kind == "Subscription")
    ),
    examples=(
        Bad(_subscription(marker="  # <- `orders` has nowhere to put messages of `orders` that fail")),
        Good(_subscription("deadLetterTopic: orders-dead")),
        Good(_subscription(topic="orders-dead-letter"), "it takes what failed elsewhere"),
        Good(_subscription('deadLetterTopic: "{{ .Values.dead }}"'), "filled in when it is rendered"),
        Bad(_queue(name=f"orders{_FOUND}")),
        Bad(
            _queue(policies=_DEAD_LETTERS + _LIMITS, name=f"orders{_FOUND}"),
            "only the policy of the highest priority holds",
        ),
        Good(_queue("x-dead-letter-exchange: dlx")),
        Good(_queue(policies=_DEAD_LETTERS)),
        Good(_queue("x-dead-letter-exchange: dlx", _LIMITS), "an argument wins over the policy"),
        Good(_queue("x-queue-type: stream"), "streams keep all messages"),
        Good(_queue("x-expires: 60000"), "a temporary queue"),
        Good(_queue(name="orders.replies"), "replies to a caller"),
        Good(
            _queue().replace("source: later", 'source: "Shop.Events:OrderPlaced"'),
            "MassTransit has a queue of its own for what fails",
        ),
        Good(
            _queue("x-dead-letter-exchange: dlx", name="intake").replace("failed-orders", "orders"),
            "it takes what failed elsewhere",
        ),
        Bad(_sqs(marker=_FOUND), "SQS"),
        Good(_sqs("redrivePolicy: {deadLetterQueue: {name: orders-dead}, maxReceiveCount: 5}")),
        Good(_sqs("fifoQueue: false"), "the queue is named, not described"),
        Good(_sqs(name="orders-dlq"), "it takes what failed elsewhere"),
        Bad(_resources(marker=_FOUND), "a resource of RabbitMQ's topology operator"),
        Bad(_resources(pattern="^billing", marker=_FOUND), "a policy for others"),
        Good(_resources(arguments="x-dead-letter-exchange: dlx")),
        Good(_resources(pattern="^orders")),
        Good(_resources(pattern="^(orders|bills)$"), "it may be meant"),
        Good(_resources(arguments="x-queue-type: stream"), "streams keep all messages"),
        Good(_sqs(dead="deadLetterQueue: {name: elsewhere}"), "described beside it"),
        Bad(
            _binding("orders  # <- `billing` has nowhere to put messages of `orders` that fail"),
            "Spring Cloud Stream",
        ),
        Bad(
            _binding(
                "orders  # <- `billing` has nowhere to put messages of `orders` that fail",
                binder="kafka: {binder: {brokers: kafka}}",
            )
        ),
        Good(_binding(binder="rabbit: {bindings: {bill-in-0: {consumer: {autoBindDlq: true}}}}")),
        Good(_binding(binder="rabbit: {default: {consumer: {auto-bind-dlq: true}}}")),
        Good(_binding(binder="kafka: {bindings: {bill-in-0: {consumer: {enable-dlq: true}}}}")),
        Good(_binding(group="consumer: {concurrency: 2}"), "a temporary queue of its own"),
        Good(_binding("orders.dlq"), "it takes what failed elsewhere"),
        Good(_binding(binder="default-binder: ${BINDER}"), "the binder is not known"),
        Good(
            _binding() | {"application-prod.yml": "spring.cloud.stream.rabbit.default.auto-bind-dlq: true"},
            "in the profile that counts",
        ),
        Good(
            _binding() | {"bootstrap.yml": "spring.cloud.config.uri: http://config:8888"},
            "the configuration server may say more",
        ),
        Good(
            {
                "application.yml": _SPRING.format(
                    destination="orders", group="group: a", binder=_RABBIT
                ).replace("bill-in-0", "bill-out-0")
            },
            "it only sends",
        ),
    ),
)
def queue_without_dlq(
    subject: Manifest | Queue | SpringConfig | Channel | ServiceGraph, context: Context
) -> Iterator[Problem]:
    """Report Dapr subscriptions, queues of RabbitMQ and SQS, and consumer groups of Spring Cloud Stream without a dead letter target, but those that take dead letters."""
    del context
    if isinstance(subject, ServiceGraph):
        yield from _of_resources(subject)
    elif isinstance(subject, SpringConfig):
        yield from _of_bindings(subject)
    elif isinstance(subject, Channel):
        yield from _of_channel(subject)
    else:
        yield from _of_queue(subject) if isinstance(subject, Queue) else _of_subscription(subject)


def _of_resources(graph: ServiceGraph) -> Iterator[Problem]:
    for name, fact in without_dead_letters(graph):
        yield Problem(
            f"`{name}` has nowhere to put messages that fail",
            fact.at,
            help="set `dead-letter-exchange` by a policy",
            confidence=Confidence.CONFIGURED,
            identity=("queue", fact.scope, fact.name),
        )


def _of_channel(channel: Channel) -> Iterator[Problem]:
    sqs = channel.bindings.get("sqs")
    queue = sqs.get("queue") if isinstance(sqs, dict) else None
    if not isinstance(queue, dict) or queue.keys() <= _IDENTITY or queue.get("redrivePolicy"):
        return
    name = queue.get("name")
    if (isinstance(sqs, dict) and sqs.get("deadLetterQueue")) or not isinstance(name, str):
        return
    if not any(word in name.lower() for word in _DEAD):
        own = isinstance(channel.get("bindings", "sqs", "queue"), dict)
        yield Problem(
            f"`{name}` has nowhere to put messages that fail",
            channel.at("bindings", "sqs", "queue", "name") if own else channel.at("bindings"),
            help="set `redrivePolicy` with a `deadLetterQueue`",
        )


def _of_bindings(config: SpringConfig) -> Iterator[Problem]:
    if config.profile or config.is_kept or config.is_remote:
        return
    for binding in bindings(config):
        is_queue = binding.action == "receive" and binding.group and binding.dead_letters is False
        name = (binding.destination or "").lower()
        if is_queue and not any(word in name for word in _DEAD):
            yield Problem(
                f"`{config.application or binding.name}` has nowhere to put messages of `{binding.destination}` that fail",
                binding.at,
                help="set `autoBindDlq`" if binding.binder == "rabbit" else "set `enableDlq`",
                confidence=Confidence.CONFIGURED,
            )


def _of_queue(queue: Queue) -> Iterator[Problem]:
    if queue.is_temporary or queue.type == "stream" or queue.is_for_replies or queue.takes_dead_letters:
        return
    if queue.is_of_masstransit:
        return
    if queue.knows_policies and queue.setting("dead-letter-exchange") is None:
        yield Problem(
            f"`{queue.name}` has nowhere to put messages that fail",
            queue.at("name"),
            help="set `dead-letter-exchange` by a policy",
            confidence=Confidence.DECLARED
            if isinstance(queue.root.get("policies"), list)
            else Confidence.INFERRED,
        )


def _of_subscription(manifest: Manifest) -> Iterator[Problem]:
    topic = manifest.get("spec", "topic")
    if not isinstance(topic, str) or manifest.get("spec", "deadLetterTopic"):
        return
    if not any(word in topic.lower() for word in _DEAD):
        yield Problem(
            f"`{manifest.name}` has nowhere to put messages of `{topic}` that fail",
            manifest.at("metadata", "name"),
            help="set `deadLetterTopic`",
        )
