"""What a configuration server keeps for others, and what a profile adds to what always holds."""

from textwrap import dedent

from conftest import Check

COMPOSE = """
    services:
      config: {build: ./config}
      login: {build: ./login}
      orders: {build: ./orders, environment: {SPRING_PROFILES_ACTIVE: docker}}
      stock: {build: ./stock, environment: {SPRING_PROFILES_ACTIVE: docker}}
      orders-store: {image: shop/own-mongo}
    """
SHARED = """
    spring: {rabbitmq: {host: broker}}
    security: {oauth2: {resource: {user-info-uri: "http://login:5000/me"}}}
    """


def _edges(check: Check, files: dict[str, str]) -> set[tuple[str, str, str]]:
    written = {"compose.yaml": COMPOSE, **files}
    graph = check({path: dedent(text) for path, text in written.items()}).graph
    return {(edge.source.name, edge.kind, edge.target.name) for edge in graph.dependencies}


def test_what_holds_for_all_is_not_the_servers_own(check: Check) -> None:
    start = "spring: {application: {name: login}, cloud: {config: {uri: 'http://config:8888'}}}\n"
    edges = _edges(
        check,
        {
            "config/src/main/resources/shared/application.yml": SHARED,
            "config/src/main/resources/shared/orders.yml": "spring: {data: {mongodb: {host: orders-store, database: shop}}}\n",
            "login/src/main/resources/bootstrap.yml": start,
        },
    )
    assert edges == {("login", "calls", "config"), ("orders", "uses", "orders-store/shop")}


def test_a_repository_is_any_folder_with_what_holds_for_all(check: Check) -> None:
    edges = _edges(
        check,
        {
            "config/repository/application.yml": SHARED,
            "config/repository/orders.yml": "spring: {main: {banner-mode: off}}\nstock: {url: 'http://stock:80'}\n",
        },
    )
    assert edges == {("orders", "calls", "stock")}


def test_a_configuration_beside_other_files_is_its_own(check: Check) -> None:
    edges = _edges(
        check,
        {
            "orders/application.yml": "spring: {main: {banner-mode: off}}\nstock: {url: 'http://stock:80'}\n",
            "orders/values.yaml": "spring: {profile: prod}\nreplicas: 1\n",
            "orders/notes.yaml": "a: 1\n",
        },
    )
    assert edges == {("orders", "calls", "stock")}


def test_a_profile_adds_to_bindings_and_addresses(check: Check) -> None:
    text = """
        spring:
          application: {name: orders}
          data: {mongodb: {host: localhost, database: shop}}
          cloud: {stream: {bindings: {send-out-0: {destination: placed}, get-in-0: {destination: packed, group: orders}}}}
        ---
        spring:
          config: {activate: {on-profile: docker}}
          data: {mongodb: {host: orders-store}}
          cloud: {stream: {bindings: {send-out-0: {producer: {partition-count: 2}}, getIn0: {consumer: {concurrency: 2}}}}}
        ---
        spring:
          config: {activate: {on-profile: first}}
          cloud.stream.bindings.get-in-0.consumer.instanceIndex: 0
        """
    assert _edges(check, {"orders/src/main/resources/application.yml": text}) == {
        ("orders", "uses", "orders-store/shop"),
        ("orders", "produces", "placed"),
        ("orders", "consumes", "packed"),
    }


def test_what_a_server_may_say_is_not_known(check: Check) -> None:
    text = """
        spring:
          application: {name: orders}
          config: {import: "configserver:http://config:8888"}
          cloud: {stream: {bindings: {send-out-0: {producer: {partition-count: 2}}}}}
        """
    assert _edges(check, {"orders/src/main/resources/application.yml": text}) == {
        ("orders", "calls", "config")
    }


def test_an_application_is_what_is_built_in_its_module(check: Check) -> None:
    start = "spring: {application: {name: warehouse}}\nlogin: {url: 'http://login:80'}\n"
    edges = _edges(
        check,
        {
            "stock/src/main/resources/application.yml": start,
            "stock/tool/src/main/resources/application.yml": start.replace("warehouse", "stocktaking"),
        },
    )
    assert edges == {("stock", "calls", "login"), ("stocktaking", "calls", "login")}


def test_what_is_kept_for_a_profile_counts_where_it_is_active(check: Check) -> None:
    edges = _edges(
        check,
        {
            "config/src/main/resources/shared/orders-docker.yml": "spring: {data: {mongodb: {host: orders-store, database: shop}}}\n",
            "config/src/main/resources/shared/orders-prod.yml": "spring: {datasource: {url: 'jdbc:mysql://db.example.com/shop'}}\n",
            "config/src/main/resources/shared/login-staging.yml": "spring: {datasource: {url: 'jdbc:mysql://db.example.com/login'}}\n",
        },
    )
    assert edges == {("orders", "uses", "orders-store/shop")}
