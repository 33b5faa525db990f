"""Compose: what is a project, how its files are put together, and what it says of the system."""

from pathlib import Path
from textwrap import dedent

import pytest

from archlint.api import Document, EndpointFact, Fact, Setting, WorkloadFact
from archlint.engine.resolve import Workspace
from archlint.formats.compose import FORMAT, ComposeService, Project, project_of, settings_in
from archlint.formats.compose.interpolate import interpolate, read_dotenv

COMPOSE = """
    x-common: &common
      restart: always
      environment: &environment {LEVEL: info}
    services:
      orders:
        <<: *common
        build: ./orders
        container_name: shop-orders
        environment:
          <<: *environment
          STOCK_URL: http://stock:8080
          WORKERS: 4
          FROM_SHELL:
          UNSET: ${NOWHERE}
          PRICE: $$5
        depends_on:
          stock: {condition: service_healthy}
        ports: ["8080:80", "127.0.0.1:9000-9001:9000-9001/tcp", {target: 7000, published: 7001}]
        expose: [5005, "6006/udp"]
        networks: {back: {aliases: [ordering]}}
        links: ["stock:warehouse"]
        volumes: ["./orders:/app:ro", "data:/data", {type: volume, source: more, target: /more, read_only: true}]
        stop_grace_period: 1m30s
        deploy: {replicas: 2, resources: {limits: {memory: 1g, cpus: "0.5"}, reservations: {memory: 1m}}}
        healthcheck: {test: [CMD, true]}
      stock:
        image: shop/stock:1
        command: serve --db=postgres://db/stock --port 8080
        depends_on: [db]
        environment: ["MODE=fast", "ONLY_NAME", "TEXT=a=b"]
      db:
        image: postgres:${POSTGRES:-16}
    """


def _read(folder: Path, files: dict[str, str], name: str = "compose.yaml") -> Document:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(dedent(content), encoding="utf-8")
    document = Workspace(folder).documents(name)[0]
    document.format = "compose" if FORMAT.sniff(document) else ""
    return document


def _facts[F: Fact](document: Document, kind: type[F]) -> dict[str, F]:
    return {fact.name: fact for fact in FORMAT.facts(document) if isinstance(fact, kind)}  # type: ignore[union-attr]


def _settings(document: Document, service: str) -> dict[str, Setting]:
    return {
        item.key: item
        for item in _facts(document, WorkloadFact)[service].containers[0].settings
        if item.via == "env"
    }


@pytest.mark.parametrize(
    ("text", "is_compose"),
    [
        ("services: {a: {image: x}}", True),
        ("{version: '3', services: {a: {build: .}, b: null}}", True),
        ("services: {a: {extends: {service: b}}}", True),
        ("services: [a]", False),
        ("services: {}", False),
        ("services: {a: {port: 80}}", False),
        ("services: {a: {image: x}, b: text}", False),
        ("{apiVersion: v1, services: {a: {image: x}}}", False),
        ("{openapi: 3.1.0, services: {a: {image: x}}}", False),
        ("name: shop", False),
    ],
)
def test_a_project_is_known_by_its_services(tmp_path: Path, text: str, is_compose: bool) -> None:  # noqa: FBT001
    assert bool(FORMAT.sniff(_read(tmp_path, {"any.yaml": text}, "any.yaml"))) is is_compose


def test_a_service_says_all_that_the_graph_needs(tmp_path: Path) -> None:
    facts = _facts(_read(tmp_path, {"compose.yaml": COMPOSE}), WorkloadFact)
    orders, stock, database = facts["orders"], facts["stock"], facts["db"]
    assert (orders.kind, orders.scope, orders.build, stock.build) == (
        "compose",
        "compose:compose.yaml",
        True,
        False,
    )
    assert (orders.replicas, orders.grace_seconds, orders.networks) == (2, 90, ("_back",))
    assert (orders.waits_for, stock.waits_for) == ((("stock", "service_healthy"),), (("db", ""),))
    (container,) = orders.containers
    assert container.resources == {"limits.memory": "1g", "limits.cpu": "0.5", "requests.memory": "1m"}
    assert container.mounts == (("./orders", "/app", True), ("data", "/data", False), ("more", "/more", True))
    assert [(volume.name, volume.kind) for volume in orders.volumes] == [
        ("./orders", "host"),
        ("data", "named"),
        ("more", "named"),
    ]
    assert container.readiness is not None
    assert stock.containers[0].readiness is None
    assert database.containers[0].image == "postgres:16"
    assert [
        (setting.key, setting.value) for setting in stock.containers[0].settings if setting.via == "argument"
    ] == [
        ("db", "postgres://db/stock"),
        ("port", "8080"),
    ]


