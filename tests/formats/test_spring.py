"""Spring configuration: what is some, how properties are read, and what it adds to the graph."""

from pathlib import Path
from textwrap import dedent

import pytest
from conftest import Check

from archlint.api import Dependency, Document, RouteFact, ServiceFact, ServiceGraph, SettingsFact
from archlint.engine.resolve import Workspace
from archlint.formats.spring import FORMAT, SpringConfig
from archlint.model.builder import build_graph

GATEWAY = """
    spring:
      application: {name: front}
      cloud:
        gateway:
          default-filters:
          - {name: Retry, args: {retries: 2, statuses: SERVICE_UNAVAILABLE, methods: "GET,POST"}}
          routes:
          - id: stock
            uri: lb://stock
            predicates: ["Path=/stock/**,/store/**", Method=GET]
            filters: [StripPrefix=1, "CircuitBreaker=name=stock,fallbackUri=/no"]
          - {id: web, uri: "http://site:8080", predicates: [{name: Host, args: {pattern: "*.example.com"}}]}
          - {id: unknown, uri: "${WHERE}"}
          - {id: here, uri: "forward:/home"}
    """


def _read(folder: Path, files: dict[str, str], name: str) -> list[Document]:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(dedent(text), encoding="utf-8")
    return list(Workspace(folder, (FORMAT,)).documents(name))


def _edges(graph: ServiceGraph) -> set[tuple[str, str, str]]:
    return {(edge.source.name, edge.kind, edge.target.name) for edge in graph.dependencies}


def _graph(check: Check, files: dict[str, str]) -> ServiceGraph:
    return build_graph(list(check({name: dedent(text) for name, text in files.items()}).facts))


@pytest.mark.parametrize(
    ("name", "text", "is_spring"),
    [
        ("application.yml", "spring: {application: {name: a}}", True),
        ("application.yml", "server: {port: 80}", True),
        ("application-prod.yaml", "eureka: {client: {enabled: false}}", True),
        ("bootstrap.properties", "spring.cloud.config.uri=http://config:8888", True),
        ("orders.yml", "spring: {datasource: {url: x}}", True),
        ("orders.yml", "spring.datasource.url: x", True),
        ("orders.yml", "server: {port: 80}", False),
        ("application.yml", "{apiVersion: v1, kind: A, metadata: {name: a}, server: 1}", False),
        ("application.yml", "helidon: {http: {port: 80}}", False),
        ("values.yaml", "spring: {datasource: {url: x}}", False),
        ("seasons.yml", "spring: {flowers: 3}", False),
        ("messages.properties", "server=The server", False),
        ("src/test/resources/application.yml", "spring: {application: {name: a}}", False),
        ("target/classes/application.yml", "spring: {application: {name: a}}", False),
        ("application.properties", "", False),
    ],
)
def test_it_is_known_by_springs_own_keys(tmp_path: Path, name: str, text: str, is_spring: bool) -> None:  # noqa: FBT001
    documents = _read(tmp_path, {name: text}, name)
    assert [bool(FORMAT.sniff(document)) for document in documents] == [is_spring] * len(documents)


def test_properties_are_read_as_java_does(tmp_path: Path) -> None:
    text = "\n".join([  # noqa: FLY002 - a line each
        "# a comment", "! another", "", "plain=value", "colon: value ", "space value of more", "  indented = x", "empty=", "alone",
        r"path=C:\\data\tx", r"a\ key\:b=c", r"unicode=caf\u00e9", "long=one,\\", "   two,\\", "   three", "hash=a#b", "twice=1", "twice=2", r"last=x\\",
    ])  # fmt: skip
    (document,) = _read(tmp_path, {"application.properties": text}, "application.properties")
    assert document.data == {
        "plain": "value",
        "colon": "value ",
        "space": "value of more",
        "indented": "x",
        "empty": "",
        "alone": "",
        "path": "C:\\data\tx",
        "a key:b": "c",
        "unicode": "café",
        "long": "one,two,three",
        "hash": "a#b",
        "twice": "2",
        "last": "x\\",
    }


def test_values_stand_where_they_are_written(tmp_path: Path) -> None:
    text = "spring.application.name = orders\n#---\nspring.config.activate.on-profile=prod\nlong=a,\\\n  bc\n"
    first, second = _read(tmp_path, {"application.properties": text}, "application.properties")
    name = (("spring.application.name",), False)
    region = first.locator.locate([name])[name]
    assert (region.start_line, region.start_column, region.end_column) == (1, 27, 33)
    key = (("spring.application.name",), True)
    assert first.locator.locate([key])[key].start_column == 1
    long = (("long",), False)
    region = second.locator.locate([long])[long]
    assert (region.start_line, region.start_column, region.end_line, region.end_column) == (4, 6, 5, 5)
    assert second.locator.locate([((), False)])[(), False].start_line == 2
    assert (SpringConfig(first).profile, SpringConfig(second).profile) == ("", "prod")


