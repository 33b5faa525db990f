"""What is asked at the start only."""

from conftest import Check

COMPOSE = """
services:
  config: {build: ./config, environment: {EUREKA_CLIENT_SERVICEURL_DEFAULTZONE: "http://names:8761/eureka"}}
  names: {build: ./names, environment: {SPRING_CONFIG_IMPORT: "configserver:http://config:8888"}}
  orders: {build: ./orders, environment: {SPRING_CLOUD_CONFIG_URI: "http://config:8888", STOCK_URL: "http://stock:80"}}
  stock: {build: ./stock, environment: {ORDERS_URL: "http://orders:80"}}
"""


def test_servers_of_configuration_and_names_are_on_no_circle(check: Check) -> None:
    graph = check({"compose.yaml": COMPOSE}).graph
    assert {service.name: service.role for service in graph.services} == {
        "config": "config",
        "names": "config",
        "orders": "",
        "stock": "",
    }
    assert [{edge.source.name for edge in cycle} for cycle in graph.cycles()] == [{"orders", "stock"}]
