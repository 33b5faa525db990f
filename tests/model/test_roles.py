"""What a workload is for, told by its name and by the images of its containers."""

import pytest
from systems import deployment, graph_of

from archlint.api import ServiceGraph


def _pod(name: str, *images: str) -> ServiceGraph:
    first, *others = images
    more = "".join(f"        - {{name: c{index}, image: {image}}}\n" for index, image in enumerate(others))
    pods, line, service = deployment(name, image=first).rpartition("---\n")
    return graph_of({"a.yaml": pods + more + line + service})


@pytest.mark.parametrize(
    ("name", "images", "role"),
    [
        ("media", ["acme/media:1"], ""),
        ("media", ["acme/media:1", "fluent/fluent-bit:3"], ""),
        ("media", ["nginx:1", "acme/media-php:1"], ""),
        ("edge", ["nginx:1"], "gateway"),
        ("metrics", ["prom/prometheus:v3"], "telemetry"),
        ("traces", ["grafana/tempo:2"], "telemetry"),
        ("temporal-worker", ["acme/worker:1"], ""),
        ("grafana", ["acme/sidecar:1", "acme/dashboards:1"], "telemetry"),
    ],
)
def test_a_container_beside_the_service_says_nothing_of_its_role(
    name: str, images: list[str], role: str
) -> None:
    assert [service.role for service in _pod(name, *images).services] == [role]


def test_a_broker_beside_its_exporter_is_a_broker() -> None:
    graph = _pod("queue", "rabbitmq:4", "kbudde/rabbitmq-exporter:1")
    assert [store.engine for store in graph.datastores] == ["rabbitmq"]