@pytest.mark.parametrize(
    ("files", "name"),
    [
        ({"application.yml": "spring: {application: {name: orders}, main: {}}"}, "orders"),
        ({"application.yml": "spring: {application: {name: '${NAME:orders}'}}"}, "orders"),
        (
            {
                "application.yml": "spring: {main: {}}",
                "bootstrap.properties": "spring.application.name=orders",
            },
            "orders",
        ),
        ({"application.yml": "spring: {main: {}}\n---\nspring: {application: {name: orders}}"}, "orders"),
        ({"application.yml": "spring: {main: {}}"}, ""),
    ],
)
def test_the_application_is_named_here_or_beside(tmp_path: Path, files: dict[str, str], name: str) -> None:
    assert SpringConfig(_read(tmp_path, files, "application.yml")[0]).application == name


def test_without_a_name_the_module_counts(tmp_path: Path) -> None:
    path = "shop/orders/src/main/resources/application.yml"
    (document,) = _read(tmp_path, {path: "spring: {main: {}}"}, path)
    assert SpringConfig(document).application == "orders"
    assert not [fact for fact in FORMAT.facts(document) if isinstance(fact, ServiceFact)]


def test_settings_keep_placeholders_and_drop_prefixes(tmp_path: Path) -> None:
    text = """
        spring:
          application: {name: orders}
          config: {import: "optional:configserver:http://config:8888"}
          datasource.url: ${DB:jdbc:h2:mem}
        kafka: {servers: [a, b]}
        version: "@project.version@"
        on: true
        """
    (document,) = _read(tmp_path, {"application.yml": text}, "application.yml")
    (fact,) = (fact for fact in FORMAT.facts(document) if isinstance(fact, SettingsFact))
    assert {entry.key: entry.value for entry in fact.entries} == {
        "spring.config.import": "http://config:8888",
        "spring.datasource.url": "${DB:jdbc:h2:mem}",
        "kafka.servers[0]": "a",
        "kafka.servers[1]": "b",
        "on": "true",
    }


@pytest.mark.parametrize("place", ["gateway:", "gateway: {server: {webflux:", "gateway: {mvc:"])
def test_routes_of_a_gateway_have_the_filters_that_hold_for_them(tmp_path: Path, place: str) -> None:
    document = _read(tmp_path, {"application.yml": GATEWAY}, "application.yml")[0]
    gateway = document.data["spring"]["cloud"].pop("gateway")
    for key in reversed(place.replace("{", "").replace(" ", "").strip(":").split(":")):
        gateway = {key: gateway}
    document.data["spring"]["cloud"] = gateway
    stock, web = (fact for fact in FORMAT.facts(document) if isinstance(fact, RouteFact))
    assert (stock.gateway, stock.name, stock.path, stock.methods) == ("front", "stock", "/stock/**", ("GET",))
    assert (stock.backends[0].host, web.backends[0].host, web.backends[0].port) == ("stock", "site", "8080")
    assert web.hosts == ("*.example.com",)
    retry = {"retries": 2, "retryMethods": "GET,POST", "retryOn": "SERVICE_UNAVAILABLE"}
    assert stock.policy
    assert web.policy
    assert {key: value.value for key, value in stock.policy.values.items()} == {
        **retry,
        "circuitBreaker": True,
    }
    assert {key: value.value for key, value in web.policy.values.items()} == retry


COMPOSE = """
    services:
      front: {build: ./front, environment: {SPRING_PROFILES_ACTIVE: docker}}
      stock: {build: ./stock}
      audit: {build: ./audit}
      mysql: {image: "mysql:8"}
    """


def test_a_gateway_calls_what_it_routes_to(check: Check) -> None:
    graph = _graph(check, {"compose.yaml": COMPOSE, "front/src/main/resources/application.yml": GATEWAY})
    assert _edges(graph) == {("front", "calls", "stock")}
    (edge,) = graph.dependencies
    assert isinstance(edge, Dependency)
    assert str(edge.evidence[0].at).startswith("front/src/main/resources/application.yml:")


