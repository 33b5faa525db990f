"""Whom the clients of OpenFeign call."""

import pytest
from conftest import Check

COMPOSE = """
services:
  orders: {build: ./orders}
  stock-service: {build: ./stock}
  mysql: {image: "mysql:8"}
"""


@pytest.mark.parametrize(
    ("clients", "expected"),
    [
        ("{stock-service: {readTimeout: 5000}}", {("calls", "stock-service")}),
        ("{default: {readTimeout: 5000}}", set()),
        ("{payments: {readTimeout: 5000}, mysql: {readTimeout: 1}, orders: {readTimeout: 1}}", set()),
        ("{stock-service: {readTimeout: 1, url: 'http://elsewhere.example.com'}}", set()),
    ],
)
def test_a_client_calls_the_service_that_it_is_named_after(
    check: Check, clients: str, expected: set[tuple[str, str]]
) -> None:
    text = f"spring: {{application: {{name: orders}}, cloud: {{openfeign: {{client: {{config: {clients}}}}}}}}}\n"
    graph = check({"compose.yaml": COMPOSE, "orders/src/main/resources/application.yml": text}).graph
    assert {(edge.kind, edge.target.name) for edge in graph.dependencies} == expected


def test_names_that_several_services_have_are_left_alone(check: Check) -> None:
    text = "spring: {application: {name: orders}, cloud: {openfeign: {client: {config: {stock: {readTimeout: 1}}}}}}\n"
    deployment = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: stock, namespace: NAMESPACE}
spec: {template: {metadata: {labels: {app: stock}}, spec: {containers: [{name: stock, image: "shop/stock:1"}]}}}
"""
    files = {f"{name}/stock.yaml": deployment.replace("NAMESPACE", name) for name in ("a", "b")}
    outcome = check({"orders/src/main/resources/application.yml": text, **files}, "identity-ambiguous")
    assert not outcome.graph.dependencies
    assert not outcome.report.findings
