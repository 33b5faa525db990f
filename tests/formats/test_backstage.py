"""Backstage entities: what they say of the system, and what breaks the descriptor format."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from archlint.api import DatastoreFact, DependencyFact, Document, Fact, LinkFact, ServiceFact
from archlint.engine.resolve import Workspace
from archlint.formats.backstage import FORMAT, Entity, full_reference

type Read = Callable[[str], tuple[Document, ...]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def write(text: str) -> tuple[Document, ...]:
        (tmp_path / "api").mkdir(exist_ok=True)
        (tmp_path / "api" / "openapi.yaml").write_text("openapi: 3.1.0\n")
        (tmp_path / "catalog-info.yaml").write_text(dedent(text))
        documents = Workspace(tmp_path).documents("catalog-info.yaml")
        for document in documents:
            document.kind, document.format = FORMAT.sniff(document), "backstage"
        return documents

    return write


def facts(documents: tuple[Document, ...]) -> list[Fact]:
    return [fact for document in documents for fact in FORMAT.facts(document)]


CATALOG = """
    apiVersion: backstage.io/v1alpha1
    kind: Component
    metadata:
      name: orders
      namespace: shop
      annotations:
        backstage.io/kubernetes-id: orders-app
        backstage.io/kubernetes-label-selector: app=orders-web,component=front-end
    spec:
      type: service
      lifecycle: production
      owner: team-checkout
      system: shop
      providesApis: [orders-api]
      consumesApis: [payments/payments-api]
      dependsOn: ["component:stock", "resource:default/orders-db"]
      dependencyOf: [web]
    ---
    apiVersion: backstage.io/v1alpha1
    kind: API
    metadata: {name: orders-api, namespace: shop}
    spec: {type: openapi, lifecycle: production, owner: team-checkout, definition: {$text: ./api/openapi.yaml}}
    ---
    apiVersion: backstage.io/v1alpha1
    kind: Resource
    metadata: {name: orders-db}
    spec: {type: postgres-database, owner: team-checkout, dependencyOf: ["component:shop/orders"]}
    ---
    apiVersion: backstage.io/v1alpha1
    kind: Component
    metadata: {name: toolbox}
    spec: {type: library, lifecycle: production, owner: team-checkout}
"""


def test_what_a_catalog_says(read: Read) -> None:
    documents = read(CATALOG)
    assert [document.kind for document in documents][:2] == ["backstage Component", "backstage API"]
    found = facts(documents)

    service = next(fact for fact in found if isinstance(fact, ServiceFact))
    assert (service.name, service.entity, service.system) == (
        "orders",
        "component:shop/orders",
        "system:shop/shop",
    )
    assert (service.owner, service.lifecycle, service.declares) == ("team-checkout", "production", True)
    assert service.aliases == ("orders-app", "orders-web")
    assert len([fact for fact in found if isinstance(fact, ServiceFact)]) == 1, "a library does not run"

    dependencies = {
        (fact.source, fact.target): (fact.kind, fact.confidence)
        for fact in found
        if isinstance(fact, DependencyFact)
    }
    assert dependencies == {
        ("component:shop/orders", "component:shop/stock"): ("", 0.7),
        ("component:shop/orders", "resource:default/orders-db"): ("uses", 1.0),
        ("component:shop/orders", "api:payments/payments-api"): ("", 1.0),
        ("component:shop/web", "component:shop/orders"): ("", 0.7),
    } | {("component:shop/orders", "resource:default/orders-db"): ("uses", 1.0)}

    store = next(fact for fact in found if isinstance(fact, DatastoreFact))
    assert (store.name, store.engine, store.owner) == ("orders-db", "postgresql", "team-checkout")

    links = {
        (fact.kind, fact.source, fact.target, fact.exists) for fact in found if isinstance(fact, LinkFact)
    }
    assert links == {
        ("definition", "component:shop/orders", "api:shop/orders-api", None),
        ("definition", "", "api:shop/orders-api", None),
        ("contract", "api:shop/orders-api", "api/openapi.yaml", True),
    }
    assert not [problem for document in documents for problem in FORMAT.validate(document)]


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("orders", "component:default/orders"),
        ("shop/orders", "component:shop/orders"),
        ("API:orders", "api:default/orders"),
        ("Resource:Shop/Orders-DB", "resource:shop/orders-db"),
        ("https://example.com/x", ""),
        ("", ""),
    ],
)
def test_entity_references(text: str, full: str) -> None:
    assert full_reference(text, "component") == full


def test_missing_and_remote_definitions(read: Read) -> None:
    document = """
        apiVersion: backstage.io/v1alpha1
        kind: API
        metadata: {{name: orders-api}}
        spec: {{type: openapi, lifecycle: production, owner: a, definition: {{$text: "{target}"}}}}
    """
    for target, exists in (
        ("./gone.yaml", False),
        ("https://example.com/a.yaml", None),
        ("../up.yaml", None),
    ):
        link = facts(read(document.format(target=target)))[1]
        assert isinstance(link, LinkFact)
        assert link.exists is exists


ENTITY = """
    apiVersion: backstage.io/v1alpha1
    kind: {kind}
    metadata: {metadata}
    spec: {spec}
