"""Strimzi: topics and clusters of Kafka."""

from collections.abc import Iterator

from archlint.api import ChannelFact, Fact
from archlint.formats.kubernetes.kept import kept
from archlint.formats.kubernetes.views import Manifest

STRIMZI = "kafka.strimzi.io"
GROUPS = (STRIMZI,)
_KINDS = frozenset(("Kafka", "KafkaNodePool"))


def facts(manifest: Manifest) -> Iterator[Fact]:
    """Yield the channel that a topic is, with its partitions and replicas; other resources as they are written."""
    if not manifest.name:
        return
    if manifest.kind in _KINDS:
        yield kept(manifest)
    elif manifest.kind == "KafkaTopic":
        spec = manifest.mapping("spec")
        numbers = {key: spec[key] for key in ("partitions", "replicas") if _is_number(spec.get(key))}
        yield ChannelFact(
            at=manifest.at("metadata", "name"),
            extractor="strimzi",
            action="",
            address=topic_name(manifest),
            kind="topic",
            protocol="kafka",
            broker=manifest.labels.get("strimzi.io/cluster", ""),
            scope=manifest.scope,
            extra=numbers,
        )


def topic_name(manifest: Manifest) -> str:
    """Return the name of a KafkaTopic on its broker, which need not be that of the resource."""
    given = manifest.get("spec", "topicName")
    return given if isinstance(given, str) and given else manifest.name


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
