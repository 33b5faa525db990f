"""Datastores of a cluster that something deploys which is not read here, such as somebody's chart."""

import pytest
from systems import deployment, graph_of

from archlint.api import Datastore, ServiceGraph

_URL = "DATABASE_URL=jdbc:mysql://{host}:3306/orders"


def _used(graph: ServiceGraph) -> set[tuple[str, str, str]]:
    return {
        (edge.source.name, edge.target.name, edge.target.scope)
        for edge in graph.dependencies
        if isinstance(edge.target, Datastore)
    }


@pytest.mark.parametrize(
    ("host", "scope"),
    [
        ("orders-db", "k8s:default"),
        ("orders-db.data.svc", "k8s:data"),
        ("orders-db.data.svc.cluster.local", "k8s:data"),
    ],
)
def test_an_address_with_its_protocol_is_enough(host: str, scope: str) -> None:
    graph = graph_of({"all.yaml": deployment("orders", _URL.format(host=host))})
    assert _used(graph) == {("orders", "orders-db/orders", scope)}


def test_who_names_the_same_one_shares_it() -> None:
    files = {
        "all.yaml": deployment("orders", _URL.format(host="db"))
        + deployment("stock", _URL.format(host="db.default.svc"))
    }
    graph = graph_of(files)
    assert {name for _, name, _ in _used(graph)} == {"db/orders"}
    assert len({edge.target.id for edge in graph.dependencies}) == 1


def test_a_project_of_compose_knows_all_its_names() -> None:
    text = "services: {orders: {image: a, environment: {DATABASE_URL: 'mysql://db/orders'}}}"
    assert _used(graph_of({"compose.yaml": text})) == set()


def test_a_name_alone_tells_no_store() -> None:
    assert _used(graph_of({"all.yaml": deployment("orders", "STOCK_URL=http://stock")})) == set()
