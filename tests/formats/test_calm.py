"""CALM architectures: nodes and relationships as services, stores and dependencies."""

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Check

from archlint.api import DatastoreFact, DependencyFact, Document, ServiceFact
from archlint.engine.resolve import Workspace
from archlint.formats.calm import FORMAT

_SCHEMA = "https://calm.finos.org/release/1.2/meta/calm.json"


def node(name: str, kind: str = "service") -> dict[str, Any]:
    return {"unique-id": name, "node-type": kind, "name": name.title(), "description": "…"}


def connects(source: str, target: str, **more: str) -> dict[str, Any]:
    content = {"connects": {"source": {"node": source}, "destination": {"node": target}}}
    return {"unique-id": f"{source}-{target}", "relationship-type": content, **more}


@pytest.fixture
def read(tmp_path: Path) -> Any:
    def write(**data: Any) -> Document:
        (tmp_path / "shop.arch.json").write_text(json.dumps({"$schema": _SCHEMA, **data}))
        document = Workspace(tmp_path).documents("shop.arch.json")[0]
        document.kind, document.format = FORMAT.sniff(document), "calm"
        return document

    return write


def test_nodes_and_connections(read: Any) -> None:
    document = read(
        nodes=[
            node("shop", "system"),
            node("orders"),
            node("web", "webclient"),
            node("orders-db", "database"),
            node("buyer", "actor"),
            node("engine", "acme:engine"),
        ],
        relationships=[
            {
                "unique-id": "c",
                "relationship-type": {"composed-of": {"container": "shop", "nodes": ["orders", "orders-db"]}},
            },
            connects("web", "orders", protocol="HTTPS"),
            connects("orders", "orders-db", protocol="JDBC"),
            connects("orders", "engine"),
            connects("engine", "orders", protocol="AMQP"),
        ],
    )
    assert document.kind == "calm 1.2"
    assert not list(FORMAT.validate(document))
    found = list(FORMAT.facts(document))
    services = {fact.name: (fact.system, fact.role) for fact in found if isinstance(fact, ServiceFact)}
    assert services == {"orders": ("shop", ""), "web": ("", "frontend"), "engine": ("", "")}
    assert [(fact.name, fact.system) for fact in found if isinstance(fact, DatastoreFact)] == [
        ("orders-db", "shop")
    ]
    edges = [
        (fact.source.rpartition("#")[2], fact.target.rpartition("#")[2], fact.kind, fact.confidence)
        for fact in found
        if isinstance(fact, DependencyFact)
    ]
    assert edges == [
        ("web", "orders", "", 1.0),
        ("orders", "orders-db", "uses", 1.0),
        ("orders", "engine", "", 0.7),
    ]


def _architecture(detail: str = "") -> dict[str, Any]:
    first = node("orders") | ({"details": {"detailed-architecture": detail}} if detail else {})
    return {
        "nodes": [first, node("orders-db", "database")],
        "relationships": [connects("orders", "orders-db", protocol="JDBC")],
    }


@pytest.mark.parametrize(
    ("detail", "services", "stores"),
    [
        ("", ["orders", "orders (b/shop.json)"], ["orders-db", "orders-db (b/shop.json)"]),
        ("../b/shop.json", ["orders"], ["orders-db"]),
        ("https://example.com/b/shop.json", ["orders", "orders (b/shop.json)"], ["orders-db", "orders-db (b/shop.json)"]),
        ("../../b/shop.json", ["orders", "orders (b/shop.json)"], ["orders-db", "orders-db (b/shop.json)"]),
    ],
)  # fmt: skip
def test_equal_identifiers_are_one_only_within_an_architecture(
    check: Check, detail: str, services: list[str], stores: list[str]
) -> None:
    files = {"a/shop.json": json.dumps(_architecture(detail)), "b/shop.json": json.dumps(_architecture())}
    graph = check(files).graph
    assert [service.name for service in graph.services] == services
    assert [store.name for store in graph.datastores] == stores
    assert len(graph.dependencies) == len(services)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"nodes": [node("a"), {"unique-id": "b", "node-type": "service"}]}, "entry 2 of `nodes` has no `"),
        ({"nodes": [node("a"), node("a")]}, "the `unique-id` `a` is used twice"),
        ({"nodes": [node("a")], "relationships": [connects("a", "b")]}, "there is no node `b` to connect"),
        ({"nodes": [node("a")], "relationships": [{"unique-id": "r"}]}, "entry 1 of `relationships` has no"),
    ],
)
def test_what_breaks_an_architecture(read: Any, data: dict[str, Any], message: str) -> None:
    problems = list(FORMAT.validate(read(**({"relationships": []} | data))))
    assert problems
    assert problems[0].message.startswith(message)


@pytest.mark.parametrize(
    "data", [{"nodes": []}, {"nodes": [{"id": 1}], "relationships": []}, {"nodes": 1, "relationships": 2}]
)
def test_other_graphs_are_not_architectures(read: Any, data: dict[str, Any]) -> None:
    assert not read(**data).kind


def test_services_that_interact_depend_on_each_other(read: Any) -> None:
    """It is meant for actors, and written of services as well."""

    def interacts(actor: str, *nodes: str) -> dict[str, Any]:
        content = {"interacts": {"actor": actor, "nodes": list(nodes)}}
        return {"unique-id": f"{actor}-interacts", "relationship-type": content}

    document = read(
        nodes=[node("buyer", "actor"), node("web"), node("orders"), node("orders-db", "database")],
        relationships=[
            interacts("buyer", "web"),
            interacts("web", "orders"),
            interacts("orders", "orders-db"),
        ],
    )
    found = [fact for fact in FORMAT.facts(document) if isinstance(fact, DependencyFact)]
    assert [
        (fact.source.rpartition("#")[2], fact.target.rpartition("#")[2], fact.kind) for fact in found
    ] == [
        ("web", "orders", ""),
        ("orders", "orders-db", "uses"),
    ]


def test_an_architecture_may_have_no_relationships(read: Any) -> None:
    document = read(nodes=[node("orders")])
    assert document.kind == "calm 1.2"
    assert [fact.name for fact in FORMAT.facts(document) if isinstance(fact, ServiceFact)] == ["orders"]
