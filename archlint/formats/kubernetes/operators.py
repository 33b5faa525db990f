"""Operators: the Services and Secrets that they make for a resource of theirs, so that nobody has to write them.

The names are those of each operator's documentation. What a Secret holds is derived from the resource, credentials left out.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from archlint.api import ConfigFact, EndpointFact, Fact, Setting
from archlint.formats.kubernetes.views import Manifest


@dataclass(frozen=True, slots=True)
class _Made:
    """What an operator makes: Services of these names (`*` is that of the resource), which serve *engine*, and a Secret with their address."""

    engine: str
    services: tuple[str, ...]
    secret: str = ""


_MADE: dict[tuple[str, str], _Made] = {
    ("rabbitmq.com", "RabbitmqCluster"): _Made("rabbitmq", ("*", "*-nodes"), "*-default-user"),
    ("kafka.strimzi.io", "Kafka"): _Made("kafka", ("*-kafka-bootstrap", "*-kafka-brokers")),
    ("kafka.strimzi.io", "KafkaConnect"): _Made("", ("*-connect-api",)),
    ("kafka.strimzi.io", "KafkaBridge"): _Made("", ("*-bridge-service",)),
    ("kafka.strimzi.io", "KafkaMirrorMaker2"): _Made("", ("*-mirrormaker2-api",)),
    ("platform.confluent.io", "Kafka"): _Made("kafka", ("*", "*-bootstrap-lb")),
    ("platform.confluent.io", "SchemaRegistry"): _Made("", ("*",)),
    ("platform.confluent.io", "Connect"): _Made("", ("*",)),
    ("platform.confluent.io", "KsqlDB"): _Made("", ("*",)),
    ("cluster.redpanda.com", "Redpanda"): _Made("kafka", ("*",)),
    ("postgresql.cnpg.io", "Cluster"): _Made("postgresql", ("*-rw", "*-ro", "*-r"), "*-app"),
    ("postgresql.cnpg.io", "Pooler"): _Made("postgresql", ("*",)),
    ("acid.zalan.do", "postgresql"): _Made("postgresql", ("*", "*-repl", "*-pooler", "*-pooler-repl")),
    ("postgres-operator.crunchydata.com", "PostgresCluster"): _Made(
        "postgresql", ("*-primary", "*-replicas", "*-pgbouncer", "*-ha"), "*-pguser-*"
    ),
    ("mysql.oracle.com", "InnoDBCluster"): _Made("mysql", ("*", "*-instances")),
    ("k8s.mariadb.com", "MariaDB"): _Made("mysql", ("*", "*-internal", "*-primary", "*-secondary")),
    ("pxc.percona.com", "PerconaXtraDBCluster"): _Made("mysql", ("*-haproxy", "*-pxc", "*-proxysql")),
    ("mongodbcommunity.mongodb.com", "MongoDBCommunity"): _Made("mongodb", ("*-svc",)),
    ("psmdb.percona.com", "PerconaServerMongoDB"): _Made("mongodb", ("*-rs0", "*-mongos")),
    ("elasticsearch.k8s.elastic.co", "Elasticsearch"): _Made(
        "elasticsearch", ("*-es-http", "*-es-internal-http", "*-es-transport")
    ),
    ("kibana.k8s.elastic.co", "Kibana"): _Made("", ("*-kb-http",)),
    ("databases.spotahome.com", "RedisFailover"): _Made("redis", ("rfs-*", "rfr-*", "rfrm-*", "rfrs-*")),
    ("redis.redis.opstreelabs.in", "Redis"): _Made("redis", ("*", "*-headless")),
    ("redis.redis.opstreelabs.in", "RedisCluster"): _Made(
        "redis", ("*-leader", "*-follower", "*-master", "*-leader-headless")
    ),
    ("redis.redis.opstreelabs.in", "RedisReplication"): _Made("redis", ("*", "*-headless", "*-master", "*-replica")),
    ("opentelemetry.io", "OpenTelemetryCollector"): _Made("", ("*-collector", "*-collector-headless")),
    ("jaegertracing.io", "Jaeger"): _Made("", ("*-collector", "*-query", "*-agent", "*-collector-headless")),
    ("k8s.keycloak.org", "Keycloak"): _Made("", ("*-service",)),
}  # fmt: skip
GROUPS = tuple(sorted({group for group, _ in _MADE}))
_SCHEMES = {"rabbitmq": "amqp"}
_DATABASES = {"Cluster": "app"}
"""The database that an operator makes where none is named; elsewhere it is called like the resource."""
_ADDRESSES = {
    "host": "{host}",
    "uri": "{scheme}://{host}{path}",
    "fqdn-uri": "{scheme}://{host}{path}",
    "jdbc-uri": "jdbc:{scheme}://{host}{path}",
    "connection_string": "{scheme}://{host}{path}",
}


def facts(manifest: Manifest) -> Iterator[Fact]:
    """Yield the names under which others reach what an operator runs, and the Secret that it keeps the address in."""
    made = _MADE.get((manifest.group, manifest.kind))
    if made is None or not manifest.name or "{{" in manifest.name:
        return
    names = [*(name.replace("*", manifest.name) for name in made.services), *_of_listeners(manifest)]
    namespace = manifest.namespace or "default"
    at = manifest.at("metadata", "name")
    yield EndpointFact(
        at=at,
        extractor="operator",
        name=names[0],
        scope=manifest.scope,
        hostnames=tuple(
            f"{name}{ending}"
            for name in names
            for ending in ("", f".{namespace}", f".{namespace}.svc", f".{namespace}.svc.cluster.local")
        ),
        kind="Operator",
        headless=True,
        engine=made.engine,
        labels=manifest.labels,
    )
    if made.secret:
        parts = {
            "scheme": _SCHEMES.get(made.engine, made.engine),
            "host": f"{names[0]}.{namespace}.svc",
            "path": _path(manifest) if made.engine not in _SCHEMES else "",
        }
        yield ConfigFact(
            at=at,
            extractor="operator",
            kind="secret",
            name=made.secret.replace("*", manifest.name),
            scope=manifest.scope,
            entries=tuple(
                Setting(key=key, value=form.format(**parts), at=at, via="secret")
                for key, form in _ADDRESSES.items()
            ),
        )


def _of_listeners(manifest: Manifest) -> Iterator[str]:
    """Yield the Services of a Kafka cluster's external listeners (Strimzi, Configuring listeners)."""
    for listener in manifest.items("spec", "kafka", "listeners"):
        if isinstance(listener, dict) and isinstance(name := listener.get("name"), str):
            yield f"{manifest.name}-kafka-{name}-bootstrap"


def _path(manifest: Manifest) -> str:
    database = manifest.get("spec", "bootstrap", "initdb", "database")
    if isinstance(database, str) and database and "{{" not in database:
        return f"/{database}"
    return f"/{_DATABASES.get(manifest.kind, manifest.name)}"
