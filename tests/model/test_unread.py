"""Addresses in ConfigMaps that no workload names."""

from systems import deployment, graph_of

_CONFIG = """
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
data:
  STOCK: http://stok.shop.svc.cluster.local:8080
  ORDERS: orders.shop.svc
  SHORT: http://stok:8080
  POD: http://db-0.db.shop.svc.cluster.local
"""


def test_full_names_of_what_does_not_exist_are_noted() -> None:
    graph = graph_of({"a.yaml": deployment("orders", namespace="shop") + _CONFIG})
    assert [(item.config, item.key, item.host, item.scope) for item in graph.unread] == [
        ("settings", "STOCK", "stok", "k8s:shop")
    ]


def test_what_a_workload_takes_something_from_is_its_own_affair() -> None:
    entry = "{name: STOCK_URL, valueFrom: {configMapKeyRef: {name: settings, key: STOCK}}}"
    graph = graph_of({"a.yaml": deployment("orders", entry, namespace="shop") + _CONFIG})
    assert graph.unread == []
    assert [item.host for item in graph.dangling] == ["stok.shop.svc.cluster.local"]
