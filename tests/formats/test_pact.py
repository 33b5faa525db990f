"""Pacts of all versions: what the consumer expects, and what follows for the system."""

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Check

from archlint.api import UNKNOWN, ChannelFact, DependencyFact, Document, SelectFact
from archlint.engine.resolve import Workspace
from archlint.formats.pact import FORMAT, Pact


@pytest.fixture
def read(tmp_path: Path) -> Any:
    def write(data: Any) -> Document:
        (tmp_path / "pact.json").write_text(json.dumps(data))
        document = Workspace(tmp_path).documents("pact.json")[0]
        document.kind, document.format = FORMAT.sniff(document), "pact"
        return document

    return write


def pact(*interactions: Any, version: str | None = "3.0.0", **more: Any) -> dict[str, Any]:
    data = {
        "consumer": {"name": "web"},
        "provider": {"name": "orders"},
        "interactions": list(interactions),
        **more,
    }
    return data if version is None else data | {"metadata": {"pactSpecification": {"version": version}}}


def http(request: dict[str, Any], response: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "description": "a request",
        "request": {"method": "get", "path": "/orders/1", **request},
        "response": {"status": 200, **(response or {})},
        **more,
    }


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (pact(), "pact 3"),
        (pact(version="4.0"), "pact 4"),
        (pact(version=None), "pact"),
        (pact(version=None, metadata={"pact-specification": {"version": "2.0.0"}}), "pact 2"),
        (pact(version=None, metadata={"pactSpecificationVersion": "1.0.0"}), "pact 1"),
        (pact(version=None, metadata={"pactSpecification": "2.0.0"}), "pact 2"),
        ({"consumer": {"name": "a"}, "provider": {"name": "b"}, "messages": []}, "pact"),
        ({"consumer": {"name": "a"}, "provider": {"name": "b"}}, ""),
        ({"consumer": "a", "provider": "b", "interactions": []}, ""),
        ([], ""),
    ],
)
def test_pacts_are_known_by_their_parties(read: Any, data: Any, kind: str) -> None:
    assert read(data).kind == kind


@pytest.mark.parametrize(
    ("version", "request_", "expected"),
    [
        ("1.0.0", {"body": {"a": 1}}, {"a": 1}),
        ("3.0.0", {"body": {"content": 1}}, {"content": 1}),
        ("3.0.0", {"body": "<a/>", "headers": {"content-type": "text/xml"}}, UNKNOWN),
        ("3.0.0", {"body": {"a": 1}, "headers": {"Content-Type": ["application/json; charset=utf-8"]}}, {"a": 1}),
        ("3.0.0", {"body": None}, UNKNOWN),
        ("3.0.0", {"body": ""}, UNKNOWN),
        ("3.0.0", {"body": "words"}, UNKNOWN),
        ("4.0", {"body": {"content": ""}}, UNKNOWN),
        ("4.0", {"body": {"content": [1]}}, [1]),
        ("3.0.0", {}, UNKNOWN),
        ("4.0", {"body": {"content": {"a": 1}, "contentType": "application/json", "encoded": False}}, {"a": 1}),
        ("4.0", {"body": {"content": "AA==", "contentType": "application/json", "encoded": "base64"}}, UNKNOWN),
        ("4.0", {"body": {"content": "<a/>", "contentType": "application/xml", "encoded": False}}, UNKNOWN),
    ],
)  # fmt: skip
def test_bodies_that_are_json(read: Any, version: str, request_: Any, expected: Any) -> None:
    interaction = Pact(read(pact(http(request_), version=version))).interactions[0]
    assert interaction.body("request")[0] == expected


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ({"$.body": {"min": 1}}, [((), "type")]),
        ({"$.body.a[0].b": {"match": "type"}, "$.path": {"regex": "."}}, [(("a", "0", "b"), "type")]),
        ({"$.body['a b'][*]": {"match": "regex", "regex": "."}}, [(("a b", "*"), "regex")]),
        ({"body": {"$.a": {"matchers": [{"match": "type"}, {"match": "number"}]}}}, [(("a",), "type"), (("a",), "number")]),
        ({"body": {"/a/b": {"matchers": [{"match": "type"}]}}, "status": {}}, []),
        ({"body": {"$.a.*": {"matchers": [{}]}}}, [(("a", "*"), "type")]),
    ],
)  # fmt: skip
def test_matching_rules_of_all_versions(read: Any, rules: Any, expected: Any) -> None:
    interaction = Pact(read(pact(http({}, {"matchingRules": rules})))).interactions[0]
    assert interaction.matchers("response") == expected


