"""Datastores, brokers and infrastructure: what images and addresses say about them."""

from dataclasses import dataclass

from archlint.source.patterns import regex

ENGINES_BY_SCHEME = {
    "postgres": "postgresql", "postgresql": "postgresql", "mysql": "mysql", "mariadb": "mysql", "mongodb": "mongodb",
    "redis": "redis", "rediss": "redis", "sqlserver": "sqlserver", "mssql": "sqlserver", "oracle": "oracle",
    "cassandra": "cassandra", "neo4j": "neo4j", "bolt": "neo4j", "clickhouse": "clickhouse", "cockroachdb": "postgresql",
    "couchbase": "couchbase", "db2": "db2", "memcached": "memcached", "amqp": "rabbitmq", "amqps": "rabbitmq", "nats": "nats",
    "kafka": "kafka", "mqtt": "mqtt", "mqtts": "mqtt", "pulsar": "pulsar", "stomp": "stomp",
}  # fmt: skip
"""URI scheme to engine family."""

KINDS = {
    "postgresql": "db", "mysql": "db", "mongodb": "db", "sqlserver": "db", "oracle": "db", "cassandra": "db", "neo4j": "db",
    "clickhouse": "db", "couchbase": "db", "couchdb": "db", "eventstore": "db", "ravendb": "db", "arangodb": "db", "db2": "db", "dynamodb": "db", "influxdb": "telemetry",
    "redis": "cache", "memcached": "cache", "elasticsearch": "search", "opensearch": "search", "solr": "search", "minio": "object",
    "rabbitmq": "broker", "kafka": "broker", "nats": "broker", "activemq": "broker", "pulsar": "broker", "mqtt": "broker",
    "stomp": "broker", "zookeeper": "config", "etcd": "config", "consul": "config",
}  # fmt: skip
"""Engine family to class."""

PORTS = {
    "postgresql": 5432, "mysql": 3306, "mongodb": 27017, "redis": 6379, "sqlserver": 1433, "oracle": 1521, "cassandra": 9042,
    "rabbitmq": 5672, "kafka": 9092, "nats": 4222, "elasticsearch": 9200, "memcached": 11211, "zookeeper": 2181,
}  # fmt: skip
"""Engine family to its default port."""

_ENGINE_IMAGES = (
    (
        "postgresql",
        r"postgres(?:ql)?|postgis|pgvector|timescaledb(?:-ha)?|spilo(?:-\d+)?|cockroach(?:db)?|yugabyte(?:db)?",
    ),
    ("mysql", r"mysql(?:-server)?|mariadb|percona(?:-server)?|tidb"),
    ("mongodb", r"mongo(?:db)?(?:-community-server)?|percona-server-mongodb|ferretdb"),
    ("sqlserver", r"(?:mssql-)?server|mssql(?:-server-linux)?|azure-sql-edge"),
    ("redis", r"redis(?:-stack(?:-server)?)?|valkey|keydb|dragonfly"),
    ("memcached", r"memcached"),
    ("cassandra", r"cassandra|scylla"),
    ("neo4j", r"neo4j"),
    ("couchdb", r"couchdb"),
    ("eventstore", r"eventstore(?:db)?"),
    ("ravendb", r"ravendb"),
    ("arangodb", r"arangodb"),
    ("clickhouse", r"clickhouse(?:-server)?"),
    ("oracle", r"oracle-(?:xe|free|database)|oracledb"),
    ("influxdb", r"influxdb"),
    ("elasticsearch", r"elasticsearch(?:-oss)?"),
    ("opensearch", r"opensearch"),
    ("solr", r"solr"),
    ("minio", r"minio"),
    ("dynamodb", r"(?:aws-)?dynamodb(?:-local)?"),
    ("rabbitmq", r"rabbitmq"),
    ("kafka", r"(?:cp-)?kafka(?:-native)?|redpanda|eventuate-kafka"),
    ("nats", r"nats(?:-streaming)?"),
    ("activemq", r"activemq(?:-artemis|-classic)?|artemis"),
    ("pulsar", r"pulsar(?:-all)?"),
    ("mqtt", r"(?:eclipse-)?mosquitto|emqx|hivemq4?"),
    ("zookeeper", r"(?:cp-)?zookeeper"),
    ("etcd", r"etcd"),
    ("consul", r"consul"),
)
_ENGINES = tuple((engine, regex(rf"(?:{pattern})\Z")) for engine, pattern in _ENGINE_IMAGES)
_SQL_SERVER = regex(r"mcr\.microsoft\.com/mssql|mssql|sql-edge")