def test_an_endpoint_has_every_name_and_port(tmp_path: Path) -> None:
    facts = _facts(_read(tmp_path, {"compose.yaml": COMPOSE}), EndpointFact)
    assert facts["orders"].hostnames == ("orders", "shop-orders", "ordering")
    assert facts["stock"].hostnames == ("stock", "warehouse")
    assert (facts["orders"].exposure, facts["stock"].exposure) == ("host", "internal")
    assert [(port.number, port.published) for port in facts["orders"].ports] == [
        (5005, ""),
        (6006, ""),
        (80, "8080"),
        (9000, "127.0.0.1:9000"),
        (9001, "127.0.0.1:9001"),
        (7000, "7001"),
    ]


def test_settings_are_merged_interpolated_or_unknown(tmp_path: Path) -> None:
    document = _read(tmp_path, {"compose.yaml": COMPOSE, ".env": "FROM_SHELL=here\n"})
    orders, stock = _settings(document, "orders"), _settings(document, "stock")
    assert {key: setting.value for key, setting in orders.items()} == {
        "LEVEL": "info",
        "STOCK_URL": "http://stock:8080",
        "WORKERS": "4",
        "FROM_SHELL": "here",
        "UNSET": None,
        "PRICE": "$5",
    }
    assert {key: setting.value for key, setting in stock.items()} == {
        "MODE": "fast",
        "ONLY_NAME": None,
        "TEXT": "a=b",
    }


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$A", "1"),
        ("${A}", "1"),
        ("x${A}y$A", "x1y1"),
        ("$$A", "$A"),
        ("$${A}", "${A}"),
        ("${B}", None),
        ("x$B", None),
        ("${B:-d}", "d"),
        ("${B-d}", "d"),
        ("${B:-}", ""),
        ("${E:-d}", "d"),
        ("${E-d}", ""),
        ("${E}", ""),
        ("${A:-d}", "1"),
        ("${B:-${A}}", "1"),
        ("${B:-x${C:-y}}", "xy"),
        ("${B:-${C}}", None),
        ("${B:?it is needed}", None),
        ("${A:?it is needed}", "1"),
        ("${E:?it is needed}", None),
        ("${E?it is needed}", ""),
        ("${A:+a}", "a"),
        ("${B:+a}", ""),
        ("${E:+a}", ""),
        ("${E+a}", "a"),
        ("http://${H:-stock}:${P:-80}/", "http://stock:80/"),
        ("a $ b", "a $ b"),
        ("$1", "$1"),
        ("", ""),
    ],
)
def test_variables_are_replaced_as_the_specification_says(text: str, value: str | None) -> None:
    assert interpolate(text, {"A": "1", "E": ""}) == value


def test_the_environment_of_the_process_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "set")
    document = _read(
        tmp_path, {"compose.yaml": "services: {a: {image: x, environment: [SECRET, 'B=$SECRET']}}"}
    )
    assert [setting.value for setting in _settings(document, "a").values()] == [None, None]


def test_env_files_are_read_as_docker_does() -> None:
    text = """
        # a comment
        PLAIN=a b   # comment
        export EXPORTED=1
        QUOTED="a # b"  # c
        SINGLE='$PLAIN'
        OPEN="no end
        HASH=a#b
        USES=${PLAIN}/x
        EMPTY=
        NO_VALUE
        =nothing
        LATER=${NOWHERE:-d}
        """
    assert {name: value for name, (value, _) in read_dotenv(dedent(text)).items()} == {
        "PLAIN": "a b",
        "EXPORTED": "1",
        "QUOTED": "a # b",
        "SINGLE": "$PLAIN",
        "OPEN": '"no end',
        "HASH": "a#b",
        "USES": "a b/x",
        "EMPTY": "",
        "LATER": "d",
    }
    assert read_dotenv("\nA=1\n")["A"][1] == 2


