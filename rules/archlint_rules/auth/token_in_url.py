"""A credential in the URL.

## Why is this bad?

URLs are written down everywhere: server and proxy logs, browser histories, analytics, `Referer` headers. Whoever reads one of them has
the key.

## How to fix

Send it in the `Authorization` header. Where a link must work by itself (a download), make a token for that one thing and a short time, and
ignore the rule there with that reason.
"""

import re
from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Location, Problem, Severity, regex, rule
from archlint.formats.asyncapi import AsyncApi
from archlint.formats.envoy import EnvoyFilter
from archlint.formats.kong import KongPlugin
from archlint.formats.kubernetes import Manifest
from archlint.formats.openapi import OpenAPI
from archlint.formats.openapi.words import bare

_NAMES = frozenset(
    (
        "accesstoken",
        "token",
        "apikey",
        "password",
        "secret",
        "authtoken",
        "apitoken",
        "clientsecret",
        "jwt",
        "bearertoken",
        "idtoken",
        "refreshtoken",
        "sessiontoken",
        "authkey",
    )
)
_ONE_TIME = regex(
    r"one[- ]time|single[- ]use|short[- ]lived|reset|verif|confirm|invit|unsubscribe|activation|magic|email|upload|page|sync|cursor|continu|iterat|package token",
    re.IGNORECASE,
)

_KONG_KEYS = {
    "jwt": "uri_param_names",
    "key-auth": "key_in_query",
    "openid-connect": "bearer_token_param_type",
}

type Subject = OpenAPI | AsyncApi | Manifest | EnvoyFilter | KongPlugin


@rule(
    id="token-in-url",
    category="auth",
    severity=Severity.ERROR,
    subject=(OpenAPI, AsyncApi, Manifest, EnvoyFilter, KongPlugin),
    since="0.1.0",
    references=(
        "https://www.rfc-editor.org/rfc/rfc9700#section-4.3.2",
        "https://www.rfc-editor.org/rfc/rfc6750#section-5.3",
    ),
    tags=("security",),
    examples=(
        Bad(
            """
            openapi: 3.1.0
            info: {title: Orders, version: 1.0.0}
            paths: {}
            components:
              securitySchemes:
                key:
                  type: apiKey
                  name: api_key
                  in: query  # <- `key` is sent in the URL, as `api_key`
            """
        ),
        Bad(
            """
            openapi: 3.1.0
            info: {title: Files, version: 1.0.0}
            paths:
              /files/{id}/content:
                get:
                  parameters:
                    - name: access_token  # <- `GET /files/{id}/content` takes `access_token` in the URL
                      in: query
                      schema: {type: string}
                  responses: {"200": {description: ok}}
            """
        ),
        Bad(
            """
            asyncapi: 3.0.0
            info: {title: Orders, version: 1.0.0}
            components:
              securitySchemes:
                key: {type: httpApiKey, name: api_key, in: query}  # <- `key` is sent in the URL, as `api_key`
            """
        ),
        Bad(
            """
            apiVersion: security.istio.io/v1
            kind: RequestAuthentication
            metadata: {name: orders}
            spec:
              jwtRules:
                - issuer: https://id.example.com
                  fromParams: [token]  # <- `orders` takes tokens from the URL, as `token`
            """
        ),
        Bad(
            """
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
                                    orders:
                                      issuer: https://id.example.com
                                      from_params: [token]  # <- `orders` takes tokens from the URL, as `token`
            """
        ),
        Bad(
            """
            _format_version: "3.0"
            plugins:
              - name: jwt
                config: {uri_param_names: [jwt]}  # <- `jwt` of `kong` takes tokens from the URL
              - name: key-auth
                config: {key_in_query: true}  # <- `key-auth` of `kong` takes tokens from the URL
            """
        ),
        Good(
            """
            _format_version: "3.0"
            plugins:
              - {name: jwt, config: {uri_param_names: []}}
              - {name: key-auth, config: {key_in_query: false}}
              - {name: openid-connect, config: {bearer_token_param_type: [header]}}
            """
        ),
        Good(
            """
            openapi: 3.1.0
            info: {title: Orders, version: 1.0.0}
            paths:
              /password/reset:
                post:
                  parameters: [{name: token, in: query, schema: {type: string}, description: The one-time token from the mail}]
                  responses: {"200": {description: ok}}
            components:
              securitySchemes:
                key: {type: apiKey, name: X-Api-Key, in: header}
            """,
            "a token for one thing",
        ),
        Good(
            """
            openapi: 3.1.0
            info: {title: Orders, version: 1.0.0}
            paths:
              /orders:
                get:
                  parameters: [{name: pageToken, in: query, schema: {type: string}}]
                  responses: {"200": {description: ok}}
            """,
            "a page token is no credential",
        ),
        Good(
            """
            openapi: 3.1.0
            info: {title: Logs, version: 1.0.0}
            paths:
              /logs:
                get:
                  parameters: [{name: token, in: query, schema: {type: string}, description: Continues the last answer}]
                  responses: {"200": {description: ok}}
            """,
            "a token to continue with",
        ),
    ),
)
def token_in_url(subject: Subject, context: Context) -> Iterator[Problem]:
    """Report API keys in the query, query parameters named like credentials, and where meshes and gateways are told to look for tokens."""
    del context
    if isinstance(subject, OpenAPI):
        yield from _openapi(subject)
    elif isinstance(subject, AsyncApi):
        yield from _asyncapi(subject)
    elif isinstance(subject, Manifest):
        yield from _istio(subject)
    elif isinstance(subject, EnvoyFilter):
        yield from _envoy(subject)
    else:
        yield from _kong(subject)


