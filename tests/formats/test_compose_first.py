"""Compose files of version 1, whose services stand at the root."""

from textwrap import dedent

from conftest import Check

_FIRST = """
    web:
      image: shop/web
      ports: ["80:80"]
      environment: {ORDERS_URL: "http://orders:8080"}
      links: [orders]
    orders:
      build: orders
    """


def _names(check: Check, path: str, text: str) -> set[str]:
    return {service.name for service in check({path: dedent(text)}).graph.services}


def test_services_stand_at_the_root(check: Check) -> None:
    graph = check({"docker-compose.yml": dedent(_FIRST)}).graph
    edge = next(iter(graph.dependencies))
    assert (edge.source.name, edge.target.name) == ("web", "orders")
    assert tuple(edge.location.pointer) == ("web", "environment", "ORDERS_URL")


def test_a_file_of_another_name_is_something_else(check: Check) -> None:
    assert not _names(check, "settings.yml", _FIRST)


def test_what_runs_nothing_is_no_service(check: Check) -> None:
    assert not _names(check, "docker-compose.yml", _FIRST.replace("build: orders", "colour: red"))
