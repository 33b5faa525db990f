"""Every website may call with the user's credentials.

## Why is this bad?

With any origin allowed and credentials too, a page that a user happens to visit can act as that user: read the data, place the order. Gateways that
echo the origin make the combination work that browsers forbid.

## How to fix

List the origins that need it, or do without credentials.
"""

from collections.abc import Iterator
from typing import Any

from archlint.api import Bad, Context, Good, Node, Problem, Severity, rule
from archlint.formats.envoy import EnvoyConfig
from archlint.formats.kong import KongPlugin
from archlint.formats.kubernetes import Manifest, MeshRoute
from archlint.formats.spring import SpringConfig, cors_configurations

_ANY = frozenset((".*", "^.*$", ".+", "*", "^.+$"))
_KONG = """
_format_version: "3.0"
services:
  - name: orders
    url: http://orders:8080
    plugins:
      - name: cors
        config:{marker}
          {config}
"""
_ENVOY = """
static_resources:
  listeners:
    - filter_chains:
        - filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                route_config:
                  virtual_hosts:
                    - name: shop
                      routes: [{{match: {{prefix: /}}, route: {{cluster: shop}}}}]
                      typed_per_filter_config:
                        envoy.filters.http.cors:{marker}
                          allow_origin_string_match: [{origin}]
                          allow_credentials: true
"""

_SPRING = """
spring:
  application: {{name: front}}
  cloud:
    gateway:
      globalcors:
        cors-configurations:
          '[/**]':
            allowedOriginPatterns: {origins}
            allowCredentials: {credentials}
"""
_ISTIO = """
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: orders}}
spec:
  hosts: [orders]
  http:
    - route: [{{destination: {{host: orders}}}}]
      timeout: 2s
      corsPolicy:{marker}
        allowOrigins: [{origin}]
        allowCredentials: {credentials}
"""


def _istio(origin: str, *, credentials: bool = True, marker: str = "") -> str:
    return _ISTIO.format(origin=origin, credentials=str(credentials).lower(), marker=marker)


@rule(
    id="cors-wildcard-with-credentials",
    category="security",
    severity=Severity.ERROR,
    subject=(MeshRoute, Manifest, KongPlugin, EnvoyConfig, SpringConfig),
    since="0.1.0",
    references=(
        "https://fetch.spec.whatwg.org/#cors-protocol-and-credentials",
        "https://gateway-api.sigs.k8s.io/reference/spec/#httpcorsfilter",
        "https://developer.konghq.com/plugins/cors/",
        "https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/cors_filter",
    ),
    tags=("security",),
    examples=(
        Bad(_istio('{regex: ".*"}', marker="  # <- `orders` lets every origin call with credentials")),
        Bad(
            """
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata:
              name: orders
              annotations:  # <- `orders` lets every origin call with credentials
                nginx.ingress.kubernetes.io/enable-cors: "true"
                nginx.ingress.kubernetes.io/cors-allow-origin: "*"
            spec: {rules: []}
            """,
            "ingress-nginx allows credentials by default",
        ),
        Bad(
            _KONG.format(
                marker="  # <- `orders` lets every origin call with credentials",
                config="{origins: ['*'], credentials: true}",
            )
        ),
        Bad(
            _KONG.format(
                marker="  # <- `orders` lets every origin call with credentials", config="credentials: true"
            ),
            "every origin is the default, and Kong echoes it",
        ),
        Bad(
            _ENVOY.format(
                marker="  # <- `shop` lets every origin call with credentials",
                origin="{safe_regex: {regex: '.*'}}",
            )
        ),
        Bad(
            _SPRING.format(
                origins='["*"]  # <- `front` lets every origin call with credentials', credentials="true"
            )
        ),
        Bad(
            {
                "front/src/main/resources/application.properties": """
                    spring.application.name=front
                    management.endpoints.web.cors.allow-credentials=true
                    management.endpoints.web.cors.allowed-origins=*,https://shop.example # <- every origin
                    """
            },
            "properties of Spring",
        ),
        Good(_SPRING.format(origins='"https://*.shop.example"', credentials="true")),
        Good(_SPRING.format(origins='"*"', credentials="false")),
        Good(_SPRING.format(origins='"*"', credentials="${CREDENTIALS}"), "not known"),
        Good(_KONG.format(marker="", config="{origins: ['https://shop.example'], credentials: true}")),
        Good(_KONG.format(marker="", config="{origins: ['*']}"), "no credentials is the default"),
        Good(_KONG.format(marker="", config="{origins: '${{ env \"DECK_ORIGINS\" }}', credentials: true}")),
        Good(_ENVOY.format(marker="", origin="{exact: 'https://shop.example'}")),
        Good(_istio('{exact: "https://shop.example"}')),
        Good(_istio('{regex: ".*"}', credentials=False)),
        Good(_istio('{regex: "https://[a-z]+[.]shop[.]example"}'), "a pattern of known hosts"),
    ),
)
def cors_wildcard_with_credentials(
    subject: MeshRoute | Manifest | KongPlugin | EnvoyConfig | SpringConfig, context: Context
) -> Iterator[Problem]:
    """Report CORS policies that match everything and allow credentials."""
    del context
    if isinstance(subject, MeshRoute):
        yield from _mesh(subject)
    elif isinstance(subject, KongPlugin):
        yield from _kong(subject)
    elif isinstance(subject, EnvoyConfig):
        yield from _envoy(subject)
    elif isinstance(subject, SpringConfig):
        yield from _spring(subject)
    elif subject.kind == "Ingress" and _nginx(subject.annotations):
        yield _problem(subject.name, subject, "metadata", "annotations")