def test_values_of_env_files_stand_in_those_files(tmp_path: Path) -> None:
    text = """
        services:
          a:
            image: x
            env_file: [common.env, {path: env/a.env, required: false}, missing.env]
            environment: {OWN: "1", BOTH: own}
        """
    document = _read(
        tmp_path,
        {
            "deploy/compose.yaml": text,
            "deploy/common.env": "X=1\nY=2\n",
            "deploy/env/a.env": "\nY=3\nBOTH=file\n",
        },
        "deploy/compose.yaml",
    )
    found = _settings(document, "a")
    assert {key: setting.value for key, setting in found.items()} == {
        "X": "1",
        "Y": "3",
        "BOTH": "own",
        "OWN": "1",
    }
    assert (str(found["X"].at), str(found["Y"].at)) == ("deploy/common.env:1:1", "deploy/env/a.env:2:1")
    assert found["BOTH"].at.path == "deploy/compose.yaml"


def test_rules_see_what_is_committed_and_not_what_somebody_has_on_a_laptop(tmp_path: Path) -> None:
    text = """
        services:
          a:
            image: x
            env_file: [.env, shared.env]
            command: serve --password $PASSWORD
            environment: {A: "${PASSWORD}", B: "${PASSWORD:-default}", C: literal}
        """
    document = _read(tmp_path, {"compose.yaml": text, ".env": "PASSWORD=mine\n", "shared.env": "D=shared\n"})
    project = project_of(document)
    assert project is not None
    assert {setting.key: setting.value for setting, _ in settings_in(project)} == {
        "A": None,
        "B": "default",
        "C": "literal",
        "D": "shared",
    }
    assert _settings(document, "a")["A"].value == "mine"


def test_a_service_is_extended_from_this_file_and_others(tmp_path: Path) -> None:
    base = "services: {base: {image: base, environment: {A: far, B: far}, extends: root}, root: {image: root, ports: ['80:80']}}"
    text = """
        services:
          middle:
            extends: {file: common/base.yaml, service: base}
            environment: {B: middle}
          a: {extends: {service: middle}, environment: {C: near}}
          loop: {extends: loop, image: x}
          lost: {extends: {file: nowhere.yaml, service: b}, image: x}
        """
    document = _read(tmp_path, {"compose.yaml": text, "common/base.yaml": base})
    found = _settings(document, "a")
    assert {key: (setting.value, setting.at.path) for key, setting in found.items()} == {
        "A": ("far", "common/base.yaml"),
        "B": ("middle", "compose.yaml"),
        "C": ("near", "compose.yaml"),
    }
    fact = _facts(document, WorkloadFact)["a"]
    assert fact.containers[0].image == "base"
    assert fact.containers[0].ports[0].number == 80
    assert set(_facts(document, WorkloadFact)) == {"middle", "a", "loop", "lost"}


def test_an_override_is_merged_into_its_base_alone(tmp_path: Path) -> None:
    files = {
        "compose.yaml": "services: {a: {image: x, environment: {A: base, B: base}}}",
        "compose.override.yaml": "services: {a: {environment: {B: over}, command: [new]}, extra: {image: y}}",
    }
    files["compose.yaml"] = files["compose.yaml"].replace("image: x", "image: x, command: [old]")
    document = _read(tmp_path, files)
    assert _facts(document, WorkloadFact)["a"].containers[0].command == ("new",)
    found = _settings(document, "a")
    assert {key: (setting.value, setting.at.path) for key, setting in found.items()} == {
        "A": ("base", "compose.yaml"),
        "B": ("over", "compose.override.yaml"),
    }
    assert set(_facts(document, WorkloadFact)) == {"a", "extra"}
    override = _read(tmp_path, {}, "compose.override.yaml")
    assert not list(FORMAT.facts(override))
    assert not list(FORMAT.visit(override, frozenset((Project, ComposeService))))


def test_a_variant_is_read_over_its_base(tmp_path: Path) -> None:
    files = {
        "docker-compose.yml": "services: {a: {image: x, environment: {A: base}}, b: {image: y}}",
        "docker-compose.prod.yml": "services: {a: {environment: {A: prod}, mem_limit: 1g}}",
        "alone.yml": "services: {a: {image: x}}",
    }
    document = _read(tmp_path, files, "docker-compose.prod.yml")
    assert _settings(document, "a")["A"].value == "prod"
    assert _facts(document, WorkloadFact)["a"].containers[0].resources == {"limits.memory": "1g"}
    assert set(_facts(_read(tmp_path, {}, "alone.yml"), WorkloadFact)) == {"a"}
    assert _settings(_read(tmp_path, {}, "docker-compose.yml"), "a")["A"].value == "base"


