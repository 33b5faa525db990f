"""Policies of Spring's client libraries, its pools and its channels."""

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from conftest import Check

from archlint.api import ChannelFact, Document, PolicyFact, RouteFact, SelectFact, SettingsFact
from archlint.engine.resolve import Workspace
from archlint.formats.spring import FORMAT, SpringConfig, bindings, milliseconds, settings_in
from archlint.model.builder import build_graph


def _read(folder: Path, files: dict[str, str] | str, name: str = "application.yml") -> Document:
    for path, text in (files if isinstance(files, dict) else {name: files}).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(dedent(text), encoding="utf-8")
    return Workspace(folder, (FORMAT,)).documents(name)[0]


def _policies(document: Document) -> dict[tuple[str, str | None], dict[str, tuple[Any, bool]]]:
    return {
        (fact.policy.tool, fact.target): {
            key: (value.value, value.default) for key, value in fact.policy.values.items()
        }
        for fact in FORMAT.facts(document)
        if isinstance(fact, PolicyFact)
    }


RETRY = """
    spring: {application: {name: orders}}
    resilience4j:
      retry:
        configs:
          default: {maxAttempts: 5}
          quick: {wait-duration: 10ms}
        instances:
          stock: {waitDuration: 1s}
          audit: {base-config: quick, max-attempts: 2}
      timelimiter: {instances: {stock: {timeoutDuration: PT2S}, mail: {cancelRunningFuture: true}}}
      circuitbreaker: {instances: {stock: {slidingWindowSize: 10}}}
      bulkhead: {instances: {stock: {maxWaitDuration: 0}}}
      ratelimiter: {instances: {stock: {limitForPeriod: 10, limitRefreshPeriod: 1s}}}
    """


def test_attempts_count_the_first_try_and_instances_inherit(tmp_path: Path) -> None:
    assert _policies(_read(tmp_path, RETRY)) == {
        ("resilience4j", "stock"): {
            "retries": (4, False),
            "backoffMs": (1000, False),
            "perTryTimeoutMs": (2000, False),
            "circuitBreaker": (True, False),
            "maxConnections": (25, True),
            "rateLimit": ("10/1s", False),
        },
        ("resilience4j", "audit"): {"retries": (1, False), "backoffMs": (10, False)},
        ("resilience4j", "mail"): {"timeoutMs": (1000, True)},
    }


def test_properties_in_kebab_case_say_the_same(tmp_path: Path) -> None:
    text = """
        spring.application.name=orders
        resilience4j.retry.instances.stock.max-attempts=${TRIES:4}
        resilience4j.timelimiter.instances.stock.timeout-duration=${LIMIT}
        """
    assert _policies(_read(tmp_path, text, "application.properties")) == {
        ("resilience4j", "stock"): {"retries": (3, False), "backoffMs": (500, True)}
    }


def test_names_of_before_and_pools_of_threads(tmp_path: Path) -> None:
    text = """
        spring.main.banner-mode=off
        resilience4j.retry.backends.stock.max-retry-attempts=4
        resilience4j.thread-pool-bulkhead.instances.stock.max-thread-pool-size=20
        """
    assert _policies(_read(tmp_path, text, "application.properties")) == {
        ("resilience4j", "stock"): {
            "retries": (3, False),
            "backoffMs": (500, True),
            "maxConnections": (20, False),
        }
    }


def test_defaults_are_for_all_where_nothing_is_named(tmp_path: Path) -> None:
    text = "{spring: {main: {}}, resilience4j: {retry: {configs: {default: {maxAttempts: 2}}}}}"
    assert _policies(_read(tmp_path, text)) == {
        ("resilience4j", None): {"retries": (1, False), "backoffMs": (500, True)}
    }


def test_what_an_instance_inherits_from_elsewhere_is_not_the_default(tmp_path: Path) -> None:
    files = {
        "config/orders.yml": "{spring: {main: {}}, resilience4j: {retry: {instances: {stock: {waitDuration: 1s}}}}}",
        "config/application.yml": "resilience4j: {retry: {configs: {other: {maxAttempts: 7}}}}",
    }
    assert _policies(_read(tmp_path, files, "config/orders.yml")) == {
        ("resilience4j", "stock"): {"backoffMs": (1000, False)}
    }
    files["config/application.yml"] = "resilience4j: {retry: {configs: {default: {maxAttempts: 7}}}}"
    assert _policies(_read(tmp_path, files, "config/orders.yml")) == {
        ("resilience4j", "stock"): {"retries": (6, False), "backoffMs": (1000, False)}
    }


