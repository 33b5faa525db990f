"""An address of the login that is not encrypted.

## Why is this bad?

Codes, tokens and keys that go over plain HTTP can be read and changed by everybody on the way: whoever answers first is the login.

## How to fix

Use `https`, and let the server redirect nothing: a client that was redirected once has sent its secret already.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

from archlint.api import Applicability, Bad, Context, Edit, Fix, Good, Location, Problem, Severity, rule
from archlint.formats.envoy import EnvoyCluster, EnvoyConfig, EnvoyFilter
from archlint.formats.kong import KongPlugin
from archlint.formats.kubernetes import Manifest
from archlint.formats.openapi import SecurityScheme

type Place = tuple[str, str, Location]

_KONG_KEYS = (
    "issuer",
    "authorization_endpoint",
    "token_endpoint",
    "introspection_endpoint",
    "userinfo_endpoint",
    "introspection_url",
)
_KONG_PLUGINS = frozenset(("openid-connect", "oauth2-introspection"))
_ISTIO = """
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {{name: orders}}
spec:
  jwtRules:
    - audiences: [orders]
      issuer: {issuer}
      {more}
"""
_ENVOY = """
static_resources:
  listeners:
    - filter_chains:
        - filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                http_filters:
                  - name: envoy.filters.http.jwt_authn
                    typed_config:
                      providers:
                        login:
                          audiences: [orders]
                          remote_jwks:
                            http_uri:
                              cluster: login
                              uri: {uri}
  clusters:
    - name: login
      {socket}
"""
_KONG = """
_format_version: "3.0"
plugins:
  - name: openid-connect
    config:
      audience_required: [orders]
      issuer: {issuer}
"""
_KEYS = ("authorizationUrl", "tokenUrl", "refreshUrl", "deviceAuthorizationUrl")
_LOCAL = ("localhost", "127.0.0.1", "::1", "host.docker.internal")

_SPEC = """
openapi: 3.1.0
info: {{title: Orders, version: 1.0.0}}
paths: {{}}
components:
  securitySchemes:
    login:
      type: oauth2
      flows:
        clientCredentials:
          tokenUrl: {url}
          scopes: {{}}
