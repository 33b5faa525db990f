"""Who is meant: names, variants and databases across the files of a system."""

import random

import pytest
from systems import deployment, edges_of, facts_of, graph_of

from archlint.api import Context, Datastore, ServiceGraph
from archlint.model.builder import build_graph
from archlint.model.export import to_json
from archlint_rules.data.database_server_shared import database_server_shared
from archlint_rules.data.shared_database import shared_database
from archlint_rules.services.dangling_dependency import dangling_dependency
from archlint_rules.services.sync_dependency_cycle import sync_dependency_cycle

_HEADLESS = """
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: mongo}
spec:
  template:
    metadata: {labels: {app: mongo}}
    spec: {containers: [{name: mongo, image: "mongo:7"}]}
---
apiVersion: v1
kind: Service
metadata: {name: mongo}
spec: {clusterIP: None, selector: {app: mongo}, ports: [{port: 27017}]}
"""


def stores(graph: ServiceGraph) -> dict[str, set[str]]:
    """Return the users of each datastore that has some."""
    found: dict[str, set[str]] = {}
    for edge in graph.dependencies:
        if isinstance(edge.target, Datastore):
            found.setdefault(edge.target.name, set()).add(edge.source.name)
    return found


def test_a_service_selects_what_it_is_another_name_of() -> None:
    graph = graph_of(
        {
            "all.yaml": deployment("orders-v1", service="orders")
            + deployment("shop", "ORDERS_URL=http://orders")
        }
    )
    assert edges_of(graph) == {("calls", "shop", "orders")}
    orders = next(service for service in graph.services if service.name == "orders")
    assert "orders-v1" in orders.aliases


@pytest.mark.parametrize(
    ("host", "target"),
    [
        ("orders", "orders (one)"),
        ("orders.one", "orders (one)"),
        ("orders.two", "orders (two)"),
        ("orders.two.svc", "orders (two)"),
        ("orders.two.svc.cluster.local", "orders (two)"),
        ("orders.three", None),
        ("orders.com", None),
    ],
)
def test_names_are_looked_up_in_the_callers_namespace(host: str, target: str | None) -> None:
    graph = graph_of(
        {
            "one.yaml": deployment("shop", f"ORDERS_URL=http://{host}", namespace="one")
            + deployment("orders", namespace="one"),
            "two.yaml": deployment("orders", namespace="two"),
        }
    )
    names = {service.name.removesuffix(" (one)") for service in graph.services}
    assert "orders (two)" in names
    assert {edge.target.id for edge in graph.dependencies} == (
        {f"service:k8s:{target.partition('(')[2].rstrip(')')}/orders"} if target else set()
    )


def test_a_pod_of_a_headless_service_is_the_service() -> None:
    graph = graph_of(
        {
            "all.yaml": _HEADLESS
            + deployment("a", "DB=mongodb://mongo-0.mongo,mongo-1.mongo:27017/shop")
            + deployment("b", "DB=mongodb://mongo-0.mongo.default.svc.cluster.local/shop")
            + deployment("c", "DB=mongodb://mongo/other")
        }
    )
    assert stores(graph) == {"mongo/shop": {"a", "b"}, "mongo/other": {"c"}}


def test_all_names_of_a_compose_service() -> None:
    graph = graph_of(
        {
            "compose.yaml": """
                services:
                  orders:
                    image: shop/orders
                    container_name: the-orders
                    hostname: orders.local
                    networks: {back: {aliases: [purchases]}}
                  a: {image: shop/a, environment: {X: "http://orders:80"}}
                  b: {image: shop/b, environment: ["X=http://the-orders:80"]}
                  c: {image: shop/c, environment: {X: "http://purchases:80"}, networks: [back]}
                  d: {image: shop/d, command: ["--orders=http://orders:80"]}
                networks: {back: {}}
            """
        }
    )
    assert edges_of(graph) == {("calls", name, "orders") for name in "abcd"}


