"""Documents with parts of the wrong type: every format and every rule takes them as they are."""

import copy
import random
from pathlib import Path
from typing import Any

import pytest

from archlint.api import Context, Dependency, Document, Format, ServiceGraph, Source, Topic, parse
from archlint.model.builder import build_graph
from archlint.plugins.registry import Registry

_ROOT = Path(__file__).resolve().parents[2]
_ROUNDS = 40
_VALUES: tuple[Any, ...] = (
    5, -1, 1.5, True, None, "", "text", "[", "http://[", [], {}, ["a", 1, None], {"$ref": "#"}, {"$ref": 5}, {"a": {"b": [1]}},
)  # fmt: skip
_MORE = {
    "routes.yaml": """
        apiVersion: v1
        kind: List
        items:
          - apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata:
              name: shop
              annotations: {nginx.ingress.kubernetes.io/proxy-next-upstream: error non_idempotent, nginx.ingress.kubernetes.io/limit-rps: "1", kubernetes.io/ingress.class: nginx}
            spec:
              tls: [{hosts: [a]}]
              defaultBackend: {service: {name: orders, port: {number: 80}}}
              rules: [{host: a, http: {paths: [{path: /actuator, pathType: Prefix, backend: {service: {name: orders, port: {name: web}}}}]}}]
          - apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: orders}
            spec:
              hosts: [orders]
              gateways: [edge, mesh]
              http:
                - match: [{uri: {prefix: /a}, method: {regex: GET|POST}, headers: {x: {exact: y}}}]
                  route: [{destination: {host: orders, subset: v1, port: {number: 80}}, weight: 1}]
                  timeout: 1s
                  retries: {attempts: 2, perTryTimeout: 1s, retryOn: 5xx, backoff: 1s}
                  rewrite: {uri: /}
                  headers: {response: {set: {a: b}}}
                - {delegate: {name: other}}
              tls: [{match: [{sniHosts: [a]}], route: [{destination: {host: orders}}]}]
          - apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata: {name: orders}
            spec:
              host: orders
              subsets: [{name: v1, labels: {a: b}}]
              trafficPolicy: {outlierDetection: {consecutive5xxErrors: 1}, tls: {mode: SIMPLE, insecureSkipVerify: true}, portLevelSettings: [{retryBudget: {percent: 1}}]}
          - {apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: a}, spec: {hosts: [a.example]}}
          - {apiVersion: networking.istio.io/v1, kind: Gateway, metadata: {name: edge}, spec: {selector: {istio: ingressgateway}}}
          - {apiVersion: networking.istio.io/v1, kind: EnvoyFilter, metadata: {name: a}, spec: {workloadSelector: {labels: {a: b}}, configPatches: [{patch: local_ratelimit}]}}
          - apiVersion: gateway.networking.k8s.io/v1
            kind: HTTPRoute
            metadata: {name: orders, annotations: {retry.linkerd.io/http: 5xx}}
            spec:
              parentRefs: [{name: edge, namespace: a}, {kind: Service, name: orders}]
              hostnames: [a]
              rules:
                - matches: [{path: {type: PathPrefix, value: /}, method: POST, headers: [{name: a, value: b}]}]
                  filters: [{type: ExtensionRef, extensionRef: {name: a}}, {type: URLRewrite, urlRewrite: {path: {replacePrefixMatch: /}}}, {type: ResponseHeaderModifier, responseHeaderModifier: {set: [{name: a, value: b}]}}]
                  backendRefs: [{name: orders, namespace: b, port: 80, weight: 1}]
                  timeouts: {request: 1s}
                  retry: {attempts: 1, codes: [500], backoff: 1s}
          - {apiVersion: gateway.networking.k8s.io/v1, kind: ReferenceGrant, metadata: {name: a, namespace: b}, spec: {from: [{kind: HTTPRoute, namespace: default}], to: [{kind: Service}]}}
          - {apiVersion: gateway.networking.x-k8s.io/v1alpha1, kind: XBackendTrafficPolicy, metadata: {name: a}, spec: {targetRefs: [{kind: Service, name: orders}], retryConstraint: {budget: {percent: 1}}}}
          - {apiVersion: gateway.envoyproxy.io/v1alpha1, kind: SecurityPolicy, metadata: {name: a}, spec: {targetRefs: [{kind: HTTPRoute, name: orders}], jwt: {providers: [a]}}}
          - {apiVersion: linkerd.io/v1alpha2, kind: ServiceProfile, metadata: {name: orders.default.svc.cluster.local}, spec: {retryBudget: {ttl: 1s}, routes: [{name: a, condition: {method: POST, pathRegex: /a}, isRetryable: true, timeout: 1s}]}}
          - {apiVersion: serving.knative.dev/v1, kind: Service, metadata: {name: hello}, spec: {}}
          - {apiVersion: v1, kind: Service, metadata: {name: orders, annotations: {retry.linkerd.io/limit: "1", retry.linkerd.io/grpc: internal}}, spec: {type: LoadBalancer, selector: {app: orders}, loadBalancerSourceRanges: [10.0.0.0/8], externalIPs: [a], ports: [{port: 80}]}}
          - {apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {application.yaml: "management: {endpoints: {web: {exposure: {include: '*'}}}}"}}
          - apiVersion: apps/v1
            kind: Deployment
            metadata: {name: orders}
            spec:
              template:
                metadata: {labels: {app: orders}}
                spec: {containers: [{name: a, image: shop/orders, readinessProbe: {httpGet: {path: /actuator}}, ports: [{containerPort: 80, hostPort: 80}], env: [{name: A_URL, value: "http://a.company.com?sslmode=disable"}, {name: B, value: "-agentlib:jdwp=address=*:5005"}]}]}
    """,
    "kong.yml": """
        _format_version: "3.0"
        services:
          - name: orders
            url: http://orders:8080
            retries: 3
            read_timeout: 5000
            client_certificate: c
            routes: [{name: orders, paths: [/orders], hosts: [a], methods: [GET], plugins: [{name: jwt}]}]
            plugins: [{name: rate-limiting, config: {second: 5, minute: 2}}, {name: cors, config: {origins: ["*"], credentials: true}}]
          - {name: stock, host: stock.up, protocol: https, port: 443}
        routes: [{name: stock, service: {name: stock}, paths: [/stock]}]
        upstreams: [{name: stock.up, hash_on: cookie, targets: [{target: "stock:80", weight: 1}], healthchecks: {passive: {unhealthy: {http_failures: 1}}}}]
        targets: [{upstream: stock.up, target: "b:1"}]
        plugins:
          - {name: rate-limiting-advanced, config: {limit: [5, 2], window_size: [1, 60]}, route: stock}
          - {name: upstream-timeout, config: {read_timeout: 1}}
          - {name: openid-connect, config: {issuer: "http://a.example", auth_methods: [bearer]}}
          - {name: response-transformer, config: {add: {headers: ["Content-Security-Policy:script-src *"]}}}
        consumers: [{username: a, plugins: [{name: acl}]}]
    """,
    "envoy.yaml": """
        static_resources:
          listeners:
            - filter_chains:
                - filters:
                    - name: envoy.filters.network.http_connection_manager
                      typed_config:
                        route_config:
                          virtual_hosts:
                            - name: shop
                              domains: [a]
                              retry_policy: {retry_on: 5xx}
                              cors: {allow_origin_string_match: [{safe_regex: {regex: ".*"}}], allow_credentials: true}
                              response_headers_to_add: [{header: {key: content-security-policy, value: "script-src *"}}]
                              routes:
                                - match: {prefix: /orders, headers: [{name: ":method", exact_match: GET}]}
                                  route: {cluster: orders, timeout: 2s, retry_policy: {retry_on: 5xx, num_retries: 2, per_try_timeout: 3s, retry_back_off: {base_interval: 1s}}}
                                  typed_per_filter_config: {jwt: {disabled: false}}
                                - match: {safe_regex: {regex: a}}
                                  route: {weighted_clusters: {clusters: [{name: orders, weight: 1}]}}
                        http_filters:
                          - {name: envoy.filters.http.jwt_authn, typed_config: {providers: {a: {remote_jwks: {http_uri: {uri: "http://a.example", cluster: orders}}}}}}
                          - {name: envoy.filters.http.local_ratelimit, typed_config: {token_bucket: {max_tokens: 1, tokens_per_fill: 2, fill_interval: 60s}, filter_enabled: {default_value: {numerator: 1}}, filter_enforced: {default_value: {numerator: 1}}}}
                    - {name: envoy.filters.network.tcp_proxy, typed_config: {cluster: orders}}
          clusters:
            - name: orders
              hosts: [{socket_address: {address: b, port_value: 1}}]
              load_assignment: {endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: a, port_value: 1}}}}]}]}
              outlier_detection: {consecutive_5xx: 5, consecutive_gateway_failure: 5, enforcing_consecutive_gateway_failure: 100}
              circuit_breakers: {thresholds: [{max_connections: 1, retry_budget: {}}]}
              transport_socket: {typed_config: {common_tls_context: {tls_certificates: [{}]}}}
    """,
    "service_config.yaml": """
        methodConfig:
          - name: [{service: a.B, method: C}, {service: a.D}]
            timeout: 1s
            retryPolicy: {maxAttempts: 3, initialBackoff: 1s, maxBackoff: 1s, backoffMultiplier: 1, retryableStatusCodes: [DEADLINE_EXCEEDED, 14]}
          - {name: [{}], hedgingPolicy: {maxAttempts: 2, hedgingDelay: 1s}}
        retryThrottling: {maxTokens: 1, tokenRatio: 1}
    """,
    "manifest.yaml": """
        apiVersion: archlint.dev/v1alpha1
        kind: Service
        entity: component:default/orders
        aliases: [a]
        tier: 1
        apis: [{contract: a.yaml}]
        dependsOn: [{target: b, criticality: soft}]
        data: [{type: postgres, id: x, owner: q}]
        channels: [{channel: c, action: send, messages: [M]}]
        sagas: [{saga: s, steps: [{participant: p, step: pivot}]}]
        migration: {replaces: z, until: 2020-01-01}
    """,
    "calm.yaml": """
        nodes:
          - {unique-id: a, node-type: service, name: A, description: a}
          - {unique-id: b, node-type: database, name: B, description: b}
        relationships:
          - {unique-id: c, relationship-type: {connects: {source: {node: a}, destination: {node: b}}}, protocol: JDBC}
    """,
    "pact.yaml": """
        consumer: {name: web}
        provider: {name: orders}
        interactions:
          - description: a
            type: Synchronous/HTTP
            pending: true
            request: {method: post, path: /a/1, query: {b: ["1"]}, headers: {content-type: application/json}, body: {content: {c: [1]}}}
            response:
              status: 200
              body: {content: {d: 1}, contentType: application/json, encoded: false}
              matchingRules: {body: {"$.d": {matchers: [{match: type}]}}, status: {}}
          - {description: b, type: Asynchronous/Messages, contents: {content: {e: 1}}, metadata: {topic: t}, comments: {references: {AsyncAPI: {messageId: m}}}}
        metadata: {pactSpecification: {version: "4.0"}}
    """,
    "rabbitmq.yaml": """
        rabbitmq_version: 4.1.0
        vhosts: [{name: /, metadata: {default_queue_type: quorum}}]
        queues: [{name: a, vhost: /, arguments: {x-dead-letter-exchange: x, x-dead-letter-routing-key: k, x-max-length: 5}}, {name: b, vhost: /}]
        exchanges: [{name: x, vhost: /, type: direct, arguments: {alternate-exchange: y}}]
        bindings: [{source: x, vhost: /, destination: a, destination_type: queue, routing_key: k}]
        policies: [{name: p, vhost: /, pattern: ^a, priority: 1, apply-to: queues, definition: {ha-mode: all, dead-letter-exchange: x}}]
        parameters: [{component: operator_policy, name: o, vhost: /, value: {pattern: a, definition: [[max-length, 5]]}}]
    """,
    "asyncapi.yaml": """
        asyncapi: 2.6.0
        info: {title: orders, version: 1.0.0}
        servers: {a: {url: "b:{port}", protocol: kafka, variables: {port: {default: "1"}}, security: [{s: []}]}}
        channels:
          x.{id}:
            parameters: {id: {schema: {type: string}}}
            bindings: {kafka: {topic: t}}
            publish: {operationId: p, message: {oneOf: [{payload: {type: object, properties: {a: {}}}, traits: [{name: n}]}]}}
        components: {securitySchemes: {s: {type: oauth2, flows: {implicit: {authorizationUrl: "http://a", scopes: {}}}}}}
    """,
}


