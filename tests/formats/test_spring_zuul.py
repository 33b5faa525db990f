"""Routes of Zuul."""

from textwrap import dedent

import pytest
from conftest import Check

from archlint.model.backends import Backends

COMPOSE = """
    services:
      front: {build: ./front, ports: ["80:8080"]}
      orders: {build: ./orders}
      stock: {build: ./stock}
    """


@pytest.mark.parametrize(
    ("routes", "expected"),
    [
        ("orders: {path: /orders/**, serviceId: orders}", {"orders"}),
        ("a: {path: /a/**, service-id: stock}\n    b: {url: 'http://orders:80/x'}", {"orders", "stock"}),
        ("orders: /mine/**", {"orders"}),
        ("orders: {path: /mine/**}", {"orders"}),
        ("a: {path: /a/**, url: 'forward:/local'}", set()),
        ("a: {path: /a/**, url: '${NOWHERE}'}", set()),
        ("a: 1\n    b: [x]\n    c: {serviceId: [], path: {}}", set()),
    ],
)
def test_a_gateway_calls_what_its_routes_name(check: Check, routes: str, expected: set[str]) -> None:
    text = f"spring: {{application: {{name: front}}}}\nzuul:\n  routes:\n    {routes}\n"
    graph = check({"compose.yaml": dedent(COMPOSE), "front/src/main/resources/application.yml": text}).graph
    assert {edge.target.name for edge in graph.calls() if edge.source.name == "front"} == expected
    assert {service.name for route in graph.routes for service in Backends(graph).services(route)} <= {
        "orders",
        "stock",
    }


def test_a_configuration_server_may_keep_them(check: Check) -> None:
    files = {
        "compose.yaml": dedent(COMPOSE),
        "front/src/main/resources/bootstrap.yml": "spring: {application: {name: front}}\n",
        "config/src/main/resources/kept/front.yml": "server: {port: 8080}\nzuul: {routes: {orders: /o/**}}\n",
        "config/src/main/resources/kept/other.yml": "server: {port: 8080}\nrouter: {routes: {orders: /o/**}}\n",
    }
    graph = check(files).graph
    assert [(edge.source.name, edge.target.name) for edge in graph.dependencies] == [("front", "orders")]
