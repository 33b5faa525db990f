"""Channels of several documents: which are the same, who is on them, and what follows when the scope is complete."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from archlint.api import Context, ServiceGraph, Severity
from archlint.engine.resolve import Workspace
from archlint.formats.asyncapi import FORMAT as ASYNCAPI
from archlint.formats.backstage import FORMAT as BACKSTAGE
from archlint.formats.compose import FORMAT as COMPOSE
from archlint.formats.manifest import FORMAT as MANIFEST
from archlint.formats.openapi import FORMAT as OPENAPI
from archlint.model.builder import build_graph
from archlint.model.facts import ChannelFact
from archlint.model.topics import same_channels
from archlint.source.location import Location
from archlint_rules.contracts.declared_contract_missing import declared_contract_missing
from archlint_rules.events.event_not_consumed import event_not_consumed
from archlint_rules.events.event_not_produced import event_not_produced

type Graph = Callable[[dict[str, str]], ServiceGraph]


@pytest.fixture
def graph(tmp_path: Path) -> Graph:
    def build(files: dict[str, str]) -> ServiceGraph:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text))
        workspace = Workspace(tmp_path)
        documents = [document for name in files for document in workspace.documents(name)]
        formats = [
            (form, document)
            for document in documents
            for form in (ASYNCAPI, BACKSTAGE, COMPOSE, MANIFEST, OPENAPI)
            if form.sniff(document)
        ]
        return build_graph([fact for form, document in formats for fact in form.facts(document)])

    return build


def asyncapi(title: str, action: str, address: str, *, server: str = "kafka:9092") -> str:
    return f"""
        asyncapi: 3.0.0
        info: {{title: {title}, version: 1.0.0}}
        servers: {{main: {{host: "{server}", protocol: kafka}}}}
        channels: {{c: {{address: "{address}"}}}}
        operations: {{o: {{action: {action}, channel: {{$ref: "#/channels/c"}}}}}}
    """


def fact(address: str, protocol: str = "", broker: str = "", path: str = "a.yaml") -> ChannelFact:
    return ChannelFact(
        at=Location(path, ()), action="send", address=address, protocol=protocol, broker=broker
    )


@pytest.mark.parametrize(
    ("facts", "sizes"),
    [
        ([fact("a"), fact("a"), fact("b")], [2, 1]),
        ([fact("a.{x}"), fact("a.{y}"), fact("a.${env}")], [3]),
        ([fact("a", "kafka"), fact("a", "amqp")], [1, 1]),
        ([fact("a", "kafka"), fact("a")], [2]),
        ([fact("a", "kafka"), fact("a", "amqp"), fact("a")], [1, 1, 1]),
        ([fact("a", "kafka", "one.example:1"), fact("a", "kafka", "two.example:1")], [1, 1]),
        ([fact("a", "kafka", "one.example:1"), fact("a", "", "main")], [2]),
        ([fact(""), ChannelFact(at=Location("a", ()), action="send", address=None)], []),
    ],
)
def test_which_channels_are_the_same(facts: list[ChannelFact], sizes: list[int]) -> None:
    for order in (facts, facts[::-1]):
        assert sorted(map(len, same_channels(order))) == sorted(sizes)


def test_a_contract_belongs_to_the_component_that_provides_it(graph: Graph) -> None:
    found = graph(
        {
            "events/asyncapi.yaml": asyncapi("Events of the shop", "send", "orders.placed"),
            "catalog-info.yaml": """
                apiVersion: backstage.io/v1alpha1
                kind: Component
                metadata: {name: checkout}
                spec: {type: service, lifecycle: production, owner: a, providesApis: [shop-events]}
                ---
                apiVersion: backstage.io/v1alpha1
                kind: Component
                metadata: {name: stock}
                spec: {type: service, lifecycle: production, owner: a, consumesApis: [shop-events]}
                ---
                apiVersion: backstage.io/v1alpha1
                kind: API
                metadata: {name: shop-events}
                spec: {type: asyncapi, lifecycle: production, owner: a, definition: {$text: events/asyncapi.yaml}}
            """,
        }
    )
    assert [service.name for service in found.topics[0].producers] == ["checkout"]
    edges = {(edge.kind, edge.source.name, edge.target.name) for edge in found.dependencies}
    assert ("consumes", "stock", "checkout") in edges
    assert not [edge for edge in edges if edge[0] == "calls"]


def test_a_manifest_and_a_contract_speak_of_one_channel(graph: Graph) -> None:
    found = graph(
        {
            "orders.yaml": asyncapi("orders", "send", "orders.placed"),
            "stock.yaml": """
                apiVersion: archlint.dev/v1alpha1
                kind: Service
                entity: component:default/stock
                channels: [{channel: orders.placed, broker: main, action: receive}]
            """,
        }
    )
    assert len(found.topics) == 1
    assert [service.name for service in found.topics[0].producers] == ["orders"]
    assert [service.name for service in found.topics[0].consumers] == ["stock"]


def test_a_complete_scope_makes_absence_a_warning(graph: Graph) -> None:
    found = graph(
        {
            "orders.yaml": asyncapi("orders", "send", "orders.placed"),
            "stock.yaml": asyncapi("stock", "receive", "orders.moved"),
        }
    )
    for rule in (event_not_consumed, event_not_produced):
        for complete, severity in ((lambda _: True, Severity.WARNING), (lambda _: False, Severity.INFO)):
            context = Context(graph=found, complete=complete)
            assert [problem.severity for problem in rule.check(found, context)] == [severity]


def test_a_complete_catalog_has_every_api(graph: Graph) -> None:
    found = graph(
        {
            "catalog-info.yaml": """
                apiVersion: backstage.io/v1alpha1
                kind: Component
                metadata: {name: orders}
                spec: {type: service, lifecycle: production, owner: a, providesApis: [orders-api]}
            """
        }
    )
    problems = declared_contract_missing.check(found, Context(graph=found, complete=lambda _path: True))
    assert [problem.message for problem in problems] == [
        "`component:default/orders` provides `api:default/orders-api`, which the catalog does not have"
    ]
    assert not list(declared_contract_missing.check(found, Context(graph=found)))


def test_a_name_of_a_store_is_not_a_service(graph: Graph) -> None:
    manifest = """
        apiVersion: archlint.dev/v1alpha1
        kind: Service
        entity: component:default/{name}
        data: [{{type: {engine}, id: orders, access: rw}}]
    """
    found = graph(
        {
            "a.yaml": manifest.format(name="orders", engine="postgres"),
            "b.yaml": manifest.format(name="billing", engine="postgres"),
            "c.yaml": manifest.format(name="search", engine="redis"),
        }
    )
    used = {(edge.source.name, edge.target.id) for edge in found.dependencies if edge.kind == "uses"}
    assert len({target for _, target in used}) == 2, "one of PostgreSQL, one of Redis"
    assert {store.kind for store in found.datastores} == {"db", "cache"}


@pytest.mark.parametrize(
    ("title", "sender"), [("Events of the shop", "orders"), ("stock", "stock")], ids=["of many", "of one"]
)
def test_tags_tell_services_apart_where_a_document_describes_many(
    title: str, sender: str, graph: Graph
) -> None:
    document = asyncapi(title, "send", "orders.placed").replace(
        "action: send,", "action: send, tags: [{name: orders}, {name: domain-events}],"
    )
    assert "tags" in document
    compose = "services: {orders: {image: shop/orders}, stock: {image: shop/stock}}"
    (topic,) = graph({"events.yaml": document, "compose.yaml": compose}).topics
    assert [service.name for service in topic.producers] == [sender]


def test_an_api_beside_events_of_many_belongs_to_the_service_of_its_title(graph: Graph) -> None:
    found = graph(
        {
            "contracts/events.yaml": asyncapi("Events of the shop", "send", "orders.placed"),
            "contracts/orders.yaml": "{openapi: 3.1.0, info: {title: Orders API, version: 1.0.0}, paths: {/orders: {get: {responses: {}}}}}",
            "compose.yaml": "services: {orders: {image: shop/orders}}",
        }
    )
    assert {service.name: len(service.apis) for service in found.services} == {
        "orders": 1,
        "Events of the shop": 0,
    }