def test_start_order_is_no_call() -> None:
    graph = graph_of({"compose.yaml": "services: {a: {image: shop/a, depends_on: [b]}, b: {image: shop/b}}"})
    assert not [edge for edge in graph.dependencies if edge.kind == "calls"]


def test_values_of_config_maps_have_both_places_as_evidence() -> None:
    config = """
---
apiVersion: v1
kind: ConfigMap
metadata: {name: addresses}
data: {ORDERS: "http://orders", STOCK: "http://stock"}
"""
    graph = graph_of(
        {
            "config.yaml": config,
            "shop.yaml": deployment(
                "shop", "{name: O, valueFrom: {configMapKeyRef: {name: addresses, key: ORDERS}}}"
            )
            + deployment("web", extra=", envFrom: [{configMapRef: {name: addresses}}]"),
            "rest.yaml": deployment("orders") + deployment("stock"),
        }
    )
    assert edges_of(graph) == {
        ("calls", "shop", "orders"),
        ("calls", "web", "orders"),
        ("calls", "web", "stock"),
    }
    for edge in graph.dependencies:
        assert [item.at.path for item in edge.evidence] == ["shop.yaml", "config.yaml"]
        assert edge.confidence == 0.9, "two places of one setting are one source"


def test_who_shares_an_entry_of_a_secret_shares_the_store() -> None:
    reference = "{name: DATABASE_URL, valueFrom: {secretKeyRef: {name: db, key: KEY}}}"
    graph = graph_of(
        {
            "all.yaml": deployment("a", reference.replace("KEY", "url"))
            + deployment("b", reference.replace("KEY", "url"))
            + deployment("c", reference.replace("KEY", "other"))
        }
    )
    assert sorted(map(len, stores(graph).values())) == [1, 2]
    assert {edge.confidence for edge in graph.dependencies} == {0.6}


@pytest.mark.parametrize("name", ["SENTRY_DSN", "AzureServiceBus__ConnectionString", "RABBITMQ_DSN"])
def test_a_shared_secret_of_something_else_is_no_store(name: str) -> None:
    setting = f"{{name: {name}, valueFrom: {{secretKeyRef: {{name: shared, key: url}}}}}}"
    assert not graph_of({"all.yaml": deployment("a", setting) + deployment("b", setting)}).datastores


def test_settings_of_one_prefix_are_one_database() -> None:
    graph = graph_of(
        {
            "compose.yaml": """
                services:
                  db: {image: "postgres:17"}
                  a: {image: shop/a, environment: {DB_HOST: db, DB_PORT: "5432", DB_NAME: one}}
                  b: {image: shop/b, environment: {DB_HOST: db, DB_NAME: two}}
                  c: {image: shop/c, environment: {X: "Host=db;Database=one"}}
                  d: {image: shop/d, environment: {DB_HOST: db}}
            """
        }
    )
    assert stores(graph) == {"db/one": {"a", "c"}, "db/two": {"b"}, "db": {"d"}}


def test_what_is_spoken_to_as_a_database_is_one() -> None:
    graph = graph_of(
        {
            "compose.yaml": """
                services:
                  store: {image: "shop/own-build"}
                  a: {image: shop/a, environment: {X: "postgresql://store/one"}}
            """
        }
    )
    assert edges_of(graph) == {("uses", "a", "store/one")}
    assert [service.name for service in graph.services] == ["a"]


def test_a_store_outside_is_known_by_its_address() -> None:
    graph = graph_of(
        {
            "all.yaml": deployment("a", "X=postgres://u:p@db.example.com/shop")
            + deployment("b", "Y=jdbc:postgresql://DB.example.com:5432/shop?user=x")
            + deployment("c", "Y=jdbc:postgresql://db.example.com:6432/shop")
        }
    )
    assert sorted(map(len, stores(graph).values())) == [1, 2]


_DATABASES = "services:\n  mysql: {image: mysql}\n" + "\n".join(
    f'  {name}: {{image: shop/{name}, environment: {{URL: "jdbc:mysql://mysql/{name}"}}}}' for name in "abc"
)


