"""Score workloads: what is one, and what it adds to the graph."""

from pathlib import Path
from textwrap import dedent

import pytest
from conftest import Check

from archlint.api import Document
from archlint.engine.resolve import Workspace
from archlint.formats.score import FORMAT, ScoreWorkload, settings_in
from archlint.model.builder import build_graph

WORKLOAD = """
    apiVersion: score.dev/v1b1
    metadata: {{name: {name}}}
    containers:
      main:
        image: .
        variables: {{DB_HOST: "${{resources.db.host}}", LEVEL: info, PRICE: "$${{5}}"}}
    resources:
      db: {{type: postgres{shared}}}
      queue: {{type: amqp, id: orders-queue}}
      {peer}: {{type: service}}
      host: {{type: dns}}
    """


def _read(folder: Path, text: str) -> Document:
    (folder / "score.yaml").write_text(dedent(text), encoding="utf-8")
    return Workspace(folder).documents("score.yaml")[0]


def _two(shared: str) -> dict[str, str]:
    return {
        f"{name}/score.yaml": dedent(WORKLOAD.format(name=name, peer=peer, shared=shared))
        for name, peer in (("orders", "billing"), ("billing", "stock"))
    }


def test_it_is_known_by_its_version(tmp_path: Path) -> None:
    assert FORMAT.sniff(_read(tmp_path, WORKLOAD.format(name="a", peer="b", shared=""))) == "score v1b1"
    assert not FORMAT.sniff(_read(tmp_path, "apiVersion: apps/v1"))
    assert not FORMAT.sniff(_read(tmp_path, "[1]"))


def test_what_a_resource_fills_in_is_unknown(tmp_path: Path) -> None:
    found = settings_in(_read(tmp_path, WORKLOAD.format(name="a", peer="b", shared="")))
    assert {setting.key: (setting.value, owner) for setting, owner in found} == {
        "DB_HOST": (None, "a"),
        "LEVEL": ("info", "a"),
        "PRICE": ("${5}", "a"),
    }


def test_resources_are_shared_by_type_class_and_id(check: Check) -> None:
    graph = build_graph(list(check(_two(", id: main")).facts))
    edges = {(edge.source.name, edge.kind, edge.target.name) for edge in graph.dependencies}
    assert edges == {
        ("orders", "uses", "main"),
        ("billing", "uses", "main"),
        ("orders", "uses", "orders-queue"),
        ("billing", "uses", "orders-queue"),
        ("orders", "calls", "billing"),
    }
    own = build_graph(list(check(_two("")).facts))
    assert {"orders.db", "billing.db"} <= {store.name for store in own.datastores}


@pytest.mark.parametrize(("shared", "expected"), [(", id: main", ["shared-database"]), ("", [])])
def test_a_database_with_an_id_is_a_shared_one(check: Check, shared: str, expected: list[str]) -> None:
    findings = check(_two(shared), "shared-database").report.findings
    assert [finding.rule for finding in findings] == expected


def test_a_workload_that_is_a_database_is_a_datastore(check: Check) -> None:
    head = "apiVersion: score.dev/v1b1\nmetadata: {name: NAME}\ncontainers: {main: {image: x}}\n"
    users = {
        f"{name}/score.yaml": head.replace("NAME", name) + "resources: {database: {type: service}}\n"
        for name in ("a", "b")
    }
    alone = check(users)
    assert not build_graph(list(alone.facts)).dependencies
    found = check({**users, "database/score.yaml": head.replace("NAME", "database")}, "shared-database")
    assert [finding.rule for finding in found.report.findings] == ["shared-database"]
    assert {service.name for service in build_graph(list(found.facts)).services} == {"a", "b"}


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        ("{apiVersion: score.dev/v1b1, metadata: {name: a}}", ()),
        (
            "{apiVersion: score.dev/v1b1, metadata: {name: 7}, containers: {a: {image: x}}}",
            ("metadata", "name"),
        ),
        ("{apiVersion: score.dev/v1b1, metadata: {name: a}, containers: {a: {}}}", ("containers", "a")),
        (
            "{apiVersion: score.dev/v1b1, metadata: {name: a}, containers: {a: {image: x}}, resources: {b: {}}}",
            ("resources", "b"),
        ),
    ],
)
def test_a_fault_is_said_once_in_its_place(tmp_path: Path, text: str, pointer: tuple[str, ...]) -> None:
    (problem,) = FORMAT.validate(_read(tmp_path, text))
    assert problem.at is not None
    assert problem.at.pointer == pointer


@pytest.mark.parametrize(
    "value", ["7", "text", "[1]", "{a: 1}", "{a: {b: []}}", "{a: {type: service, id: [], params: 7}}", "null"]
)
def test_odd_shapes_are_never_a_crash(tmp_path: Path, value: str) -> None:
    text = f"{{apiVersion: score.dev/v1b1, metadata: {{name: a}}, containers: {value}, service: {value}, resources: {value}}}"
    document = _read(tmp_path, text)
    list(FORMAT.facts(document))
    list(FORMAT.validate(document))
    list(settings_in(document))
    assert [type(node) for node in FORMAT.visit(document, frozenset((ScoreWorkload,)))] == [ScoreWorkload]
