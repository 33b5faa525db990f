"""Which forms of addresses lead to what is deployed."""

import pytest
from systems import edges_of, graph_of

SYSTEM = """
apiVersion: v1
kind: Service
metadata: {{name: stock, namespace: shop}}
spec: {{clusterIP: None, selector: {{app: stock}}, ports: [{{port: 9090}}]}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {{name: stock, namespace: shop}}
spec:
  template:
    metadata: {{labels: {{app: stock}}}}
    spec: {{containers: [{{name: stock, image: shop/stock}}]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: orders, namespace: {namespace}}}
spec:
  template:
    spec:
      containers:
        - name: orders
          image: shop/orders
          env: [{{name: {key}, value: "{value}"}}]
"""


@pytest.mark.parametrize(
    ("namespace", "key", "value", "found"),
    [
        ("shop", "STOCK_TARGET", "dns:///stock:9090", True),
        ("web", "STOCK_TARGET", "dns://10.0.0.10/stock.shop.svc.cluster.local:9090", True),
        ("web", "STOCK_TARGET", "xds:///stock.shop:9090", True),
        ("shop", "STOCK_SERVICE", "stock", True),
        ("web", "STOCK_SERVICE", "stock", False),
        ("shop", "DD_SERVICE", "stock", False),
        ("shop", "STOCK_SERVICE", "of-somebody-else", False),
        ("web", "SEED", "stock-0.stock.shop:9090", True),
        ("web", "SEED", "stock-0.stock.shop.svc:9090", True),
        ("web", "SEED", "stock-0.stock.example:9090", False),
    ],
)
def test_an_address_leads_to_what_is_deployed(namespace: str, key: str, value: str, *, found: bool) -> None:
    graph = graph_of({"all.yaml": SYSTEM.format(namespace=namespace, key=key, value=value)})
    assert edges_of(graph) == ({("calls", "orders", "stock")} if found else set())
    assert not graph.dangling


def test_what_several_services_lead_to_is_called_like_its_workload() -> None:
    ends = "".join(
        f"---\napiVersion: v1\nkind: Service\nmetadata: {{name: orders-{end}}}\nspec: {{selector: {{app: orders}}}}\n"
        for end in ("canary", "stable")
    )
    workload = (
        "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: orders}\n"
        "spec: {template: {metadata: {labels: {app: orders}}, spec: {containers: [{name: a, image: shop/orders}]}}}\n"
    )
    assert [service.name for service in graph_of({"all.yaml": workload + ends}).services] == ["orders"]
