"""Whose the configuration files in ConfigMaps are."""

from textwrap import indent

import pytest
from systems import deployment, edges_of, graph_of

_DATABASE = deployment("db", image="mongo:7")


def _config(name: str, file: str, text: str) -> str:
    return f"""
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: {name}}}
data:
  {file}: |
{indent(text, "    ")}
"""


def _mounting(name: str, config: str, *env: str) -> str:
    text = deployment(name, *env, extra=f", volumeMounts: [{{name: files, mountPath: /{name}}}]")
    volumes = f"      volumes: [{{name: files, configMap: {{name: {config}}}}}]\n---\napiVersion: v1"
    return text.replace("---\napiVersion: v1", volumes)


def test_an_application_asks_for_the_configmap_of_its_name() -> None:
    text = "spring.data.mongodb.host=db\nspring.data.mongodb.database=orders\nstock.url=http://stock"
    files = {
        "all.yaml": deployment("orders")
        + deployment("stock", "STOCK_URL=http://other")
        + _DATABASE
        + _config("orders", "application.properties", text)
    }
    assert edges_of(graph_of(files)) == {("uses", "orders", "db/orders"), ("calls", "orders", "stock")}


@pytest.mark.parametrize(
    ("config", "file", "more"),
    [
        ("other", "application.properties", ""),
        ("orders", "stock.properties", ""),
        ("orders", "application.properties", "STOCK_URL=http://far.example.com"),
    ],
    ids=["of another name", "no configuration of an application", "the environment says otherwise"],
)
def test_nobody_is_said_to_read_the_rest(config: str, file: str, more: str) -> None:
    env = (more,) if more else ()
    text = (
        deployment("orders", *env) + deployment("stock") + _config(config, file, "stock.url=http://stock\n#")
    )
    assert edges_of(graph_of({"all.yaml": text})) == set()


def test_who_mounts_it_reads_it_and_nobody_else() -> None:
    config = _config("orders", "application.properties", "stock.url=http://stock\n#")
    files = {"all.yaml": deployment("orders") + deployment("stock") + _mounting("batch", "orders") + config}
    assert edges_of(graph_of(files)) == {("calls", "batch", "stock")}


@pytest.mark.parametrize("file", ["front.yml", "front-prod.yml"])
def test_a_configuration_server_keeps_files_of_others(file: str) -> None:
    config = _config("kept", file, "stock: {url: 'http://stock'}\n#")
    server = "SPRING_CLOUD_CONFIG_SERVER_NATIVE_SEARCH_LOCATIONS=file:/config"
    parts = deployment("front") + deployment("stock") + config
    assert edges_of(graph_of({"all.yaml": parts + _mounting("config", "kept", server)})) == {
        ("calls", "front", "stock")
    }
    assert edges_of(graph_of({"all.yaml": parts + _mounting("proxy", "kept")})) == {
        ("calls", "proxy", "stock")
    }


def test_routes_for_all_are_those_of_the_only_gateway() -> None:
    text = "spring: {cloud: {gateway: {routes: [{id: a, uri: 'http://stock'}]}}}\nmail: {url: 'http://mail'}"
    parts = deployment("stock") + deployment("mail") + _config("common", "application.yaml", text)
    gateway = deployment("api-gateway")
    assert edges_of(graph_of({"all.yaml": parts + gateway})) == {("calls", "api-gateway", "stock")}
    assert edges_of(graph_of({"all.yaml": parts + gateway + deployment("my-gateway")})) == set()
