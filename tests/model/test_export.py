"""The graph as JSON, Mermaid and DOT, and why an edge is in it."""

from systems import deployment, graph_of

from archlint.api import Evidence
from archlint.model.builder import build_graph
from archlint.model.draw import to_dot, to_mermaid
from archlint.model.export import explain, to_json
from archlint.model.facts import ChannelFact, WorkloadFact
from archlint.model.graph import Service, ServiceGraph
from archlint.source.location import Location, Region

_HOSTILE = 'a"]; click n0 "javascript:x" \\\n\x1b[31m|end'


def shop() -> ServiceGraph:
    """Return a graph with all kinds of elements but channels."""
    return graph_of(
        {
            "one.yaml": deployment("orders", "DB=postgres://db/orders", "PAYMENTS=http://payments")
            + deployment("db", image="postgres:17")
            + deployment("payments", "OTHER=http://orders.two"),
            "two.yaml": deployment("orders", namespace="two"),
        }
    )


def test_names_are_unique_and_edges_use_them() -> None:
    found = to_json(shop())
    names = [item["name"] for kind in ("services", "datastores", "channels") for item in found[kind]]
    assert len(set(names)) == len(names)
    edges = {(edge["kind"], edge["source"], edge["target"]) for edge in found["edges"]}
    assert all({source, target} <= set(names) for _, source, target in edges)
    assert len(edges) == len(found["edges"]) == 3


def test_an_edge_says_where_it_was_read_and_how_sure_that_is() -> None:
    edge = next(edge for edge in to_json(shop())["edges"] if edge["kind"] == "uses")
    assert edge["confidence"] == "configured"
    assert edge["target"] == "db/orders"
    (item,) = edge["evidence"]
    assert (item["path"], item["detail"]) == ("one.yaml", "DB")
    assert item["pointer"].endswith("/env/0/value")


def test_lines_are_those_of_the_places_once_they_are_known() -> None:
    graph = shop()
    evidence = graph.dependencies[0].evidence[0]
    assert to_json(graph)["edges"][0]["evidence"][0]["line"] == 0
    evidence.at.region = Region(7, 1, 7, 5)
    assert to_json(graph)["edges"][0]["evidence"][0]["line"] == 7


def test_arrows_follow_the_data() -> None:
    sent = ChannelFact(
        at=Location("a.yaml"), action="send", service="orders", address="orders.placed", protocol="kafka"
    )
    received = ChannelFact(at=Location("b.yaml"), action="receive", service="stock", address="orders.placed")
    facts = [sent, received]
    graph = build_graph(facts)
    mermaid = to_mermaid(graph)
    assert mermaid.splitlines() == [
        "flowchart LR",
        '  n0["orders"]',
        '  n1["stock"]',
        '  n2>"orders.placed"]',
        "  n0 -.->|produces| n2",
        "  n2 -.->|consumes| n1",
    ]
    assert 'n2 -> n1 [label="consumes", style=dashed];' in to_dot(graph)


def test_names_cannot_leave_their_labels() -> None:
    service = Service(id="x", name=_HOSTILE, evidence=[Evidence(at=Location("a"))])
    graph = ServiceGraph(services=[service])
    mermaid, dot = to_mermaid(graph), to_dot(graph)
    assert len(mermaid.splitlines()) == 2
    assert mermaid.count('"') == 2
    assert len([line for line in dot.splitlines() if "n0" in line and "label" in line]) == 1
    assert '\\"' in dot
    assert "\x1b" not in mermaid + dot


def test_servers_are_left_out_where_their_databases_are_shown() -> None:
    assert to_mermaid(shop()).count("[(") == 1


def test_an_edge_is_explained_by_any_name_of_its_ends() -> None:
    graph = shop()
    for ends in (
        ("orders", "db"),
        ("db", "orders"),
        ("orders", "db/orders"),
        ("orders.default.svc", "db.default"),
    ):
        found = [(edge.kind, [item.detail for item in evidence]) for edge, evidence in explain(graph, *ends)]
        assert ("uses", ["DB"]) in found, ends
    assert not explain(graph, "orders", "nobody")


def test_a_workload_is_told_with_its_place() -> None:
    graph = build_graph(
        [
            WorkloadFact(
                at=Location("a.yaml", region=Region(3, 1, 4, 1)), kind="Deployment", name="a", scope="k8s:x"
            )
        ]
    )
    assert to_json(graph)["services"][0]["workloads"] == [
        {"kind": "Deployment", "name": "a", "path": "a.yaml", "line": 3}
    ]
