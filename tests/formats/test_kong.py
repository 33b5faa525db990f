"""Kong's declarative configuration: what is one, what it adds to the graph, and what Kong does to requests by itself."""

from pathlib import Path
from textwrap import dedent

import pytest
from conftest import Check

from archlint.api import Document, RouteFact
from archlint.engine.resolve import Workspace
from archlint.formats.kong import FORMAT, KongConfig
from archlint.formats.kong.facts import rate_of
from archlint.model.builder import build_graph

COMPOSE = """
    services:
      edge:
        image: kong:3.6
        volumes: ["./gateway/kong.yml:/etc/kong/kong.yml:ro"]
      orders: {build: ./orders}
      stock: {build: ./stock}
    """
CONFIG = """
    _format_version: "3.0"
    services:
      - name: orders-api
        url: http://orders:8080/v1
        retries: 2
        read_timeout: 5000
        routes:
          - name: orders
            hosts: [shop.example]
            paths: [/orders, /carts]
            plugins: [{name: jwt}]
      - {name: stock-api, protocol: https, host: stock.internal, client_certificate: 4e3ad2e4}
      - {name: unknown, host: '${{ env "DECK_HOST" }}', routes: [{paths: [/x]}]}
    routes:
      - {name: stock, paths: [/stock], service: {name: stock-api}}
      - {name: lost, paths: [/lost], service: nobody}
    upstreams:
      - name: stock.internal
        targets: [{target: "stock:9090", weight: 100}, {target: old-stock, weight: 0}]
        healthchecks: {passive: {unhealthy: {http_failures: 3}}}
    targets: [{upstream: stock.internal, target: spare}]
    plugins:
      - {name: rate-limiting, config: {minute: 100}}
      - {name: rate-limiting, config: {second: 3}, service: stock-api}
      - {name: key-auth, enabled: false, route: stock}
      - {name: key-auth}
      - {name: acl, consumer: alice}
    consumers: [{username: alice, plugins: [{name: cors}]}]
    """


def _read(folder: Path, text: str, name: str = "kong.yml") -> Document:
    (folder / name).write_text(dedent(text), encoding="utf-8")
    return Workspace(folder).documents(name)[0]


def _routes(document: Document) -> dict[str, RouteFact]:
    return {fact.path: fact for fact in FORMAT.facts(document) if isinstance(fact, RouteFact)}


def test_it_is_known_by_its_version_and_lists(tmp_path: Path) -> None:
    assert FORMAT.sniff(_read(tmp_path, CONFIG)) == "kong 3.0"
    assert FORMAT.sniff(_read(tmp_path, '{"_format_version": "1.1", "services": []}')) == "kong 1.1"
    assert not FORMAT.sniff(_read(tmp_path, "_format_version: '3.0'"))
    assert not FORMAT.sniff(_read(tmp_path, "services: [{name: a}]"))
    assert not FORMAT.sniff(_read(tmp_path, "[1]"))


def test_routes_lead_to_hosts_and_to_the_targets_of_upstreams(tmp_path: Path) -> None:
    routes = _routes(_read(tmp_path, CONFIG))
    assert routes.keys() == {"/orders", "/carts", "/stock"}
    assert [(end.host, end.port) for end in routes["/orders"].backends] == [("orders", "8080")]
    assert routes["/orders"].hosts == ("shop.example",)
    assert [(end.host, end.port) for end in routes["/stock"].backends] == [
        ("stock", "9090"),
        ("spare", "8000"),
    ]


def test_what_kong_does_by_itself_is_a_default(tmp_path: Path) -> None:
    policy = _routes(_read(tmp_path, CONFIG))["/stock"].policy
    assert policy is not None
    assert policy.layer == "gateway"
    assert (policy.number("retries"), policy.number("retries", defaults=False)) == (5, None)
    assert policy.number("perTryTimeoutMs") == 60_000
    assert policy.number("timeoutMs") == 0
    assert policy.values["mtls"].value == "strict"
    assert policy.is_on("circuitBreaker")


