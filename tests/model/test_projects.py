"""Compose files of one folder."""

import pytest
from conftest import Check

_APPS = """
services:
  orders: {image: shop/orders, environment: {DB_URL: "jdbc:postgresql://orders-db:5432/orders"}}
"""
_DATABASES = """
services:
  orders-db: {image: "postgres:16"}
"""


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"deploy/apps.yml": _APPS, "deploy/infra.yml": _DATABASES}, ["orders-db/orders"]),
        ({"deploy/apps.yml": _APPS, "infra/infra.yml": _DATABASES}, []),
        (
            {
                "deploy/apps.yml": _APPS,
                "deploy/all.yml": _APPS.replace("orders-db", "db.example.com")
                + _DATABASES.removeprefix("\nservices:\n"),
            },
            ["db.example.com/orders"],
        ),
    ],
    ids=["one project", "two folders", "alternatives"],
)
def test_services_of_files_in_one_folder_reach_each_other(
    check: Check, files: dict[str, str], expected: list[str]
) -> None:
    graph = check(files).graph
    assert sorted(edge.target.name for edge in graph.dependencies) == expected


_SHOP = """
services:
  orders: {image: shop/orders, environment: {DATABASE_URL: "postgres://db/orders", CACHE: "redis://cache"}}
  db: {image: "postgres:17"}
  cache: {image: "redis:8"}
"""
_BILLING = 'services: {%s: {image: shop/billing, environment: {DATABASE_URL: "postgres://db/orders"}}}'


@pytest.mark.parametrize(
    "files",
    [
        {"compose.yaml": _SHOP, "compose.prod.yaml": "services: {db: {restart: always}}"},
        {"compose.yaml": _SHOP, "compose.ci.yaml": "services: {orders: {restart: always}}"},
        {
            "data/compose.yaml": _SHOP,
            "compose.yaml": "include: [data/compose.yaml]\nservices: {web: {image: shop/web}}",
        },
    ],
    ids=["a variant says more of it", "a variant leaves it to the base", "another file includes it"],
)
def test_what_a_project_takes_over_is_there_once(check: Check, files: dict[str, str]) -> None:
    graph = check(files).graph
    assert sorted((edge.source.name, edge.target.name) for edge in graph.dependencies) == [
        ("orders", "cache"),
        ("orders", "db/orders"),
    ]
    assert sorted(store.name for store in graph.datastores) == ["cache", "db", "db/orders"]


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        (_SHOP.replace("db/orders", "db/own"), []),
        (
            _SHOP,
            [
                "`billing` and `orders` both use the database `orders` on `db`",
                "`invoices` and `orders` both use the database `orders` on `db`",
            ],
        ),
    ],
)
def test_variants_over_one_base_share_nothing_with_each_other(
    check: Check, base: str, expected: list[str]
) -> None:
    files = {"compose.dev.yaml": _BILLING % "billing", "compose.prod.yaml": _BILLING % "invoices"}
    found = check({**files, "compose.yaml": base}, "shared-database").report.findings
    assert sorted(finding.message for finding in found) == expected


def test_an_argument_says_its_address_once(check: Check) -> None:
    command = '["./orders", "--broker", "nats://nats:4222", "-v", "http://stock"]'
    text = (
        f"services: {{orders: {{image: a, command: {command}}}, nats: {{image: nats}}, stock: {{image: b}}}}"
    )
    edges = check({"compose.yaml": text}).graph.dependencies
    assert [(edge.target.name, len(edge.evidence)) for edge in edges] == [("nats", 1), ("stock", 1)]


_ORDERS = """
services:
  orders:
    image: shop/orders
    networks: [shared]
    environment: {DATABASE_URL: "postgres://db/orders", STOCK_URL: "http://stock.local"}
networks: {shared: NETWORK}
"""
_STOCK = """
services:
  db: {image: "postgres:17", networks: [all]}
  stock: {image: shop/stock, networks: {all: {aliases: [stock.local]}}, environment: {DSN: "postgres://db/orders"}}
  hidden: {image: shop/hidden, networks: [own]}
networks: {all: {name: shop}, own: {}}
"""


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        ("{external: true, name: shop}", ["db/orders", "stock"]),
        ("{external: {name: shop}}", ["db/orders", "stock"]),
        ("{external: true}", []),
        ("{driver: bridge}", []),
    ],
    ids=["an external network", "as before version 3.5", "another network", "a network of its own"],
)
def test_services_on_one_network_reach_each_other(check: Check, network: str, expected: list[str]) -> None:
    files = {"orders/compose.yaml": _ORDERS.replace("NETWORK", network), "stock/compose.yaml": _STOCK}
    outcome = check(files, "shared-database")
    edges = [edge for edge in outcome.graph.dependencies if edge.source.name == "orders"]
    assert [edge.target.name for edge in edges] == expected
    assert len(outcome.report.findings) == bool(expected)


def test_what_shares_the_network_of_another_service_is_on_it(check: Check) -> None:
    more = '  proxy: {image: shop/proxy, network_mode: "service:orders", environment: {STOCK_URL: "http://stock"}}\n'
    text = _ORDERS.replace("NETWORK", "{external: true, name: shop}").replace(
        "networks: {shared", more + "networks: {shared"
    )
    graph = check({"orders/compose.yaml": text, "stock/compose.yaml": _STOCK}).graph
    assert ("proxy", "stock") in {(edge.source.name, edge.target.name) for edge in graph.dependencies}


def test_the_base_says_it_before_its_variants(check: Check) -> None:
    service = "services: {orders: {image: a, environment: {STOCK_URL: 'http://stock'}}"
    files = {
        "compose.yaml": f"{service}, stock: {{image: b}}}}",
        "compose-ci.yaml": f"{service.replace('image: a, ', '')}}}",
    }
    (edge,) = check(files).graph.dependencies
    assert [item.at.path for item in edge.evidence] == ["compose.yaml", "compose-ci.yaml"]