@pytest.mark.parametrize("prefix", ["spring: {cloud: {openfeign: {", "feign: {x: {y: {"])
def test_timeouts_of_declarative_clients(tmp_path: Path, prefix: str) -> None:
    clients = "client: {config: {default: {connect-timeout: 100}, stock: {readTimeout: 2000, retryer: R}}}"
    text = (
        f"{prefix}{clients}}}}}}}"
        if prefix.startswith("spring")
        else f"spring: {{main: {{}}}}\nfeign: {{{clients}}}"
    )
    assert _policies(_read(tmp_path, text)) == {
        ("openfeign", None): {"timeoutMs": (60_000, True)},
        ("openfeign", "stock"): {"perTryTimeoutMs": (2000, False)},
    }


def test_policies_are_on_the_edge(check: Check) -> None:
    files = {
        "compose.yaml": """
            services:
              orders: {image: shop/orders, environment: {STOCK_URL: "http://stock:80"}}
              stock: {image: shop/stock, expose: ["80"]}
            """,
        "orders/application.yml": RETRY,
    }
    (edge,) = build_graph(
        list(check({name: dedent(text) for name, text in files.items()}).facts)
    ).dependencies
    (policy,) = edge.policies
    assert (policy.tool, policy.number("retries")) == ("resilience4j", 4)


def test_the_gateway_waits_for_every_try(tmp_path: Path) -> None:
    text = """
        spring.application.name=front
        spring.cloud.gateway.httpclient.response-timeout=3s
        spring.cloud.gateway.routes[0].id=stock
        spring.cloud.gateway.routes[0].uri=lb://stock
        spring.cloud.gateway.routes[0].predicates[0]=Path=/stock/**
        spring.cloud.gateway.routes[0].filters[0]=Retry=2,BAD_GATEWAY,GET,10ms,50ms,2,false
        spring.cloud.gateway.routes[1].uri=http://site:8080
        spring.cloud.gateway.routes[1].metadata.response-timeout=200
        spring.cloud.gateway.default-filters[0].name=CircuitBreaker
        """
    document = _read(tmp_path, text, "application.properties")
    stock, site = (fact for fact in FORMAT.facts(document) if isinstance(fact, RouteFact))
    assert stock.policy
    assert site.policy
    assert {key: value.value for key, value in stock.policy.values.items()} == {
        "circuitBreaker": True,
        "retries": 2,
        "retryMethods": "GET",
        "retryOn": "BAD_GATEWAY",
        "backoffMs": 10,
        "perTryTimeoutMs": 3000,
    }
    assert {key: value.value for key, value in site.policy.values.items()} == {
        "circuitBreaker": True,
        "timeoutMs": 200,
    }
    assert (stock.path, stock.backends[0].host, str(stock.at.pointer)) == (
        "/stock/**",
        "stock",
        "('spring.cloud.gateway.routes[0].uri',)",
    )


def test_a_gateway_that_discovers_its_routes_has_a_timeout_as_well(tmp_path: Path) -> None:
    text = "spring: {cloud: {gateway: {discovery: {locator: {enabled: true}}, httpclient: {response-timeout: 1s}}}}"
    assert _policies(_read(tmp_path, text)) == {("spring cloud gateway", None): {"timeoutMs": (1000, False)}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5", 5),
        ("5ms", 5),
        ("1.5s", 1500),
        ("2m", 120_000),
        ("PT1M0.5S", 60_500),
        ("P", None),
        ("soon", None),
        (None, None),
    ],
)
def test_durations(text: str | None, expected: float | None) -> None:
    assert milliseconds(text) == expected


@pytest.mark.parametrize(
    ("text", "maximum"),
    [
        (
            "spring.datasource.url=jdbc:mysql://db/a\nspring.datasource.hikari.maximum-pool-size=30",
            [(30, False)],
        ),
        ("spring.datasource.url=jdbc:mysql://db/a", [(10, True)]),
        ("spring.datasource.hikari.maximumPoolSize=${POOL}", []),
        ("spring.datasource.url=x\nspring.datasource.type=com.example.Pool", []),
        ("spring.main.banner-mode=off", []),
    ],
)
def test_pools(tmp_path: Path, text: str, maximum: list[tuple[int, bool]]) -> None:
    facts = FORMAT.facts(_read(tmp_path, text, "application.properties"))
    found = [fact.spec for fact in facts if isinstance(fact, SelectFact)]
    assert [(spec["maximum"], spec["default"]) for spec in found] == maximum


STREAM = """
    spring:
      application: {name: orders}
      cloud:
        stream:
          default-binder: kafka
          bindings:
            handle-in-0: {destination: "orders,returns", group: billing}
            handle-out-0: {destination: bills}
            audit: {destination: audits, group: a, binder: rabbit}
            notify: {destination: notes, producer: {partition-count: 3}}
            renamed: {destination: others}
            unknown: {destination: somewhere}
            dark-in-0: {destination: "${TOPIC}"}
          function: {bindings: {process-in-0: renamed}}
          rabbit: {bindings: {audit: {consumer: {auto-bind-dlq: true}}}}
      kafka: {template: {default-topic: bills}}
    """


