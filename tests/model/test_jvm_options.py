"""Settings in the options of a JVM, and in the one text that Spring reads them from."""

from textwrap import dedent
from typing import Literal

import pytest
from conftest import Check

from archlint.api import Location, Setting, with_options

_COMPOSE = """
services:
  orders:
    image: shop/orders
    {more}
  stock: {{image: shop/stock}}
  db: {{image: "postgres:17"}}
"""
_PODS = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: orders}}
spec:
  selector: {{matchLabels: {{app: orders}}}}
  template:
    metadata: {{labels: {{app: orders}}}}
    spec:
      containers:
        - {{name: main, image: shop/orders, {more}}}
---
apiVersion: v1
kind: Service
metadata: {{name: stock}}
spec: {{selector: {{app: stock}}, ports: [{{port: 80}}]}}
"""


def _read(key: str, value: str, via: Literal["env", "argument"] = "env") -> list[tuple[str, str | None]]:
    setting = Setting(key=key, value=value, at=Location("a.yaml", ()), via=via)
    return [(one.key, one.value) for one in with_options([setting])]


@pytest.mark.parametrize(
    ("key", "value", "found"),
    [
        (
            "JAVA_TOOL_OPTIONS",
            '-Xmx1g -Da.url=http://a -Db.text="x y" -Dc',
            [("a.url", "http://a"), ("b.text", "x y")],
        ),
        ("JAVA_OPTS", "-Dspring.profiles.active=docker", [("spring.profiles.active", "docker")]),
        ("JDK_JAVA_OPTIONS", "-XX:+UseG1GC", []),
        ("NODE_OPTIONS", "--a.b=c", []),
        ("SPRING_APPLICATION_JSON", "not JSON", []),
        ("SPRING_APPLICATION_JSON", "[1]", []),
        ("SPRING_APPLICATION_JSON", "[" * 9_000, []),
    ],
)
def test_options_are_read_and_stay(key: str, value: str, found: list[tuple[str, str]]) -> None:
    assert _read(key, value) == [(key, value), *found]


def test_one_text_of_settings_is_read_instead() -> None:
    text = '{"a":{"b":1,"c":[true,null,"x"]},"d.e":"f"}'
    assert _read("SPRING_APPLICATION_JSON", text) == [
        ("a.b", "1"),
        ("a.c[0]", "true"),
        ("a.c[2]", "x"),
        ("d.e", "f"),
    ]


def test_an_argument_may_be_a_property() -> None:
    assert _read("Da.b", "c", "argument") == [("a.b", "c")]
    assert _read("Database", "c", "argument") == [("Database", "c")]
    assert _read("Da.b", "c") == [("Da.b", "c")]


@pytest.mark.parametrize(
    "more",
    [
        "environment: {JAVA_OPTS: '-Dstock.url=http://stock'}",
        'environment: {SPRING_APPLICATION_JSON: \'{"stock": {"url": "http://stock"}}\'}',
        "command: java -Dstock.url=http://stock -jar orders.jar",
        "command: [java, -jar, orders.jar, --spring.profiles.active=far]",
    ],
)
def test_they_lead_somewhere_and_override(check: Check, more: str) -> None:
    files = {
        "compose.yaml": _COMPOSE.format(more=more),
        "orders/src/main/resources/application.yml": dedent("""
            spring: {application: {name: orders}}
            stock: {url: "http://db"}
            ---
            spring: {config: {activate: {on-profile: far}}}
            stock: {url: "http://stock"}
            """),
    }
    graph = check(files).graph
    assert [edge.target.name for edge in graph.dependencies] == ["stock"]


def test_so_do_those_of_pods(check: Check) -> None:
    more = "args: [-Dstock.url=http://stock], env: [{name: JAVA_OPTS, value: '-Ddb.password=s3cr3t-Zebra'}]"
    run = check({"k8s.yaml": _PODS.format(more=more)})
    assert [edge.target.name for edge in run.graph.dependencies] == ["stock"]