def test_deployments_are_never_combined() -> None:
    shared = "jdbc:mysql://mysql/shop"
    cluster = deployment("mysql", image="mysql") + deployment("a", f"URL={shared}")
    several = {"compose.yaml": _DATABASES, "k8s/all.yaml": cluster}
    graph = graph_of(several)
    context = Context(graph=graph)
    assert not list(shared_database.check(graph, context))
    (server,) = database_server_shared.check(graph, context)
    assert server.at is not None
    assert server.at.path == "compose.yaml"

    graph = graph_of({**several, "k8s/b.yaml": deployment("b", f"URL={shared}")})
    (problem,) = shared_database.check(graph, Context(graph=graph))
    assert problem.message == "`a` and `b` both use the database `shop` on `mysql`"
    assert problem.at is not None
    assert {problem.at.path, *(related.at.path for related in problem.related)} == {
        "k8s/all.yaml",
        "k8s/b.yaml",
    }


def test_change_data_capture_shares_nothing() -> None:
    url = "URL=jdbc:mysql://mysql/shop"
    graph = graph_of(
        {
            "all.yaml": deployment("mysql", image="mysql")
            + deployment("orders", url)
            + deployment("orders-cdc", url, image="shop/cdc-service:1")
        }
    )
    assert stores(graph) == {"mysql/shop": {"orders", "orders-cdc"}}
    assert not list(shared_database.check(graph, Context(graph=graph)))


_THERE, _BACK = "B_URL=http://b", "A_URL=http://a"


@pytest.mark.parametrize(
    ("files", "cycles"),
    [
        ({"k/a.yaml": deployment("a", _THERE), "k/b.yaml": deployment("b", _BACK)}, 1),
        (
            {
                "one/all.yaml": deployment("a", _THERE) + deployment("b"),
                "two/all.yaml": deployment("a") + deployment("b", _BACK),
            },
            0,
        ),
        (
            {
                "compose.yaml": 'services: {a: {image: a, environment: {B: "http://b:80"}}, b: {image: b}}',
                "k8s/all.yaml": deployment("a") + deployment("b", _BACK),
            },
            0,
        ),
        (
            {
                "compose.yaml": 'services: {a: {image: a, environment: {B: "http://b:80"}}, b: {image: b}}',
                "compose.override.yaml": 'services: {b: {environment: {A: "http://a:80"}}}',
            },
            1,
        ),
        (
            {
                "compose.yaml": 'services: {a: {image: a, environment: {B: "http://b:80"}}, b: {image: b}}',
                "compose.prod.yaml": 'services: {b: {environment: {A: "http://a:80"}}}',
            },
            1,
        ),
    ],
    ids=["one cluster", "two overlays", "compose and a cluster", "an override", "a variant over its base"],
)
def test_a_circle_is_in_one_deployment(files: dict[str, str], cycles: int) -> None:
    graph = graph_of(files)
    assert len(list(sync_dependency_cycle.check(graph, Context(graph=graph)))) == cycles
    assert len([edge for edge in graph.dependencies if edge.kind == "calls"]) == 2


def test_a_longer_circle_is_told_where_the_shorter_is_not_one() -> None:
    graph = graph_of(
        {
            "k8s/all.yaml": deployment("a", _THERE) + deployment("b", "C=http://c") + deployment("c", _BACK),
            "compose.yaml": 'services: {a: {image: a}, b: {image: b, environment: {A: "http://a:80"}}}',
        }
    )
    (problem,) = sync_dependency_cycle.check(graph, Context(graph=graph))
    assert problem.message == "`a` → `b` → `c` → `a` is a circle of synchronous calls"
    assert [related.at.path for related in problem.flow] == ["k8s/all.yaml"] * 3


