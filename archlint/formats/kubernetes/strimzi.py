"""Strimzi: topics and clusters of Kafka, and what Kafka Connect, bridges and mirrors connect to."""

from collections.abc import Iterator

from archlint.api import ChannelFact, DependencyFact, Fact, Setting, regex
from archlint.formats.kubernetes.kept import kept
from archlint.formats.kubernetes.views import Manifest, known_text

STRIMZI = "kafka.strimzi.io"
GROUPS = (STRIMZI,)
_KINDS = frozenset(("Kafka", "KafkaNodePool"))
_CLIENTS = {
    "KafkaConnect": "-connect-api",
    "KafkaBridge": "-bridge-service",
    "KafkaMirrorMaker2": "-mirrormaker2-api",
}
"""What speaks to a cluster, and how the Service of it is called."""
_ADDRESSES = ("database.hostname", "connection.url", "mongodb.connection.string", "connection.uri", "hosts")
"""Under which keys connectors have the address of their other end."""
_HOST = regex(
    r"(?:[a-z][a-z0-9+.:-]*://)?(?:[^@/\s]*@)?(?P<host>[A-Za-z0-9][A-Za-z0-9.-]*)(?::\d+)?(?:[/?,;].*)?"
)
_ENGINES = (
    ("postgres", "postgresql"),
    ("mysql", "mysql"),
    ("mariadb", "mysql"),
    ("mongo", "mongodb"),
    ("sqlserver", "sqlserver"),
    ("elasticsearch", "elasticsearch"),
    ("opensearch", "opensearch"),
)


def facts(manifest: Manifest) -> Iterator[Fact]:
    """Yield the channel that a topic is, with its partitions and replicas; other resources as they are written."""
    if not manifest.name or "{{" in manifest.name:
        return
    if manifest.kind in _KINDS:
        yield kept(manifest)
    elif manifest.kind in _CLIENTS:
        yield from _client(manifest)
    elif manifest.kind == "KafkaConnector":
        yield from _connector(manifest)
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


def _client(manifest: Manifest) -> Iterator[Fact]:
    """Yield the clusters that a client of Kafka names."""
    written: list[tuple[str | int, ...]] = [("spec", "bootstrapServers")]
    for part in ("clusters", "mirrors"):
        count = len(manifest.items("spec", part))
        written.extend(("spec", part, index, "bootstrapServers") for index in range(count))
    written.extend(("spec", part, "bootstrapServers") for part in ("target", "source"))
    for keys in written:
        for server in (known_text(manifest.get(*keys)) or "").split(","):
            yield from _use(manifest, manifest.name + _CLIENTS[manifest.kind], server.strip(), "kafka", *keys)


def _connector(manifest: Manifest) -> Iterator[Fact]:
    """Yield the other end of a connector: the database that it reads or writes, the index that it fills."""
    cluster = manifest.labels.get("strimzi.io/cluster", "")
    class_ = (known_text(manifest.get("spec", "class")) or "").lower()
    config = manifest.mapping("spec", "config")
    for key in _ADDRESSES:
        text = known_text(config.get(key)) or ""
        engines = (engine for word, engine in _ENGINES if word in f"{class_} {text.partition('//')[0]}")
        if cluster and (engine := next(engines, "")):
            yield from _use(manifest, cluster + _CLIENTS["KafkaConnect"], text, engine, "spec", "config", key)


def settings(manifest: Manifest) -> Iterator[Setting]:
    """Yield the configuration of a connector, and of the workers that run it."""
    if manifest.kind in {"KafkaConnector", "KafkaConnect"}:
        for key, value in manifest.mapping("spec", "config").items():
            at = manifest.at("spec", "config", key)
            yield Setting(key=key, value=known_text(value), at=at, via="config")


def _use(manifest: Manifest, source: str, address: str, engine: str, *keys: str | int) -> Iterator[Fact]:
    """Yield that *source* uses what has *address*; a short name is one of the resource's own namespace."""
    match = _HOST.fullmatch(address)
    if match is not None:
        host = match["host"].lower().rstrip(".")
        yield DependencyFact(
            at=manifest.at(*keys),
            extractor="strimzi",
            confidence=0.9,
            source=source,
            target=host if "." in host else f"{host}.{manifest.namespace or 'default'}.svc",
            kind="uses",
            scope=manifest.scope,
            protocol=engine,
        )


def topic_name(manifest: Manifest) -> str:
    """Return the name of a KafkaTopic on its broker, which need not be that of the resource."""
    given = manifest.get("spec", "topicName")
    return given if isinstance(given, str) and given else manifest.name


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
