"""KEDA: what scales which workload, and from which queues and topics the workload takes its work."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from archlint.api import ChannelFact, DependencyFact, Fact
from archlint.formats.kubernetes.kept import kept, reference
from archlint.formats.kubernetes.views import Manifest, known_text

GROUPS = ("keda.sh",)
_KINDS = frozenset(("ScaledObject", "ScaledJob", "TriggerAuthentication", "ClusterTriggerAuthentication"))
_CONFIDENCE = 0.9


@dataclass(frozen=True, slots=True)
class _Source:
    """How a type of trigger names what it looks at: the parameters of the channel, of its broker and of the consumers' group."""

    protocol: str
    kind: str
    channel: str
    broker: str = ""
    engine: str = ""
    group: str = ""


_SOURCES: dict[str, tuple[_Source, ...]] = {
    "kafka": (_Source("kafka", "topic", "topic", "bootstrapServers", "kafka", "consumerGroup"),),
    "apache-kafka": (_Source("kafka", "topic", "topic", "bootstrapServers", "kafka", "consumerGroup"),),
    "rabbitmq": (_Source("amqp", "queue", "queueName", "host", "rabbitmq"),),
    "aws-sqs-queue": (_Source("sqs", "queue", "queueURL"),),
    "aws-kinesis-stream": (_Source("kinesis", "stream", "streamName"),),
    "azure-servicebus": (
        _Source("amqp", "queue", "queueName"),
        _Source("amqp", "topic", "topicName", group="subscriptionName"),
    ),
    "azure-eventhub": (_Source("", "topic", "eventHubName", group="consumerGroup"),),
    "azure-queue": (_Source("", "queue", "queueName"),),
    "nats-jetstream": (
        _Source("nats", "stream", "stream", "natsServerMonitoringEndpoint", "nats", "consumer"),
    ),
    "pulsar": (_Source("pulsar", "topic", "topic", "adminURL", "pulsar", "subscription"),),
    "redis": (_Source("redis", "queue", "listName", "address", "redis"),),
    "redis-streams": (_Source("redis", "stream", "stream", "address", "redis", "consumerGroup"),),
    "activemq": (_Source("", "queue", "destinationName", "managementEndpoint", "activemq"),),
    "artemis-queue": (_Source("", "queue", "queueName", "managementEndpoint", "activemq"),),
    "ibmmq": (_Source("ibmmq", "queue", "queueName"),),
}  # fmt: skip
"""By the type of trigger (KEDA's reference of scalers). What watches metrics, times or databases names no channel."""


def facts(manifest: Manifest) -> Iterator[Fact]:
    """Yield the scaler, and what the workload that it scales consumes."""
    if manifest.kind not in _KINDS or not manifest.name:
        return
    target = reference(manifest, "spec", "scaleTargetRef")
    yield kept(manifest, target=target)
    name = target[1] if target else manifest.name if manifest.kind == "ScaledJob" else ""
    if name and "{{" not in name:
        for index, trigger in enumerate(manifest.items("spec", "triggers")):
            if isinstance(trigger, dict) and isinstance(trigger.get("metadata"), dict):
                yield from _consumed(manifest, name, index, trigger)


def _consumed(manifest: Manifest, name: str, index: int, trigger: dict[str, Any]) -> Iterator[Fact]:
    metadata = trigger["metadata"]
    at = manifest.at("spec", "triggers", index)
    if str(metadata.get("useRegex", "")).lower() == "true":
        return
    for source in _SOURCES.get(str(trigger.get("type")), ()):
        hosts = _hosts(metadata.get(source.broker)) if source.broker else []
        for address in _addresses(source, metadata.get(source.channel)):
            yield ChannelFact(
                at=at,
                extractor="keda",
                confidence=_CONFIDENCE,
                action="receive",
                address=address,
                service=name,
                kind=source.kind,
                protocol=source.protocol,
                broker=hosts[0] if len(hosts) == 1 and source.kind == "topic" else "",
                scope=manifest.scope,
                group=known_text(metadata.get(source.group)) or "" if source.group else "",
            )
        for host in hosts:
            yield DependencyFact(
                at=at,
                extractor="keda",
                confidence=_CONFIDENCE,
                source=name,
                target=host.partition(":")[0],
                kind="uses",
                scope=manifest.scope,
                protocol=source.engine,
            )


def _addresses(source: _Source, value: Any) -> Iterator[str]:
    """Yield the channels that a parameter names: a queue's URL ends in its name, topics may be listed."""
    text = known_text(value) or ""
    if not text or "$" in text:
        return
    if source.protocol == "sqs":
        yield text.rpartition("/")[2]
    elif source.protocol == "pulsar":
        yield text.rpartition("://")[2]
    elif source.kind == "topic":
        yield from filter(None, (part.strip() for part in text.split(",")))
    else:
        yield text


def _hosts(value: Any) -> list[str]:
    """Return the hosts, with their ports, that a parameter lists, credentials and paths left out."""
    text = known_text(value) or ""
    found = []
    for part in text.split(","):
        host = part.strip().rpartition("://")[2].partition("/")[0].rpartition("@")[2].lower()
        if host.partition(":")[0] not in {"", "localhost", "127.0.0.1"} and "$" not in host:
            found.append(host)
    return found