def _texts() -> dict[str, str]:
    own = {
        str(path.relative_to(_ROOT)): path.read_text()
        for path in sorted((_ROOT / "fixtures" / "shop").rglob("*.yaml"))
    }
    return own | _MORE


@pytest.mark.parametrize("name", sorted(_texts()))
def test_wrong_types_anywhere(name: str, registry: Registry) -> None:
    chance = random.Random(name)
    for original in parse(Source(name, _texts()[name].encode())).documents:
        for _ in range(_ROUNDS):
            data = copy.deepcopy(original.data)
            for _ in range(chance.randint(1, 4)):
                _change(data, chance)
            document = Document(original.source, 0, data, original.locator)
            for form in registry.formats:
                if form.sniff(document):
                    document.format, document.kind = form.name, form.sniff(document)
                    _check(document, form, registry)


def _check(document: Document, form: Format, registry: Registry) -> None:
    list(form.validate(document))
    form.describe(document)
    graph = build_graph(list(form.facts(document)))
    views: list[Any] = [*form.visit(document, frozenset(form.subjects)), document, graph]
    views += [*graph.topics, *graph.dependencies, *graph.services, *graph.datastores]
    for rule in registry.rules.values():
        context = Context(
            options=rule.options(),
            graph=graph if _of_graph(rule.subjects) else ServiceGraph(),
            today="2026-01-01",
        )
        for view in views:
            if type(view) in rule.subjects and (rule.applies is None or rule.applies(view)):
                list(rule.check(view, context))


def _of_graph(subjects: tuple[type[Any], ...]) -> bool:
    return bool({ServiceGraph, Topic, Dependency} & set(subjects))


def _change(data: Any, chance: random.Random) -> None:
    """Give one place in *data* a value of another type, or take it away."""
    places: list[tuple[Any, Any]] = []
    pending = [data]
    while pending:
        value = pending.pop()
        for key, item in list(value.items() if isinstance(value, dict) else enumerate(value)):
            places.append((value, key))
            if isinstance(item, dict | list):
                pending.append(item)
    if places:
        holder, key = chance.choice(places)
        if chance.random() < 0.2:
            del holder[key]
        else:
            holder[key] = copy.deepcopy(chance.choice(_VALUES))
