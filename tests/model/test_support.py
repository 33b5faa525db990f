"""What datastores and brokers themselves need."""

from systems import deployment, edges_of, graph_of

from archlint.model.export import to_json

_KEEPER = deployment("keeper", image="zookeeper:3.9")


def test_it_is_told_beside_the_edges_of_services() -> None:
    broker = deployment(
        "broker",
        "KAFKA_ZOOKEEPER_CONNECT=keeper:2181",
        "OTHER_CONNECT=keeper:2182",
        "KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://broker:9092",
        "SELF_URL=http://broker:9092",
        "GONE_URL=http://gone:80",
        image="confluentinc/cp-kafka:7.6.0",
    )
    graph = graph_of({"all.yaml": _KEEPER + broker})
    assert edges_of(graph) == set()
    assert graph.dangling == []
    (edge,) = to_json(graph)["edges"]
    assert (edge["kind"], edge["source"], edge["target"]) == ("uses", "broker", "keeper")
    assert [item["detail"] for item in edge["evidence"]] == ["KAFKA_ZOOKEEPER_CONNECT", "OTHER_CONNECT"]


def test_a_server_may_ask_a_service() -> None:
    store = deployment("db", "HOOK_URL=http://orders", image="mongo:7")
    (edge,) = to_json(graph_of({"all.yaml": deployment("orders") + store}))["edges"]
    assert (edge["kind"], edge["source"], edge["target"]) == ("calls", "db", "orders")
