"""More consumers than partitions.

## Why is this bad?

Kafka gives each partition to one consumer of a group: the ones above the number of partitions do nothing, cost memory, and slow every rebalancing. What looks like
room to grow is none.

## How to fix

Give the topic at least as many partitions as consumers may run, or let fewer run. Adding partitions moves keys, so choose their number generously at first.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from archlint.api import (
    Bad,
    ChannelFact,
    Context,
    Good,
    Location,
    Problem,
    Related,
    Scaling,
    Service,
    ServiceGraph,
    Severity,
    Topic,
    rule,
)

_SYSTEM = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: billing}}
spec: {{template: {{spec: {{containers: [{{name: billing, image: "shop/billing:1"}}]}}}}}}
---
apiVersion: kafka.strimzi.io/v1
kind: KafkaTopic
metadata: {{name: placed, labels: {{strimzi.io/cluster: main}}}}
spec: {{{partitions}replicas: 3}}
---
apiVersion: kafka.strimzi.io/v1
kind: KafkaTopic
metadata: {{name: paid, labels: {{strimzi.io/cluster: main}}}}
spec: {{partitions: 6, replicas: 3}}
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: billing{marker}
spec:
  scaleTargetRef: {{name: billing}}
  {most}
  triggers:
  - {{type: kafka, metadata: {{bootstrapServers: "kafka:9092", topic: "{topics}", consumerGroup: billing}}}}
"""


def _system(
    most: str = "maxReplicaCount: 20",
    *,
    topics: str = "placed",
    marker: str = "",
    partitions: str = "partitions: 12, ",
) -> str:
    return _SYSTEM.format(most=most, topics=topics, marker=marker, partitions=partitions)


@rule(
    id="consumers-exceed-partitions",
    category="events",
    severity=Severity.INFO,
    subject=ServiceGraph,
    since="0.1.0",
    profile="strict",
    references=(
        "https://keda.sh/docs/latest/scalers/apache-kafka/",
        "https://kafka.apache.org/documentation/#intro_consumers",
    ),
    examples=(
        Bad(_system(marker="  # <- `billing` may run 20 times, and `placed` has 12 partitions")),
        Bad(
            _system(
                topics="placed,paid",
                marker="  # <- `billing` may run 20 times, and `paid` and `placed` have 18 partitions",
            )
        ),
        Good(_system("maxReplicaCount: 12")),
        Good(
            _system("maxReplicaCount: 18", topics="placed,paid"),
            "partitions of several topics count together",
        ),
        Good(
            _system("minReplicaCount: 1"), "KEDA stops at the number of partitions, and nobody asked for more"
        ),
        Good(_system(partitions=""), "the broker decides"),
        Good(_system(topics="elsewhere"), "nothing is known of the topic"),
    ),
)
def consumers_exceed_partitions(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report groups whose services may run more often than all of their topics have partitions, where both are written down."""
    del context
    scaling = Scaling(graph)
    groups: dict[tuple[str, str], list[tuple[Topic, ChannelFact]]] = defaultdict(list)
    services: dict[str, Service] = {}
    for topic in graph.topics:
        for service, use in topic.uses:
            if use.action == "receive" and use.protocol == "kafka":
                services[service.id] = service
                groups[service.id, use.group].append((topic, use))
    declared = _declared(graph)
    for (name, group), uses in groups.items():
        service = services[name]
        topics = {topic.id: topic for topic, _ in uses}
        counts = [declared.get(topic) for topic in topics]
        if not counts or any(count is None for count in counts):
            continue
        total = sum(count[0] for count in counts if count is not None)
        for workload in service.workloads:
            scale = scaling.of(workload)
            if scale.most is None or not scale.is_written or scale.most <= total:
                continue
            at = scale.scaler.at if scale.scaler is not None else workload.at
            if all(graph.variants.together(at.path, use.at.path) for _, use in uses):
                names = sorted(topic.address for topic in topics.values())
                shown = ", ".join(f"`{address}`" for address in names[:-1])
                shown = f"{shown} and `{names[-1]}` have" if shown else f"`{names[0]}` has"
                yield Problem(
                    f"`{service.name}` may run {scale.most} times, and {shown} {total} partition{'s' if total > 1 else ''}",
                    at,
                    help="give the topic as many partitions as consumers may run, or let fewer run",
                    related=tuple(
                        Related("the partitions", count[1]) for count in counts if count is not None
                    ),
                    identity=("partitions", service.id, group, *names),
                )
                break


def _declared(graph: ServiceGraph) -> dict[str, tuple[int, Location]]:
    """Return the partitions of the topics that say how many they have, with the place; of several variants, the most."""
    found: dict[str, tuple[int, Location]] = {}
    for topic in graph.topics:
        for fact in (*topic.declared, *(use for _, use in topic.uses)):
            count = _partitions(fact.extra)
            if count is not None and (topic.id not in found or found[topic.id][0] < count):
                found[topic.id] = (count, fact.at)
    return found


def _partitions(extra: dict[str, Any]) -> int | None:
    bindings = extra.get("bindings")
    kafka = bindings.get("kafka") if isinstance(bindings, dict) else None
    count = extra.get("partitions", kafka.get("partitions") if isinstance(kafka, dict) else None)
    return count if isinstance(count, int) and not isinstance(count, bool) and count > 0 else None
