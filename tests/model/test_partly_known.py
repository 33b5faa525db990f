"""Addresses whose credentials come from elsewhere."""

import pytest
from conftest import Check

from archlint.api import tells_host

COMPOSE = """
services:
  orders:
    build: ./orders
    environment:
      ADDRESS: "{address}"
  db: {{image: "postgres:16"}}
"""
USER = "${USER_NAME:?say who}"


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("postgres://orders:${P}@db:5432/orders", True),
        ("jdbc:postgresql://${U}:${P}@db/orders", True),
        ("Server=db;Database=orders;User Id=${U};Password=${P}", True),
        ("postgres://orders:${P}@${HOST}:5432/orders", False),
        ("postgres://${HOST}:5432/orders", False),
        ("postgres://orders:${P}@db:${PORT}/orders", False),
        ("Server=${HOST};Password=${P}", False),
        ("Server=db;Password=${P};${MORE}", False),
        ("${ALL}", False),
        ("Password=${P}", False),
        ("", False),
    ],
)
def test_placeholders_for_credentials_hide_no_address(text: str, known: bool) -> None:  # noqa: FBT001
    assert tells_host(text) is known


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("postgres://" + USER + ":$PASS@db:5432/${NAME:-orders}", ["db/orders"]),
        ("Server=db;Database=orders;User Id=" + USER + ";Password=$PASS", ["db/orders"]),
        ("postgres://orders:$PASS@$HOST/orders", []),
    ],
)
def test_a_service_reaches_it_all_the_same(check: Check, address: str, expected: list[str]) -> None:
    outcome = check({"compose.yaml": COMPOSE.format(address=address)}, "secret-literal")
    assert [edge.target.name for edge in outcome.graph.dependencies] == expected
    assert not outcome.report.findings


def test_so_does_an_application_of_spring(check: Check) -> None:
    text = (
        "spring: {application: {name: orders}, data: {mongodb: {uri: 'mongodb://${U}:${P}@db:27017/shop'}}}\n"
    )
    files = {
        "compose.yaml": COMPOSE.format(address="").replace("postgres:16", "mongo:7"),
        "orders/src/main/resources/application.yml": text,
    }
    assert [edge.target.name for edge in check(files).graph.dependencies] == ["db/shop"]
