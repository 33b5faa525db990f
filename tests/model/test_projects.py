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