def test_included_files_belong_to_the_project(tmp_path: Path) -> None:
    files = {
        "compose.yaml": "{include: [db/compose.yaml, {path: [q.yaml]}, gone.yaml], services: {a: {image: x}}}",
        "db/compose.yaml": "services: {db: {image: postgres, environment: {MODE: $MODE}}}",
        "q.yaml": "services: {queue: {image: rabbitmq}}",
    }
    facts = _facts(_read(tmp_path, files), WorkloadFact)
    assert {name: (fact.at.path, fact.scope) for name, fact in facts.items()} == {
        "db": ("db/compose.yaml", "compose:compose.yaml"),
        "queue": ("q.yaml", "compose:compose.yaml"),
        "a": ("compose.yaml", "compose:compose.yaml"),
    }


@pytest.mark.parametrize(
    ("text", "message", "pointer"),
    [
        ("services: {a: {image: [x]}}", "`image`", ("services", "a", "image")),
        ("services: {a: {image: x, environment: text}}", "`environment`", ("services", "a", "environment")),
        ("services: {a: {image: x, ports: {80: 80}}}", "`ports`", ("services", "a", "ports")),
        ("services: {a: {image: x, depends_on: b}}", "`depends_on`", ("services", "a", "depends_on")),
    ],
)
def test_a_fault_is_said_once_in_its_place(
    tmp_path: Path, text: str, message: str, pointer: tuple[str, ...]
) -> None:
    (problem,) = FORMAT.validate(_read(tmp_path, {"compose.yaml": text}))
    assert problem.at is not None
    assert problem.at.pointer == pointer
    assert message in problem.message


def test_what_is_right_is_not_reported(tmp_path: Path) -> None:
    assert not list(FORMAT.validate(_read(tmp_path, {"compose.yaml": COMPOSE})))


@pytest.mark.parametrize(
    "value", ["7", "text", "[1]", "[[]]", "[{}]", "{a: 1}", "{a: {b: []}}", "null", "true"]
)
def test_odd_shapes_are_never_a_crash(tmp_path: Path, value: str) -> None:
    keys = (
        "image", "environment", "env_file", "command", "entrypoint", "ports", "expose", "volumes", "networks", "links", "depends_on", "deploy",
        "healthcheck", "extends", "labels", "stop_grace_period", "container_name", "scale", "network_mode", "mem_limit",
    )  # fmt: skip
    services = "\n".join(f"  {key}-service: {{image: x, build: x, {key}: {value}}}" for key in keys)
    document = _read(tmp_path, {"compose.yaml": f"include: {value}\nservices:\n{services}\n"})
    assert len(_facts(document, WorkloadFact)) == len(keys)
    list(FORMAT.validate(document))
    list(FORMAT.visit(document, frozenset((Project, ComposeService))))


def test_alternatives_are_merged_over_their_base_one_at_a_time(tmp_path: Path) -> None:
    files = {"compose.yaml": "services: {a: {image: x, environment: {BASE: 1}}}"}
    for name in ("override", "dev", "prod"):
        files[f"compose.{name}.yaml"] = f"services: {{a: {{environment: {{{name}: 1}}}}}}"
    assert set(_settings(_read(tmp_path, files), "a")) == {"BASE", "override"}
    assert set(_settings(_read(tmp_path, files, "compose.prod.yaml"), "a")) == {"BASE", "prod"}


def test_an_alternative_that_tells_everything_anew_replaces_the_base(tmp_path: Path) -> None:
    files = {
        "docker-compose.yml": "services: {a: {image: x, environment: {A: base}}, b: {image: y}, c: {image: z}}",
        "docker-compose-slim.yml": "services: {a: {image: x, environment: {S: slim}}, b: {build: .}}",
    }
    slim = _read(tmp_path, files, "docker-compose-slim.yml")
    assert set(_settings(slim, "a")) == {"S"}
    assert set(_facts(slim, WorkloadFact)) == {"a", "b"}