def test_compose_and_cluster_are_one_system_with_one_service_each() -> None:
    graph = graph_of(
        {
            "compose.yaml": "services: {orders: {image: shop/orders}, db: {image: postgres}}",
            "k8s/all.yaml": deployment("orders") + deployment("db", image="postgres"),
        }
    )
    assert [service.name for service in graph.services] == ["orders"]
    assert len(graph.datastores) == 2, "two deployments have two databases"


def test_hosts_that_nobody_provides() -> None:
    graph = graph_of(
        {
            "all.yaml": deployment(
                "a", "B=http://b", "C=http://c", "T=http://typo", "M=https://maps.example.com"
            )
            + deployment("b")
            + deployment("c")
        }
    )
    assert [dangling.host for dangling in graph.dangling] == ["typo"]
    (problem,) = dangling_dependency.check(graph, Context(graph=graph))
    assert problem.message == "`a` refers to `typo`, which does not exist here"


def test_two_sources_are_surer_than_one() -> None:
    entry = """
        apiVersion: backstage.io/v1alpha1
        kind: Component
        metadata: {name: a}
        spec: {type: service, lifecycle: production, owner: x, dependsOn: ["component:b"]}
        ---
        apiVersion: backstage.io/v1alpha1
        kind: Component
        metadata: {name: b}
        spec: {type: service, lifecycle: production, owner: x}
    """
    alone = graph_of({"all.yaml": deployment("a", "B_ADDR=b:80") + deployment("b")})
    both = graph_of(
        {"all.yaml": deployment("a", "B_ADDR=b:80") + deployment("b"), "catalog-info.yaml": entry}
    )
    assert [edge.confidence for edge in alone.dependencies] == [0.8]
    (edge,) = both.dependencies
    assert edge.confidence == pytest.approx(0.94)
    assert edge.declared
    assert edge.observed
    assert {item.at.path for item in edge.evidence} == {"all.yaml", "catalog-info.yaml"}


def test_the_order_of_facts_does_not_matter() -> None:
    facts = facts_of(
        {
            "compose.yaml": _DATABASES,
            "compose.prod.yaml": "services: {a: {environment: {B: 'http://b:80'}}}",
            "k8s/one.yaml": deployment("a", _THERE) + deployment("mysql", image="mysql"),
            "k8s/two.yaml": deployment("b", _BACK, "DB=mysql://mysql/x") + deployment("orders", "X=a:80"),
            "overlay/two.yaml": deployment("b", "ORDERS=orders:80") + deployment("orders", namespace="two"),
        }
    )
    expected = to_json(build_graph(facts))
    assert len(expected["edges"]) > 5
    chosen = random.Random(1)
    for _ in range(10):
        chosen.shuffle(facts)
        assert to_json(build_graph(facts)) == expected


def test_what_variants_say_alike_is_told_once() -> None:
    system = deployment("a", "B=http://b", "C=http://c", "T=http://typo") + deployment("b") + deployment("c")
    graph = graph_of({"one/all.yaml": system, "two/all.yaml": system})
    (problem,) = dangling_dependency.check(graph, Context(graph=graph))
    assert problem.at is not None
    assert problem.at.path == "one/all.yaml"
    assert [related.at.path for related in problem.related] == ["two/all.yaml"]


@pytest.mark.parametrize(
    ("name", "setting", "engine"),
    [
        ("orders-db", "MONGO_INITDB_ROOT_USERNAME", "mongodb"),
        ("orders-mysql", "MYSQL_ROOT_PASSWORD", "mysql"),
        ("orders-db", "DB_PASSWORD", ""),
        ("orders", "MYSQL_ROOT_PASSWORD", ""),
        ("init-db", "POSTGRES_PASSWORD", ""),
    ],
)
def test_a_database_in_an_image_of_ones_own(name: str, setting: str, engine: str) -> None:
    graph = graph_of(
        {"compose.yaml": f"services: {{{name}: {{image: shop/{name}, environment: {{{setting}: a}}}}}}\n"}
    )
    assert [store.engine for store in graph.datastores] == ([engine] if engine else [])
