"""gRPC service configurations: what is one, and what the client library does to calls because of it."""

import json
from pathlib import Path
from textwrap import dedent
from typing import Any

from conftest import Check

from archlint.api import Document, PolicyFact
from archlint.engine.resolve import Workspace
from archlint.formats.grpc_config import FORMAT
from archlint.model.builder import build_graph

RETRY: dict[str, Any] = {
    "maxAttempts": 9,
    "initialBackoff": "0.1s",
    "maxBackoff": "1s",
    "backoffMultiplier": 2,
    "retryableStatusCodes": ["unavailable"],
}
CONFIG: dict[str, Any] = {
    "methodConfig": [
        {"name": [{"service": "shop.v1.StockService"}], "timeout": "1.5s", "retryPolicy": RETRY},
        {"name": [{"service": "shop.v1.StockService", "method": "Count"}], "timeout": "9s"},
        {
            "name": [{"service": "shop.v1.Mail", "method": "Send"}],
            "hedgingPolicy": {"maxAttempts": 2, "hedgingDelay": "0.5s"},
        },
        {"name": [{}], "timeout": "5s"},
        {"name": [{"service": "shop.v1.Quiet"}], "waitForReady": True},
    ]
}
COMPOSE = """
    services:
      orders: {build: ./orders, environment: {STOCK_ADDR: "stock-service:7070", MAIL_ADDR: "mail:7070"}}
      stock-service: {build: ./stock}
      mail: {build: ./mail}
    """


def _read(folder: Path, data: object) -> Document:
    (folder / "service_config.json").write_text(json.dumps(data), encoding="utf-8")
    return Workspace(folder).documents("service_config.json")[0]


def _policies(document: Document) -> dict[str | None, dict[str, Any]]:
    return {
        fact.target: {key: value.value for key, value in fact.policy.values.items()}
        for fact in FORMAT.facts(document)
        if isinstance(fact, PolicyFact)
    }


def test_it_is_known_by_its_entries(tmp_path: Path) -> None:
    assert FORMAT.sniff(_read(tmp_path, CONFIG)) == "grpc service config"
    others: list[object] = [{"methodConfig": []}, {"methodConfig": [{"a": 1}]}, {"methodConfig": {}}, [1]]
    for other in others:
        assert not FORMAT.sniff(_read(tmp_path, other))


def test_attempts_count_the_first_try_and_are_five_at_most(tmp_path: Path) -> None:
    assert _policies(_read(tmp_path, CONFIG)) == {
        "stock-service": {"timeoutMs": 1500, "retries": 4, "retryOn": "UNAVAILABLE", "backoffMs": 100},
        "mail": {"retries": 1, "backoffMs": 500},
        None: {"timeoutMs": 5000},
    }


def test_throttling_is_a_budget(tmp_path: Path) -> None:
    throttled = {**CONFIG, "retryThrottling": {"maxTokens": 10, "tokenRatio": 0.1}}
    assert _policies(_read(tmp_path, throttled))["stock-service"]["retryBudget"] is True


def test_it_holds_for_the_calls_of_the_service_in_whose_folder_it_lies(check: Check) -> None:
    files = {"compose.yaml": dedent(COMPOSE), "orders/service_config.json": json.dumps(CONFIG)}
    graph = build_graph(list(check(files).facts))
    edges = {edge.target.name: edge for edge in graph.dependencies}
    assert {name: [policy.tool for policy in edge.policies] for name, edge in edges.items()} == {
        "stock-service": ["grpc"],
        "mail": ["grpc"],
    }
    stock, mail = edges["stock-service"].policies[0], edges["mail"].policies[0]
    assert (stock.number("timeoutMs"), stock.number("retries")) == (1500, 4)
    assert (mail.number("timeoutMs"), mail.number("retries")) == (5000, 1)


def test_what_grpc_refuses_is_reported(tmp_path: Path) -> None:
    wrong = {"methodConfig": [{"name": [{}], "timeout": "1m", "retryPolicy": {**RETRY, "maxAttempts": 1}}]}
    assert [problem.at and problem.at.pointer for problem in FORMAT.validate(_read(tmp_path, wrong))] == [
        ("methodConfig", 0, "timeout"),
        ("methodConfig", 0, "retryPolicy", "maxAttempts"),
    ]
    assert list(FORMAT.validate(_read(tmp_path, CONFIG))) == []