"""


@pytest.mark.parametrize(
    ("kind", "metadata", "spec", "message"),
    [
        ("Component", "{name: a}", "{type: service, lifecycle: production}", "`spec` has no `owner`"),
        ("Component", "{}", "{type: service, lifecycle: production, owner: a}", "`metadata` has no `name`"),
        (
            "API",
            "{name: a}",
            "{type: openapi, lifecycle: production, owner: a}",
            "`spec` has no `definition`",
        ),
        (
            "API",
            "{name: a}",
            "{type: mcp-server, lifecycle: production, owner: a}",
            "`spec` has no `remotes`",
        ),
        (
            "Component",
            "{name: my service}",
            "{type: service, lifecycle: production, owner: a}",
            "`name` is `my service`, which does not match",
        ),
        (
            "Component",
            "{name: a, annotations: {replicas: 3}}",
            "{type: service, lifecycle: production, owner: a}",
            "`replicas` is a whole number, not a text",
        ),
        (
            "Component",
            "{name: a}",
            "{type: service, lifecycle: production, owner: a, dependsOn: b}",
            "`dependsOn` is a text, not a list",
        ),
        ("Group", "{name: a}", "{type: team}", "`spec` has no `children`"),
        ("User", "{name: a}", "{memberOf: team}", "`memberOf` is a text, not a list"),
    ],
)
def test_what_breaks_the_descriptor_format(
    read: Read, kind: str, metadata: str, spec: str, message: str
) -> None:
    document = read(ENTITY.format(kind=kind, metadata=metadata, spec=spec))[0]
    problems = list(FORMAT.validate(document))
    assert len(problems) == 1
    assert problems[0].message.startswith(message)


@pytest.mark.parametrize(
    ("kind", "metadata", "spec"),
    [
        ("Component", '{name: "${{ values.name }}"}', "{type: service}"),
        ("Component", "{name: a, anything: goes}", "{$yaml: ./spec.yaml}"),
        ("API", "{name: a}", "{type: mcp-server, lifecycle: x, owner: a, remotes: [{type: sse, url: u}]}"),
        ("API", "{name: a}", "{type: grpc, lifecycle: x, owner: {$text: ./owner}, definition: 'syntax'}"),
        ("Location", "{name: a}", "{targets: [./a.yaml]}"),
        ("Robot", "{name: a}", "{}"),
    ],
)
def test_what_is_fine(read: Read, kind: str, metadata: str, spec: str) -> None:
    assert not list(FORMAT.validate(read(ENTITY.format(kind=kind, metadata=metadata, spec=spec))[0]))


def test_broken_entities_are_read_as_far_as_they_go(read: Read) -> None:
    for text in (
        "kind: Component\nmetadata: 1\nspec: []\n",
        "kind: API\nmetadata: {name: [1]}\nspec: {definition: 3}\n",
    ):
        for document in read("apiVersion: backstage.io/v1alpha1\n" + text):
            list(FORMAT.facts(document))
            assert list(FORMAT.validate(document))
            assert len(list(FORMAT.visit(document, frozenset((Entity,))))) == 1