def test_bindings_are_channels(tmp_path: Path) -> None:
    facts = FORMAT.facts(_read(tmp_path, STREAM))
    found = [fact for fact in facts if isinstance(fact, ChannelFact)]
    assert [(fact.action, fact.address, fact.protocol, fact.group) for fact in found] == [
        ("receive", "orders", "kafka", "billing"),
        ("receive", "returns", "kafka", "billing"),
        ("send", "bills", "kafka", ""),
        ("receive", "audits", "amqp", "a"),
        ("send", "notes", "kafka", ""),
        ("receive", "others", "kafka", ""),
        ("send", "bills", "kafka", ""),
    ]


@pytest.mark.parametrize(
    ("bindings", "confidence"),
    [
        ("{a-in-0: {destination: x}}", [0.9]),
        ("{input: {destination: x}, output: {destination: y}}", [0.75, 0.75]),
        ("{input: {destination: x}, output: {destination: x}}", [0.6, 0.6]),
    ],
)
def test_bindings_by_their_old_names_may_be_copies(
    tmp_path: Path, bindings: str, confidence: list[float]
) -> None:
    text = f"spring: {{cloud: {{stream: {{bindings: {bindings}}}}}}}"
    facts = FORMAT.facts(_read(tmp_path, text))
    assert [fact.confidence for fact in facts if isinstance(fact, ChannelFact)] == confidence


def test_binders_keep_failed_messages_where_told(tmp_path: Path) -> None:
    found = {
        binding.name: binding.dead_letters for binding in bindings(SpringConfig(_read(tmp_path, STREAM)))
    }
    assert (found["audit"], found["handle-in-0"]) == (True, False)
    text = (
        "spring.cloud.stream.bindings.a-in-0.destination=x\nspring.cloud.stream.bindings.a-in-0.group=g\n{}"
    )
    for more, expected in (
        ("", None),
        ("spring.cloud.stream.kafka.binder.brokers=k", False),
        ("spring.rabbitmq.host=broker", False),
        ("spring.rabbitmq.host=broker\nspring.kafka.bootstrap-servers=k", None),
        ("spring.cloud.stream.kafka.default.consumer.enable-dlq=true", True),
        ("spring.cloud.stream.kafka.bindings.a-in-0.consumer.enableDlq=false", False),
        ("spring.cloud.stream.kafka.streams.binder.brokers=k", None),
        ("spring.cloud.stream.rabbit.bindings.a-in-0.consumer.bind-queue=false", None),
        ("spring.cloud.stream.binders.main.type=rabbit\nspring.cloud.stream.default-binder=main", False),
    ):
        document = _read(tmp_path, text.format(more), "other/application.properties")
        assert [binding.dead_letters for binding in bindings(SpringConfig(document))] == [expected], more


def test_files_of_a_configuration_server_are_marked(tmp_path: Path) -> None:
    for name, kept in (("application-prod.yml", False), ("bootstrap.yml", False), ("orders.yml", True)):
        document = _read(tmp_path, "spring: {jpa: {show-sql: true}}", name)
        (fact,) = (fact for fact in FORMAT.facts(document) if isinstance(fact, SettingsFact))
        assert fact.kept is kept


def test_settings_have_the_defaults_of_their_placeholders(tmp_path: Path) -> None:
    text = "spring: {datasource: {password: '${A:${B:Zebra77}}', username: '${U}', url: 'x://${U}:${P:y}@h'}}"
    found = {setting.key: setting.value for setting, _ in settings_in(_read(tmp_path, text))}
    assert found == {
        "spring.datasource.password": "Zebra77",
        "spring.datasource.username": "${U}",
        "spring.datasource.url": "x://${U}:y@h",
    }


@pytest.mark.parametrize(
    "value", ["7", "text", "[1]", "[[]]", "[{}]", "{a: 1}", "{a: {b: [{c: null}]}}", "null", "true"]
)
def test_odd_shapes_are_never_a_crash(tmp_path: Path, value: str) -> None:
    text = f"""
        spring:
          main: {{}}
          datasource: {{hikari: {value}, url: {value}}}
          cloud: {{openfeign: {{client: {{config: {value}}}}}, stream: {{bindings: {value}, rabbit: {value}, binders: {value}, function: {{bindings: {value}}}}}}}
        resilience4j: {{retry: {{instances: {value}, configs: {{default: {value}}}}}, timelimiter: {value}, ratelimiter: {{instances: {{a: {value}}}}}}}
        feign: {{client: {{config: {{a: {value}}}}}}}
        """
    document = _read(tmp_path, text)
    list(FORMAT.facts(document))
    list(settings_in(document))
