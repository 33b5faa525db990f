"""What operators make of their resources: Services, Secrets, and clients of them."""

import pytest
from conftest import Check
from systems import edges_of, graph_of

OPERATED = """
apiVersion: {group}/v1
kind: {kind}
metadata: {{name: main, namespace: infra}}
spec: {spec}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: orders, namespace: shop}}
spec:
  template:
    spec:
      containers:
        - name: orders
          image: shop/orders
          env: [{{name: ADDRESS, value: "{address}"}}]
"""
SECRET = """
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: {name: main, namespace: shop}
spec: {bootstrap: {initdb: {database: orders}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: orders, namespace: shop}
spec:
  template:
    spec:
      containers:
        - name: orders
          image: shop/orders
          env: [{name: DATABASE_URL, valueFrom: {secretKeyRef: {name: main-app, key: uri}}}]
"""
CLIENTS = """
apiVersion: kafka.strimzi.io/v1beta2
kind: Kafka
metadata: {name: main, namespace: infra}
spec: {kafka: {listeners: [{name: plain, port: 9092, type: internal}]}}
---
apiVersion: kafka.strimzi.io/v1beta2
kind: KafkaConnect
metadata: {name: changes, namespace: infra}
spec: {bootstrapServers: "main-kafka-bootstrap:9092"}
---
apiVersion: kafka.strimzi.io/v1beta2
kind: KafkaConnector
metadata: {name: orders, namespace: infra, labels: {strimzi.io/cluster: changes}}
spec:
  class: io.debezium.connector.postgresql.PostgresConnector
  config: {database.hostname: orders-db-rw.shop.svc, database.password: "${secrets:shop/orders:password}"}
---
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: {name: orders-db, namespace: shop}
"""


@pytest.mark.parametrize(
    ("group", "kind", "spec", "address", "store"),
    [
        ("rabbitmq.com", "RabbitmqCluster", "{}", "amqp://main.infra.svc:5672", "main"),
        ("rabbitmq.com", "RabbitmqCluster", "{}", "amqp://main-nodes.infra:5672", "main"),
        ("kafka.strimzi.io", "Kafka", "{}", "main-kafka-bootstrap.infra:9092", "main-kafka-bootstrap"),
        ("kafka.strimzi.io", "Kafka", "{}", "main-kafka-0.main-kafka-brokers.infra.svc:9092", "main-kafka-bootstrap"),
        ("kafka.strimzi.io", "Kafka", "{kafka: {listeners: [{name: out}]}}", "main-kafka-out-bootstrap.infra:9094", "main-kafka-bootstrap"),
        ("postgresql.cnpg.io", "Cluster", "{}", "postgres://main-ro.infra/orders", "main-rw/orders"),
        ("acid.zalan.do", "postgresql", "{}", "jdbc:postgresql://main.infra.svc.cluster.local/orders", "main/orders"),
        ("elasticsearch.k8s.elastic.co", "Elasticsearch", "{}", "https://main-es-http.infra.svc:9200", "main-es-http"),
        ("databases.spotahome.com", "RedisFailover", "{}", "redis://rfs-main.infra.svc:26379", "rfs-main"),
    ],
)  # fmt: skip
def test_what_operators_run_is_a_store_under_the_names_that_they_give_it(
    group: str, kind: str, spec: str, address: str, store: str
) -> None:
    graph = graph_of({"all.yaml": OPERATED.format(group=group, kind=kind, spec=spec, address=address)})
    assert edges_of(graph) == {("uses", "orders", store)}
    assert not graph.dangling


def test_other_names_are_as_unknown_as_before() -> None:
    text = OPERATED.format(
        group="kafka.strimzi.io", kind="Kafka", spec="{}", address="http://main-bootstrap.infra.svc"
    )
    assert [gap.host for gap in graph_of({"all.yaml": text}).dangling] == ["main-bootstrap.infra.svc"]


def test_the_secret_of_an_operator_leads_to_its_store() -> None:
    graph = graph_of({"all.yaml": SECRET})
    assert edges_of(graph) == {("uses", "orders", "main-rw/orders")}


def test_clients_of_kafka_use_the_cluster_and_their_connectors_other_end() -> None:
    assert edges_of(graph_of({"all.yaml": CLIENTS})) == {
        ("uses", "changes-connect-api", "main-kafka-bootstrap"),
        ("uses", "changes-connect-api", "orders-db-rw"),
    }


def test_the_configuration_of_connectors_holds_credentials_as_any_other(check: Check) -> None:
    literal = CLIENTS.replace('"${secrets:shop/orders:password}"', "Qh7vXz2pLm9sTr4w")
    for text, expected in ((CLIENTS, 0), (literal, 1)):
        found = check({"all.yaml": text}).report.findings
        assert len([finding for finding in found if finding.rule == "secret-literal"]) == expected


def test_what_operators_run_has_the_role_that_its_name_tells() -> None:
    text = OPERATED.format(
        group="opentelemetry.io",
        kind="OpenTelemetryCollector",
        spec="{}",
        address="http://main-collector.infra:4317",
    ).replace("main", "otel")
    graph = graph_of({"all.yaml": text})
    assert {service.name: service.role for service in graph.services} == {
        "orders": "",
        "otel-collector": "telemetry",
    }
