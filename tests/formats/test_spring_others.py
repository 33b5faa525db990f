"""Applications on Quarkus and Micronaut: what their configuration is known by, and what it adds to the graph."""

from pathlib import Path
from textwrap import dedent

import pytest
from conftest import Check

from archlint.engine.resolve import Workspace
from archlint.formats.spring import FORMAT

_COMPOSE = """
services:
  orders: {image: shop/orders}
  stock: {image: shop/stock}
  db: {image: "postgres:17"}
  broker: {image: "apache/kafka:4.0.0"}
"""


def _edges(check: Check, files: dict[str, str]) -> set[tuple[str, str, str]]:
    graph = check({path: dedent(text) for path, text in files.items()}).graph
    return {(edge.source.name, edge.kind, edge.target.name) for edge in graph.dependencies}


@pytest.mark.parametrize(
    ("name", "text", "kinds"),
    [
        ("application.properties", "quarkus.http.port=80\n", ["quarkus configuration"]),
        ("application.properties", "%prod.quarkus.http.port=80\n", ["quarkus configuration"]),
        ("application.yml", "'%prod': {quarkus: {http: {port: 80}}}", ["quarkus configuration"]),
        ("application-prod.yml", "quarkus.http.port: 80", ["quarkus configuration"]),
        (
            "application.yml",
            "micronaut: {application: {name: a}}\n---\nkafka: {bootstrap: {servers: 'a:9092'}}",
            ["micronaut configuration"] * 2,
        ),
        ("application.yml", "kafka: {bootstrap: {servers: 'a:9092'}}", [""]),
        ("application.yml", "'%prod': 3", [""]),
        ("values.yml", "quarkus: {http: {port: 80}}", [""]),
    ],
)
def test_it_is_known_by_its_keys(tmp_path: Path, name: str, text: str, kinds: list[str]) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    workspace = Workspace(tmp_path, (FORMAT,))
    assert [FORMAT.sniff(document) for document in workspace.documents(name)] == kinds


def test_an_image_of_quarkus_is_built_for_production(check: Check) -> None:
    text = """
        quarkus.application.name=orders
        quarkus.rest-client.stock.url=stork://stock-service
        quarkus.stork.stock-service.service-discovery.address-list=localhost:8080
        %prod.quarkus.stork.stock-service.service-discovery.address-list=stock:8080
        %dev.quarkus.datasource.jdbc.url=jdbc:postgresql://db/development
        %prod.quarkus.datasource.jdbc.url=jdbc:postgresql://db/orders
        %prod.kafka.bootstrap.servers=broker:9092
        """
    files = {"compose.yaml": _COMPOSE, "orders/src/main/resources/application.properties": text}
    assert _edges(check, files) == {
        ("orders", "calls", "stock"),
        ("orders", "uses", "db/orders"),
        ("orders", "uses", "broker"),
    }
    files["compose.yaml"] = _COMPOSE.replace(
        "shop/orders}", "shop/orders, environment: {QUARKUS_PROFILE: dev}}"
    )
    assert _edges(check, files) == {("orders", "uses", "db/development")}


def test_clients_of_micronaut_have_addresses_or_names(check: Check) -> None:
    text = """
        micronaut:
          application: {name: shop-orders}
          http:
            services:
              stock: {read-timeout: 5s}
              payments: {url: "https://pay.example.com"}
              messages: {urls: ["http://mail:8080"]}
        ---
        kafka: {bootstrap: {servers: "${KAFKA_HOST:localhost}:${KAFKA_PORT:9092}"}}
        """
    compose = _COMPOSE.replace("shop/orders}", "shop/orders, environment: {KAFKA_HOST: broker}}")
    files = {
        "compose.yaml": f"{compose}  mail: {{image: shop/mail}}\n  pay: {{image: shop/pay}}\n",
        "orders/src/main/resources/application.yml": text,
    }
    assert _edges(check, files) == {
        ("orders", "calls", "stock"),
        ("orders", "calls", "mail"),
        ("orders", "uses", "broker"),
    }


def test_micronaut_finds_out_that_it_runs_in_a_cluster(check: Check) -> None:
    pods = "{selector: {matchLabels: {app: NAME}}, template: {metadata: {labels: {app: NAME}}, spec: {containers: [{name: a, image: shop/NAME}]}}}"
    service = "{selector: {app: NAME}, ports: [{port: 80}]}"
    parts = [
        f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {spec.replace('NAME', name)}\n"
        for name in ("orders", "stock")
        for version, kind, spec in (("apps/v1", "Deployment", pods), ("v1", "Service", service))
    ]
    folder = "orders/src/main/resources/"
    files = {
        "k8s.yaml": "---\n".join(parts),
        f"{folder}application.yml": "micronaut: {application: {name: orders}}\nstock: {url: 'http://localhost'}\n",
        f"{folder}application-k8s.yml": "micronaut: {server: {port: 80}}\nstock: {url: 'http://stock'}\n",
    }
    assert _edges(check, files) == {("orders", "calls", "stock")}