"""


@rule(
    id="auth-endpoint-not-https",
    category="auth",
    severity=Severity.ERROR,
    subject=(SecurityScheme, Manifest, EnvoyConfig, KongPlugin),
    since="0.1.0",
    references=(
        "https://www.rfc-editor.org/rfc/rfc6749#section-3.2",
        "https://openid.net/specs/openid-connect-discovery-1_0.html",
        "https://istio.io/latest/docs/reference/config/security/jwt/",
        "https://www.envoyproxy.io/docs/envoy/latest/api-v3/extensions/filters/http/jwt_authn/v3/config.proto",
    ),
    applies=lambda subject: not isinstance(subject, Manifest) or subject.kind == "RequestAuthentication",
    tags=("security",),
    examples=(
        Bad(_SPEC.format(url="http://login.example/token  # <- `tokenUrl` of `login` is plain HTTP")),
        Bad(
            """
            openapi: 3.1.0
            info: {title: Orders, version: 1.0.0}
            paths: {}
            components:
              securitySchemes:
                login:
                  type: openIdConnect
                  openIdConnectUrl: http://login.example/.well-known/openid-configuration  # <- `openIdConnectUrl` of `login` is plain HTTP
            """
        ),
        Bad(
            _ISTIO.format(
                issuer="https://login.example",
                more="jwksUri: http://login.example/keys  # <- `jwksUri` of `orders` is plain HTTP",
            )
        ),
        Bad(
            _ISTIO.format(
                issuer="http://login.example  # <- `issuer` of `orders` is plain HTTP",
                more="forwardOriginalToken: true",
            )
        ),
        Bad(
            _ENVOY.format(
                uri="http://login.example/keys  # <- `uri` of `jwt_authn` is plain HTTP",
                socket="type: STRICT_DNS",
            )
        ),
        Bad(_KONG.format(issuer="http://login.example  # <- `issuer` of `openid-connect` is plain HTTP")),
        Good(
            _ISTIO.format(issuer="http://login.example", more="jwksUri: https://login.example/keys"),
            "only a name",
        ),
        Good(
            _ENVOY.format(
                uri="http://login.example/keys",
                socket="transport_socket: {name: envoy.transport_sockets.tls}",
            ),
            "the cluster encrypts",
        ),
        Good(_KONG.format(issuer="https://login.example")),
        Good(_SPEC.format(url="https://login.example/token")),
        Good(_SPEC.format(url="http://localhost:8080/token"), "a developer's own machine"),
        Good(_SPEC.format(url="/oauth/token"), "relative to the server"),
    ),
)
def auth_endpoint_not_https(
    subject: SecurityScheme | Manifest | EnvoyConfig | KongPlugin, context: Context
) -> Iterator[Problem]:
    """Report `http` URLs of logins and keys whose host is neither this machine nor, as info, inside the cluster."""
    del context
    if isinstance(subject, SecurityScheme):
        for place in _of_scheme(subject):
            yield from _judged(subject.name, place, fixed=True)
    elif isinstance(subject, Manifest):
        for place in _of_rules(subject):
            yield from _judged(subject.name, place)
    elif isinstance(subject, KongPlugin):
        if subject.name in _KONG_PLUGINS and subject.is_enabled:
            for key in _KONG_KEYS:
                if isinstance(subject.config.get(key), str):
                    place = (key, subject.config[key], subject.at("config", key))
                    yield from _judged(subject.name, place)
    else:
        for manager in subject.managers:
            for one in manager.http_filters:
                for place in _of_filter(one, subject):
                    yield from _judged(one.kind, place)


def _judged(name: str, place: Place, *, fixed: bool = False) -> Iterator[Problem]:
    key, text, at = place
    host = _host(text) if text.startswith("http:") else None
    if host is None or host in _LOCAL or host.endswith(".localhost"):
        return
    inside = host.endswith((".svc", ".svc.cluster.local", ".internal", ".local")) or "." not in host
    yield Problem(
        f"`{key}` of `{name}` is plain HTTP",
        at,
        help="use `https`",
        severity=Severity.INFO if inside else None,
        fix=Fix("use `https`", (Edit("set", at, "https" + text[4:]),), Applicability.UNSAFE)
        if fixed
        else None,
    )


def _of_scheme(scheme: SecurityScheme) -> Iterator[Place]:
    url = scheme.get("openIdConnectUrl")
    if isinstance(url, str):
        yield "openIdConnectUrl", url, scheme.at("openIdConnectUrl")
    for name, (flow, _) in scheme.flows.items():
        for key in _KEYS:
            if isinstance(flow.get(key), str):
                keys = (key,) if scheme.root.is_swagger else ("flows", name, key)
                yield key, flow[key], scheme.at(*keys)


def _of_rules(manifest: Manifest) -> Iterator[Place]:
    """Yield where keys come from: `jwksUri`, or the issuer where nothing else is said."""
    for index, entry in enumerate(manifest.items("spec", "jwtRules")):
        if not isinstance(entry, dict) or "jwks" in entry:
            continue
        key = "jwksUri" if "jwksUri" in entry else "issuer"
        if isinstance(entry.get(key), str):
            yield key, entry[key], manifest.at("spec", "jwtRules", index, key)


def _of_filter(one: EnvoyFilter, config: EnvoyConfig) -> Iterator[Place]:
    """Yield the URLs of a filter that are asked through a cluster without TLS, which alone decides about that."""
    ways: list[tuple[str | int, ...]] = []
    if one.kind == "jwt_authn":
        names = one.config.mapping(*one.config.way("providers"))
        ways = [("providers", name, "remote_jwks", "http_uri") for name in names]
    elif one.kind == "oauth2":
        ways = [("config", "token_endpoint")]
    for way in ways:
        url, cluster = one.config.pick(*way, "uri"), one.config.pick(*way, "cluster")
        target = config.clusters.get(cluster) if isinstance(cluster, str) else None
        if isinstance(url, str) and target is not None and not _encrypts(target):
            yield "uri", url, one.config.place(*way, "uri")


def _encrypts(cluster: EnvoyCluster) -> bool:
    return any(cluster.pick(key) is not None for key in ("transport_socket", "tls_context"))


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return None