_ROLES = (
    ("cdc", r"debezium|(?:^|[-_/])cdc(?:[-_]|$)|kafka-connect|maxwell"),
    ("exporter", r"exporter"),
    ("admin-ui", r"pgadmin|adminer|phpmyadmin|mongo-express|redis-?commander|redisinsight|konga|kibana|kafka-ui|kafdrop|akhq|cmak|kafka-manager"),
    ("migration", r"migrat|flyway|liquibase|db-init|init-db|seed(?:er)?$"),
    ("backup", r"backup|restic|velero"),
    ("telemetry", r"prometheus|grafana|jaeger|zipkin|otel|opentelemetry|fluentd|fluent-bit|fluentbit|filebeat|logstash|loki|tempo(?!r)|alertmanager|seq$|wavefront|datadog|statsd|kube-state-metrics|node-exporter"),
    ("test", r"(?:^|[-_.])(?:unit|functional|integration|e2e|smoke)?-?tests?(?:$|[-_.])"),
    ("load", r"load-?(?:test|gen)|locust|k6|jmeter"),
    ("gateway", r"(?:^|[-_/])(?:api-?)?gateway(?:[-_:]|$)|apigw|ingress|traefik|kong(?:[-_:]|$)|envoy|nginx|haproxy|ambassador"),
)  # fmt: skip
_ROLE_PATTERNS = tuple((role, regex(pattern)) for role, pattern in _ROLES)

INFRASTRUCTURE = frozenset(
    ("cdc", "exporter", "admin-ui", "migration", "backup", "telemetry", "load", "job", "test", "config")
)
"""Roles whose access to a datastore is not sharing, and whose dependencies need no declaration."""


def infrastructure_roles() -> frozenset[str]:
    """Return the roles whose access to a datastore is not sharing, and whose edges need no declaration."""
    return INFRASTRUCTURE


_THIRD_PARTY = regex(
    r"(?:^|/)(?:maildev|mailhog|mailpit|smtp4dev|inbucket|greenmail|portainer(?:-ce)?|swagger-ui|localstack|azurite|wiremock|mockserver|cadvisor|watchtower|nacos-server|oryd/(?:hydra|kratos|keto|oathkeeper))\Z"
    r"|(?:^|/)(?:metabase/metabase|apache/superset|redash/redash|mher/flower|n8nio/n8n|ollama/ollama|open-webui/open-webui|unleashorg/unleash-server|jenkins/jenkins|sonarqube|mailcatcher)\Z"
    r"|(?:^|/)(?:temporalio/[\w-]+|cp-schema-registry|cp-kafka-rest|(?:cp-)?ksqldb-(?:server|cli)|redis-sentinel|redpandadata/console|natsio/nats-box|minio/mc|opensearch-dashboards|soketi/soketi|centrifugo/centrifugo)\Z"
    r"|(?:^|/)(?:getmeili/meilisearch|typesense/typesense|qdrant/qdrant|semitechnologies/weaviate|chromadb/chroma|milvusdb/milvus)\Z"
    r"|(?:^|/)(?:nginx|httpd|caddy|traefik|envoy|haproxy|kong|vault|keycloak|busybox|alpine|debian|ubuntu|curl|curlimages/curl|hello-world|sleep|netshoot)(?:-[\w.]+)?\Z"
)


@dataclass(frozen=True, slots=True)
class Image:
    """A container image without its tag and digest: `path` with the registry, `name` its last part."""

    path: str
    name: str


def image_of(reference: str) -> Image:
    """Return the parts of an image reference that tell what it is."""
    bare = reference.partition("@")[0]
    head, slash, last = bare.rpartition("/")
    last = last.partition(":")[0]
    path = f"{head}{slash}{last}".lower()
    return Image(path, last.lower())


def engine_of(reference: str) -> str:
    """Return the datastore or broker that an image runs, or an empty string."""
    image = image_of(reference)
    for engine, pattern in _ENGINES:
        if pattern.match(image.name):
            return engine if engine != "sqlserver" or _SQL_SERVER.search(image.path) else ""
    return ""


def role_of(name: str, image: str) -> str:
    """Return the infrastructure role that a workload's name or image tells, or an empty string."""
    path = image_of(image).path if image else ""
    for role, pattern in _ROLE_PATTERNS:
        if pattern.search(name.lower()) or (path and pattern.search(path)):
            return role
    return ""


def is_third_party(image: str) -> bool:
    """Tell whether an image is a well-known one that nobody builds a service of."""
    return bool(_THIRD_PARTY.search(image_of(image).path))
