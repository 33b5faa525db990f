"""Envoy bootstraps: what is one, what it adds to the graph, and what Envoy does to requests by itself."""

from pathlib import Path
from textwrap import dedent, indent

import pytest
from conftest import Check

from archlint.api import DependencyFact, Document, RouteFact
from archlint.engine.resolve import Workspace
from archlint.formats.envoy import FORMAT, EnvoyFilter, EnvoyRoute, milliseconds
from archlint.model.builder import build_graph

BOOTSTRAP = """
    static_resources:
      listeners:
        - address: {socket_address: {address: 0.0.0.0, port_value: 8080}}
          filter_chains:
            - filters:
                - name: hcm
                  typed_config:
                    "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                    route_config:
                      virtual_hosts:
                        - name: shop
                          domains: ["*", shop.example]
                          retry_policy: {retry_on: 5xx}
                          routes:
                            - match: {prefix: /orders, headers: [{name: ":method", exact_match: GET}]}
                              route:
                                cluster: orders
                                timeout: 2.5s
                                retry_policy: {retry_on: "5xx,reset", num_retries: 3, per_try_timeout: 0.5s, retry_back_off: {base_interval: 0.1s}}
                            - match: {path: /stock}
                              route: {weighted_clusters: {clusters: [{name: stock, weight: 9}, {name: old-stock, weight: 0}]}}
                              typed_per_filter_config: {jwt: {disabled: true}}
                            - {match: {prefix: /nowhere}, route: {cluster: discovered}}
                            - {match: {prefix: /away}, redirect: {path_redirect: /}}
                    http_filters:
                      - name: jwt
                        typed_config:
                          "@type": type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication
                          providers: {idp: {remote_jwks: {http_uri: {uri: "http://idp/keys", cluster: idp}}}}
                      - name: envoy.filters.http.local_ratelimit
                        typed_config: {token_bucket: {max_tokens: 100, tokens_per_fill: 50, fill_interval: 60s}, filter_enabled: &all {default_value: {numerator: 100}}, filter_enforced: *all}
                      - name: envoy.filters.http.router
            - filters:
                - name: envoy.filters.network.tcp_proxy
                  typed_config: {cluster: ledger}
      clusters:
        - name: orders
          load_assignment: {endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: orders, port_value: 8080}}}}]}]}
          outlier_detection: {consecutive_5xx: 3}
          circuit_breakers: {thresholds: [{max_connections: 10, retry_budget: {}}, {priority: HIGH, max_connections: 99}]}
          transport_socket: {typed_config: {common_tls_context: {tls_certificates: [{}]}}}
        - {name: stock, hosts: [{socket_address: {address: stock, port_value: 80}}]}
        - {name: idp, hosts: {socket_address: {address: idp, port_value: 80}}}
        - {name: ledger, hosts: [{socket_address: {address: ledger, port_value: 5000}}]}
        - {name: discovered, type: EDS}
    """
COMPOSE = """
    services:
      front:
        image: envoyproxy/envoy:v1.30
        volumes: ["./edge:/etc/envoy"]
      orders: {build: ./orders}
      stock: {build: ./stock}
      idp: {image: "quay.io/keycloak/keycloak:24"}
      ledger: {build: ./ledger}
    """
CLUSTER = """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: edge, namespace: shop}
    spec:
      template:
        metadata: {labels: {app: edge}}
        spec:
          containers: [{name: envoy, image: "envoyproxy/envoy:v1.30", volumeMounts: [{name: config, mountPath: /etc/envoy}]}]
          volumes: [{name: config, configMap: {name: edge-config}}]
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: orders, namespace: shop}
    spec: {template: {metadata: {labels: {app: orders}}, spec: {containers: [{name: a, image: "shop/orders:1"}]}}}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: orders, namespace: shop}
    spec: {selector: {app: orders}, ports: [{port: 8080}]}
    ---
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: edge-config, namespace: shop}
    data:
      envoy.yaml: |
    """


def _read(folder: Path, text: str) -> Document:
    (folder / "envoy.yaml").write_text(dedent(text), encoding="utf-8")
    return Workspace(folder).documents("envoy.yaml")[0]


def _routes(document: Document) -> dict[str, RouteFact]:
    return {fact.path: fact for fact in FORMAT.facts(document) if isinstance(fact, RouteFact)}