def test_the_longest_of_the_timeouts_holds_for_a_try(tmp_path: Path) -> None:
    policy = _routes(_read(tmp_path, CONFIG))["/orders"].policy
    assert policy is not None
    assert policy.number("retries", defaults=False) == 2
    assert policy.values["perTryTimeoutMs"].default
    every = "read_timeout: 5000, connect_timeout: 100, write_timeout: 100".replace(", ", "\n        ")
    shortened = _routes(_read(tmp_path, CONFIG.replace("read_timeout: 5000", every)))["/orders"].policy
    assert shortened is not None
    assert shortened.number("perTryTimeoutMs", defaults=False) == 5000


def test_a_plugin_of_the_route_counts_before_those_of_the_service_and_of_all(tmp_path: Path) -> None:
    routes = _routes(_read(tmp_path, CONFIG))
    orders, stock = routes["/orders"].policy, routes["/stock"].policy
    assert orders is not None
    assert stock is not None
    assert (orders.values["rateLimit"].value, stock.values["rateLimit"].value) == ("100/minute", "3/second")
    assert orders.values["authorization"].value == "jwt"
    assert "authorization" not in stock.values, "it is switched off for the route"
    assert routes["/orders"].extra["plugins"] == ["jwt", "key-auth", "rate-limiting"]


def test_limits_of_several_windows(tmp_path: Path) -> None:
    config = """
        _format_version: "3.0"
        plugins:
          - {name: rate-limiting-advanced, config: {limit: [10, 100], window_size: [60, 3600]}}
          - {name: rate-limiting, config: {limit: 5}}
        """
    plugins = KongConfig((document := _read(tmp_path, config)), (), document.data).plugins
    found = [rate_of(plugin) for plugin in plugins]
    assert [limit and limit[0] for limit in found] == ["10/minute", None]


def test_who_mounts_the_file_is_the_gateway(check: Check) -> None:
    files = {"compose.yaml": dedent(COMPOSE), "gateway/kong.yml": dedent(CONFIG)}
    graph = build_graph(list(check(files).facts))
    edges = {(edge.source.name, edge.kind, edge.target.name) for edge in graph.dependencies}
    assert edges == {("edge", "calls", "orders"), ("edge", "calls", "stock")}
    assert {item.extractor for edge in graph.dependencies for item in edge.evidence} == {"kong"}
    assert all(edge.policies[0].tool == "kong" for edge in graph.dependencies)


@pytest.mark.parametrize(
    "way",
    [
        "volumes: [{type: bind, source: ./gateway/kong.yml, target: /etc/kong/kong.yml}]",
        "configs: [kong]",
        "configs: [{source: kong, target: /etc/kong/kong.yml}]",
        "build: ./gateway",
        "build: {context: ., dockerfile: gateway/Dockerfile}",
    ],
)
def test_ways_of_a_file_into_a_container(way: str, check: Check) -> None:
    compose = dedent(COMPOSE).replace('volumes: ["./gateway/kong.yml:/etc/kong/kong.yml:ro"]', way)
    compose = (
        compose.replace("image: kong:3.6", "image: shop/edge")
        + "configs: {kong: {file: ./gateway/kong.yml}}\n"
    )
    graph = build_graph(list(check({"compose.yaml": compose, "gateway/kong.yml": dedent(CONFIG)}).facts))
    assert {edge.source.name for edge in graph.dependencies} == {"edge"}


def test_the_only_kong_is_the_gateway_of_a_file_that_nobody_mounts(check: Check) -> None:
    compose = dedent(COMPOSE).replace('    volumes: ["./gateway/kong.yml:/etc/kong/kong.yml:ro"]\n', "")
    graph = build_graph(list(check({"compose.yaml": compose, "deck/kong.yaml": dedent(CONFIG)}).facts))
    assert {edge.source.name for edge in graph.dependencies} == {"edge"}


def test_without_any_kong_nobody_routes(check: Check) -> None:
    compose = "services: {orders: {build: .}}"
    graph = build_graph(list(check({"compose.yaml": compose, "kong.yaml": dedent(CONFIG)}).facts))
    assert graph.dependencies == []


def test_what_cannot_be_read_is_reported(tmp_path: Path) -> None:
    document = _read(tmp_path, '{"_format_version": "3.0", "services": [{"name": "a", "retries": "many"}]}')
    assert [problem.at and problem.at.pointer for problem in FORMAT.validate(document)] == [
        ("services", 0, "retries")
    ]
    assert list(FORMAT.validate(_read(tmp_path, CONFIG))) == []