def test_a_status_of_a_class_is_not_one_status(read: Any) -> None:
    rules = {"status": {"$": {"matchers": [{"match": "statusCode", "status": "success"}]}}}
    assert Pact(read(pact(http({}, {"matchingRules": rules}), version="4.0"))).interactions[0].status is None


@pytest.mark.parametrize(
    ("query", "names"), [("a=1&b=&a=2", {"a", "b"}), ({"a": ["1"]}, {"a"}), (None, set()), (5, set())]
)
def test_query_parameters(read: Any, query: Any, names: set[str]) -> None:
    assert Pact(read(pact(http({"query": query})))).interactions[0].query == names


def test_the_consumer_depends_on_the_provider(read: Any) -> None:
    facts = list(FORMAT.facts(read(pact(http({"path": "/orders?x=1"})))))
    edge = next(fact for fact in facts if isinstance(fact, DependencyFact))
    assert (edge.source, edge.target, edge.kind, edge.protocol) == ("web", "orders", "calls", "http")
    kept = {fact.kind: fact for fact in facts if isinstance(fact, SelectFact)}
    assert set(kept) == {"pact/Interaction", "pact/Status"}
    assert kept["pact/Interaction"].spec["path"] == "/orders"
    assert kept["pact/Interaction"].spec["method"] == "GET"


def test_typed_interactions(read: Any) -> None:
    message = {"type": "Asynchronous/Messages", "description": "b", "metadata": {"topic": "orders.placed"}}
    data = pact(
        http({}, type="Synchronous/HTTP", pending=True),
        message | {"contents": {"content": {"id": 1}, "contentType": "application/json", "encoded": False}},
        {
            "type": "Synchronous/Messages",
            "description": "c",
            "request": {"contents": {}},
            "transport": "grpc",
        },
        {"type": "acme/thing", "description": "d"},
        version="4.0",
    )
    document = read(data)
    assert [interaction.kind for interaction in Pact(document).interactions] == [
        "http",
        "message",
        "messages",
        "",
    ]
    facts = list(FORMAT.facts(document))
    channels = [(fact.action, fact.service, fact.address) for fact in facts if isinstance(fact, ChannelFact)]
    assert channels == [("receive", "web", "orders.placed"), ("send", "orders", "orders.placed")]
    pending = [
        fact.spec["pending"] for fact in facts if isinstance(fact, SelectFact) and "pending" in fact.spec
    ]
    assert pending == [True, False]


def test_a_path_that_the_provider_fills_in_is_not_known(read: Any) -> None:
    generators = {"path": {"type": "ProviderState", "expression": "/orders/${id}"}}
    facts = list(FORMAT.facts(read(pact(http({"path": "/orders/${id}", "generators": generators})))))
    assert [fact.spec["path"] for fact in facts if isinstance(fact, SelectFact) and "path" in fact.spec] == [
        ""
    ]


@pytest.mark.parametrize(
    ("interaction", "message"),
    [
        ({"request": {"method": "get", "path": "/"}, "response": {"status": 200}}, "has no `description`"),
        (http({}, {"status": 2000}), "`status`"),
        ({"description": "a", "type": "Asynchronous"}, "`type`"),
        ({"description": "a", "request": {"path": "/"}, "response": {}}, "has no `method`"),
    ],
)
def test_what_breaks_a_pact(read: Any, interaction: Any, message: str) -> None:
    problems = list(FORMAT.validate(read(pact(interaction))))
    assert any(message in problem.message for problem in problems), [problem.message for problem in problems]


def test_valid_pacts(read: Any) -> None:
    for data in (pact(http({})), pact(http({"headers": None}, type="Synchronous/HTTP"), version="4.0")):
        assert not list(FORMAT.validate(read(data)))


def test_an_edge_between_services_of_the_system(check: Check) -> None:
    compose = "services:\n  web: {image: shop/web}\n  orders-service: {image: shop/orders}\n"
    graph = check({"compose.yaml": compose, "pacts/web-orders.json": json.dumps(pact(http({})))}).graph
    assert [(edge.source.name, edge.kind, edge.target.name) for edge in graph.dependencies] == [
        ("web", "calls", "orders-service")
    ]