def test_it_is_known_by_its_static_resources(tmp_path: Path) -> None:
    assert FORMAT.sniff(_read(tmp_path, BOOTSTRAP)) == "envoy bootstrap"
    assert FORMAT.sniff(_read(tmp_path, '{"staticResources": {"clusters": []}}')) == "envoy bootstrap"
    for other in ("static_resources: {}", "static_resources: text", "admin: {}", "[1]"):
        assert not FORMAT.sniff(_read(tmp_path, other))


def test_routes_lead_to_the_addresses_of_clusters(tmp_path: Path) -> None:
    routes = _routes(_read(tmp_path, BOOTSTRAP))
    assert {path: [(end.host, end.port) for end in route.backends] for path, route in routes.items()} == {
        "/orders": [("orders", "8080")],
        "/stock": [("stock", "80")],
        "": [("ledger", "5000")],
    }
    assert routes["/orders"].hosts == ("shop.example",)
    assert routes["/orders"].methods == ("GET",)


def test_what_is_written_of_a_route_and_its_cluster(tmp_path: Path) -> None:
    policy = _routes(_read(tmp_path, BOOTSTRAP))["/orders"].policy
    assert policy is not None
    assert {key: value.value for key, value in policy.values.items()} == {
        "timeoutMs": 2500,
        "perTryTimeoutMs": 500,
        "retries": 3,
        "backoffMs": 100,
        "retryOn": "5xx,reset",
        "retryBudget": True,
        "circuitBreaker": True,
        "maxConnections": 10,
        "mtls": "strict",
        "authorization": "jwt_authn",
        "rateLimit": "50/minute",
    }
    assert not any(value.default for value in policy.values.values())


def test_what_envoy_does_by_itself_is_a_default(tmp_path: Path) -> None:
    policy = _routes(_read(tmp_path, BOOTSTRAP))["/stock"].policy
    assert policy is not None
    assert {key for key, value in policy.values.items() if value.default} == {
        "timeoutMs",
        "backoffMs",
        "maxConnections",
    }
    assert policy.number("timeoutMs") == 15_000
    assert policy.number("retries") == 1, "the virtual host has a condition and no number"
    assert "authorization" not in policy.values, "it is switched off for the route"
    silent = dedent(BOOTSTRAP).replace("retry_policy: {retry_on: 5xx}", "x: 1")
    without = _routes(_read(tmp_path, silent))["/stock"].policy
    assert without is not None
    assert (without.number("retries"), without.number("retries", defaults=False)) == (0, None)


def test_a_local_limit_counts_where_it_is_enforced(tmp_path: Path) -> None:
    text = dedent(BOOTSTRAP).replace(", filter_enforced: *all", "")
    policy = _routes(_read(tmp_path, text))["/orders"].policy
    assert policy is not None
    assert "rateLimit" not in policy.values


def test_a_filter_may_be_wrapped_in_a_typed_struct(tmp_path: Path) -> None:
    text = """
        static_resources:
          listeners:
            - filter_chains:
                - filters:
                    - name: envoy.http_connection_manager
                      config:
                        http_filters:
                          - name: keys
                            typed_config:
                              "@type": type.googleapis.com/udpa.type.v1.TypedStruct
                              type_url: type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication
                              value: {providers: {}}
                          - {name: envoy.rate_limit, config: {domain: shop}}
                          - name: bare
        """
    document = _read(tmp_path, text)
    filters = list(FORMAT.visit(document, frozenset((EnvoyFilter,))))
    assert [(one.kind, one.config.data) for one in filters if isinstance(one, EnvoyFilter)] == [
        ("jwt_authn", {"providers": {}}),
        ("ratelimit", {"domain": "shop"}),
        ("bare", {}),
    ]


def test_fields_may_be_written_in_camel_case(tmp_path: Path) -> None:
    text = dedent(BOOTSTRAP)
    for snake in ("static_resources", "filter_chains", "route_config", "virtual_hosts", "typed_config", "load_assignment",
                  "lb_endpoints", "socket_address", "port_value", "retry_policy", "num_retries", "retry_on", "per_try_timeout"):  # fmt: skip
        head, *rest = snake.split("_")
        text = text.replace(f"{snake}:", f"{head}{''.join(part.capitalize() for part in rest)}:")
    policy = _routes(_read(tmp_path, text))["/orders"].policy
    assert policy is not None
    assert (policy.number("retries"), policy.number("perTryTimeoutMs")) == (3, 500)


