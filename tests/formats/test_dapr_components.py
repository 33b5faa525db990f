"""What applications connect to through the components of Dapr."""

import pytest
from conftest import Check

APPS = """
services:
  orders: {build: ./orders}
  stock: {build: ./stock}
  store: {image: shop/own-store}
"""
COMPONENT = """
apiVersion: dapr.io/v1alpha1
kind: Component
metadata: {{name: main}}
spec:
  type: {kind}
  metadata:
    - {{name: {key}, value: "{value}"}}
    - {{name: password, secretKeyRef: {{name: main, key: password}}}}
{scopes}
"""
BOTH = "scopes: [orders, stock]"


@pytest.mark.parametrize(
    ("kind", "key", "value", "scopes", "expected"),
    [
        ("pubsub.rabbitmq", "connectionString", "amqp://store:5672", BOTH, {("orders", "store"), ("stock", "store")}),
        ("state.redis", "redisHost", "store:6379", "scopes: [orders]", {("orders", "store")}),
        ("state.postgresql", "connectionString", "host=store user=a dbname=shop", "scopes: [orders]", {("orders", "store/shop")}),
        ("bindings.postgres", "url", "host=store user=a dbname=shop", "scopes: [orders]", {("orders", "store/shop")}),
        ("state.mongodb", "host", "store:27017", BOTH, set()),
        ("state.redis", "redisHost", "store:6379", "", set()),
        ("pubsub.kafka", "brokers", "{{ .Values.kafka }}", BOTH, set()),
        ("bindings.cron", "schedule", "@every 5s", BOTH, set()),
    ],
)  # fmt: skip
def test_a_component_leads_its_applications_to_a_store(
    check: Check, kind: str, key: str, value: str, scopes: str, expected: set[tuple[str, str]]
) -> None:
    component = COMPONENT.format(kind=kind, key=key, value=value, scopes=scopes)
    graph = check({"compose.yaml": APPS, "components/main.yaml": component}).graph
    assert {(edge.source.name, edge.target.name) for edge in graph.dependencies} == expected
    assert {edge.kind for edge in graph.dependencies} <= {"uses"}


CLUSTER = """
apiVersion: dapr.io/v1alpha1
kind: Component
metadata: {name: carts, namespace: shop}
spec:
  type: state.redis
  metadata:
    - {name: redisHost, value: "cache:6379"}
scopes: [orders, stock]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cache, namespace: shop}
spec: {template: {metadata: {labels: {app: cache}}, spec: {containers: [{name: cache, image: "redis:7"}]}}}
---
apiVersion: v1
kind: Service
metadata: {name: cache, namespace: shop}
spec: {selector: {app: cache}, ports: [{port: 6379}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: orders-api, namespace: shop}
spec:
  template:
    metadata: {annotations: {dapr.io/enabled: "true", dapr.io/app-id: orders}}
    spec:
      containers:
        - name: orders
          image: shop/orders
          env:
            - {name: STOCK, value: "http://localhost:3500/v1.0/invoke/stock.shop/method/items"}
            - {name: OTHER, value: "http://localhost:3500/v1.0/state/carts"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: stock-api, namespace: shop}
spec:
  template:
    metadata: {annotations: {dapr.io/enabled: "true", dapr.io/app-id: stock}}
    spec: {containers: [{name: stock, image: shop/stock}]}
"""


def test_applications_call_each_other_and_use_stores_of_keys_through_their_sidecars(check: Check) -> None:
    found = check({"cluster.yaml": CLUSTER})
    assert {(edge.kind, edge.source.name, edge.target.name) for edge in found.graph.dependencies} == {
        ("calls", "orders-api", "stock-api"),
        ("uses", "orders-api", "cache"),
        ("uses", "stock-api", "cache"),
    }
    assert not [finding for finding in found.report.findings if finding.rule == "shared-database"]