def _kong(plugin: KongPlugin) -> Iterator[Problem]:
    """Yield where Kong echoes any origin: with `*` among the origins, and without any (handler of its plugin `cors`)."""
    if plugin.name != "cors" or not plugin.is_enabled or plugin.config.get("credentials") is not True:
        return
    origins = plugin.config.get("origins")
    if not origins or (isinstance(origins, list) and any(str(one) in _ANY for one in origins)):
        yield _problem(plugin.subject, plugin, "config")


def _envoy(config: EnvoyConfig) -> Iterator[Problem]:
    for node in (*(host for _, host in config.virtual_hosts), *config.routes):
        for keys in (
            ("typed_per_filter_config", "envoy.filters.http.cors"),
            ("cors",),
            ("route", "cors"),
        ):
            way = node.way(*keys)
            origins = node.pick(*way, "allow_origin_string_match") or node.pick(*way, "allow_origin")
            if (
                node.pick(*way, "allow_credentials") is True
                and isinstance(origins, list)
                and any(map(_is_any, origins))
            ):
                yield _problem(node.name_of() or "envoy", node, *way)


def _spring(config: SpringConfig) -> Iterator[Problem]:
    """Yield where patterns of origins have Spring echo any; `*` itself with credentials is what it refuses, or echoed before version 5.3."""
    for origins, credentials in cors_configurations(config):
        said = ((origin, part.strip()) for origin in origins for part in (origin.value or "").split(","))
        wide = next((origin for origin, part in said if part == "*"), None)
        if wide is not None and credentials is not None and credentials.value == "true":
            name = config.application or config.document.source.name
            yield Problem(
                f"`{name}` lets every origin call with credentials",
                wide.at,
                help="list the origins, or do without credentials",
            )


def _mesh(subject: MeshRoute) -> Iterator[Problem]:
    policy = subject.get("corsPolicy")
    if (
        isinstance(policy, dict)
        and policy.get("allowCredentials") is True
        and any(map(_is_any, policy.get("allowOrigins") or ()))
    ):
        yield _problem(subject.name, subject, "corsPolicy")
    for index, entry in enumerate(subject.items("filters")):
        cors = entry.get("cors") if isinstance(entry, dict) else None
        if (
            isinstance(cors, dict)
            and cors.get("allowCredentials") is True
            and "*" in (cors.get("allowOrigins") or ())
        ):
            yield _problem(subject.name, subject, "filters", index, "cors")


def _problem(name: str, subject: Node, *keys: str | int) -> Problem:
    return Problem(
        f"`{name}` lets every origin call with credentials",
        subject.at(*keys, on_key=True),
        help="list the origins, or do without credentials",
    )


def _is_any(origin: Any) -> bool:
    if isinstance(origin, str):
        return origin == "*"
    if not isinstance(origin, dict):
        return False
    pattern = origin.get("safe_regex", origin.get("safeRegex"))
    regex = pattern.get("regex") if isinstance(pattern, dict) else origin.get("regex")
    return (
        origin.get("exact") == "*"
        or origin.get("prefix") in {"", "*"}
        or (isinstance(regex, str) and regex in _ANY)
    )


def _nginx(annotations: dict[str, str]) -> bool:
    base = "nginx.ingress.kubernetes.io/"
    origin = annotations.get(f"{base}cors-allow-origin", "*")
    credentials = annotations.get(f"{base}cors-allow-credentials", "true")
    return annotations.get(f"{base}enable-cors") == "true" and origin == "*" and credentials == "true"