@pytest.mark.parametrize(
    ("written", "expected"),
    [("1.5s", 1500), ("0s", 0), ({"seconds": 2, "nanos": 500_000_000}, 2500), ("2", None), (3, None), ({"seconds": "x"}, None)],
)  # fmt: skip
def test_durations(written: object, expected: float | None) -> None:
    assert milliseconds(written) == expected


def test_who_mounts_the_folder_is_the_gateway(check: Check) -> None:
    graph = build_graph(
        list(check({"compose.yaml": dedent(COMPOSE), "edge/envoy.yaml": dedent(BOOTSTRAP)}).facts)
    )
    edges = {(edge.source.name, edge.kind, edge.target.name) for edge in graph.dependencies}
    assert edges == {("front", "calls", name) for name in ("orders", "stock", "idp", "ledger")}


def test_who_is_built_from_the_folder_is_the_gateway(check: Check) -> None:
    compose = dedent(COMPOSE).replace(
        'image: envoyproxy/envoy:v1.30\n    volumes: ["./edge:/etc/envoy"]', "build: ./edge"
    )
    graph = build_graph(list(check({"compose.yaml": compose, "edge/envoy.yaml": dedent(BOOTSTRAP)}).facts))
    assert {edge.source.name for edge in graph.dependencies} == {"front"}


def test_a_service_beside_it_is_not_the_gateway(check: Check) -> None:
    compose = "services: {orders: {build: .}, stock: {image: shop/stock}}"
    graph = build_graph(list(check({"compose.yaml": compose, "envoy.yaml": dedent(BOOTSTRAP)}).facts))
    assert graph.dependencies == []


def test_who_mounts_the_config_map_is_the_gateway(check: Check) -> None:
    manifests = dedent(CLUSTER).rstrip() + "\n" + indent(dedent(BOOTSTRAP), " " * 4)
    graph = build_graph(list(check({"edge.yaml": manifests}).facts))
    edge = next(edge for edge in graph.dependencies if edge.target.name == "orders")
    assert (edge.source.name, edge.confidence) == ("edge", 0.95)
    assert "envoy" in {item.extractor for item in edge.evidence}
    assert edge.policies[0].number("timeoutMs") == 2500
    unread = manifests.replace("name: edge-config, namespace", "name: other, namespace")
    assert build_graph(list(check({"edge.yaml": unread}).facts)).dependencies == []


def test_what_cannot_be_read_is_reported(tmp_path: Path) -> None:
    document = _read(
        tmp_path, "static_resources: {clusters: [{name: a, connect_timeout: 5}, {type: STATIC}]}"
    )
    assert [problem.at and problem.at.pointer for problem in FORMAT.validate(document)] == [
        ("static_resources", "clusters", 0, "connect_timeout"),
        ("static_resources", "clusters", 1),
    ]
    assert list(FORMAT.validate(_read(tmp_path, BOOTSTRAP))) == []


_CLUSTERS = """
    resources:
      - "@type": type.googleapis.com/envoy.config.cluster.v3.Cluster
        name: orders
        load_assignment:
          endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: orders, port_value: 80}}}}]}]
      - {"@type": type.googleapis.com/envoy.config.cluster.v3.Cluster, name: discovered, type: EDS}
      - 3
"""
_LISTENERS = """
    resources:
      - "@type": type.googleapis.com/envoy.config.listener.v3.Listener
        filter_chains:
          - filters:
              - name: envoy.filters.network.http_connection_manager
                typed_config:
                  route_config: {virtual_hosts: [{routes: [{match: {prefix: /a}, route: {cluster: orders}}]}]}
"""


def test_files_of_resources_are_read(tmp_path: Path) -> None:
    clusters, listeners = _read(tmp_path, _CLUSTERS), _read(tmp_path, _LISTENERS)
    assert (FORMAT.sniff(clusters), FORMAT.sniff(listeners)) == ("envoy resources", "envoy resources")
    (fact,) = FORMAT.facts(clusters)
    assert isinstance(fact, DependencyFact)
    assert (fact.target, fact.kind, fact.port) == ("orders", "routes", 80)
    (route,) = FORMAT.visit(listeners, frozenset((EnvoyRoute,)))
    assert isinstance(route, EnvoyRoute)
    assert route.name == "/a"
    assert list(FORMAT.facts(listeners)) == []


@pytest.mark.parametrize(
    "text", ["resources: [a.yaml]", "resources: []", 'resources: [{"@type": x/Cluster}]']
)
def test_other_resources_are_not_envoys(tmp_path: Path, text: str) -> None:
    assert FORMAT.sniff(_read(tmp_path, text)) == ""