def _asyncapi(api: AsyncApi) -> Iterator[Problem]:
    for scheme in api.security_schemes:
        if scheme.type == "httpApiKey" and scheme.get("in") == "query":
            yield Problem(
                f"`{scheme.name}` is sent in the URL, as `{scheme.get('name')}`",
                scheme.at("in"),
                help="send it in a header",
            )


def _istio(manifest: Manifest) -> Iterator[Problem]:
    if manifest.kind != "RequestAuthentication" or manifest.group != "security.istio.io":
        return
    for index, entry in enumerate(manifest.items("spec", "jwtRules")):
        names = entry.get("fromParams") if isinstance(entry, dict) else None
        if isinstance(names, list) and names:
            yield _taken(manifest.name, names[0], manifest.at("spec", "jwtRules", index, "fromParams"))


def _envoy(one: EnvoyFilter) -> Iterator[Problem]:
    for name in one.config.mapping("providers") if one.kind == "jwt_authn" else ():
        names = one.config.pick("providers", name, "from_params")
        if isinstance(names, list) and names:
            yield _taken(name, names[0], one.config.place("providers", name, "from_params"))


def _taken(owner: str, name: object, at: Location) -> Problem:
    return Problem(
        f"`{owner}` takes tokens from the URL, as `{name}`",
        at,
        help="take them from the `Authorization` header",
    )


def _kong(plugin: KongPlugin) -> Iterator[Problem]:
    """Report what is written, which may be what Kong does by itself: tools write all of it down."""
    key = _KONG_KEYS.get(plugin.name, "")
    value = plugin.config.get(key)
    asks = "query" in value if isinstance(value, list) and plugin.name == "openid-connect" else bool(value)
    if plugin.is_enabled and key and asks:
        yield Problem(
            f"`{plugin.name}` of `{plugin.subject}` takes tokens from the URL",
            plugin.at("config", key),
            help="take them from the `Authorization` header",
            severity=Severity.WARNING,
        )


def _openapi(api: OpenAPI) -> Iterator[Problem]:
    keys = set()
    for scheme in api.schemes.values():
        if scheme.type == "apiKey" and scheme.get("in") == "query":
            keys.add(str(scheme.get("name")))
            yield Problem(
                f"`{scheme.name}` is sent in the URL, as `{scheme.get('name')}`",
                scheme.at("in"),
                help="send it in a header",
            )
    seen = set()
    for operation in api.operations:
        for parameter in operation.parameters:
            if (
                parameter.place != "query"
                or bare(parameter.name) not in _NAMES
                or parameter.name in keys
                or parameter in seen
            ):
                continue
            seen.add(parameter)
            if _ONE_TIME.search(f"{operation.path} {operation.id} {parameter.description}"):
                continue
            yield Problem(
                f"`{operation.name}` takes `{parameter.name}` in the URL",
                parameter.location,
                help="send it in the `Authorization` header",
            )