def test_only_active_profiles_count(check: Check) -> None:
    text = """
        spring: {application: {name: front}}
        urls: {stock: "http://localhost:1"}
        ---
        spring: {config: {activate: {on-profile: docker}}}
        urls: {stock: "http://stock:8080"}
        ---
        spring: {config: {activate: {on-profile: cloud}}}
        urls: {audit: "http://audit:8080"}
        """
    assert _edges(_graph(check, {"compose.yaml": COMPOSE, "front/application.yml": text})) == {
        ("front", "calls", "stock")
    }


def test_the_environment_overrides_the_file_and_fills_placeholders(check: Check) -> None:
    compose = """
        services:
          orders:
            build: ./orders
            environment: {SPRING_DATASOURCE_URL: "jdbc:mysql://mysql/orders", AUDIT_HOST: audit}
          audit: {build: ./audit}
          stock: {build: ./stock}
          mysql: {image: "mysql:8"}
        """
    properties = """
        spring.application.name=orders
        spring.datasource.url=jdbc:mysql://stock/dev
        audit.url=http://${AUDIT_HOST:stock}:${AUDIT_PORT:80}/
        later.url=http://${NOWHERE}:80/
        """
    graph = _graph(
        check, {"compose.yaml": compose, "orders/src/main/resources/application.properties": properties}
    )
    assert _edges(graph) == {("orders", "uses", "mysql/orders"), ("orders", "calls", "audit")}
    assert not graph.dangling


def test_defaults_for_a_laptop_are_not_missed_in_the_cluster(check: Check) -> None:
    graph = _graph(
        check,
        {
            "compose.yaml": COMPOSE,
            "front/application.yml": "{spring: {application: {name: front}}, a: {url: 'http://gone:80'}, b: {url: 'http://localhost:1'}}",
        },
    )
    assert not graph.dangling
    assert not graph.dependencies


def test_a_name_that_two_modules_claim_was_copied(check: Check) -> None:
    text = "spring.application.name=front\nstock.url=http://{peer}:80\n"
    graph = _graph(
        check,
        {
            "compose.yaml": COMPOSE,
            "front/src/main/resources/application.properties": text.format(peer="stock"),
            "audit/src/main/resources/application.properties": text.format(peer="front"),
        },
    )
    assert _edges(graph) == {("front", "calls", "stock"), ("audit", "calls", "front")}


def test_what_a_configuration_server_keeps_is_not_its_own(check: Check) -> None:
    kept = "spring.jpa.show-sql = true\nspring.boot.admin.url = http://admin:8026\n"
    outcome = check(
        {
            "compose.yaml": "services:\n  config: {build: ./config-server}\n  user: {build: ./user}\n  admin: {image: shop/admin}\n",
            "config-server/src/main/resources/repository/user.properties": kept,
            "user/src/main/resources/application.properties": "spring.application.name = user\n",
        }
    )
    assert [(edge.source.name, edge.target.name) for edge in outcome.graph.dependencies] == [
        ("user", "admin")
    ]


def test_applications_that_nothing_deploys_are_services_that_can_share_a_database(check: Check) -> None:
    text = "spring.application.name={name}\nspring.datasource.url=jdbc:postgresql://db.example.com:5432/shop\npeer.url=http://{peer}:80\n"
    found = check(
        {
            "a/src/main/resources/application.properties": text.format(name="orders", peer="billing"),
            "b/src/main/resources/application.properties": text.format(name="billing", peer="orders"),
        },
        "shared-database",
    )
    assert [finding.rule for finding in found.report.findings] == ["shared-database"]
    edges = _edges(build_graph(list(found.facts)))
    assert {("orders", "calls", "billing"), ("billing", "calls", "orders")} < edges


@pytest.mark.parametrize("value", ["7", "text", "[1]", "[[]]", "[{}]", "{a: 1}", "null", "true"])
def test_odd_shapes_are_never_a_crash(tmp_path: Path, value: str) -> None:
    text = f"""
        spring:
          application: {value}
          profiles: {value}
          config: {{activate: {{on-profile: {value}}}}}
          cloud: {{gateway: {{routes: {value}, default-filters: {value}, server: {{webflux: {value}}}}}}}
        ---
        spring: {{cloud: {{gateway: {{routes: [{{id: {value}, uri: "lb://a", predicates: {value}, filters: [{{name: Retry, args: {value}}}]}}]}}}}}}
        ---
        spring: {{cloud: {{gateway: {{routes: [{{uri: {value}}}]}}}}}}
        """
    for document in _read(tmp_path, {"application.yml": text}, "application.yml"):
        assert FORMAT.sniff(document)
        list(FORMAT.facts(document))
