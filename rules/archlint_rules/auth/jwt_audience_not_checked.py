"""Tokens are accepted whatever service they were issued for.

## Why is this bad?

Every service that gets a token may use it with all the others: one that is broken into, or that somebody set up to collect tokens, acts as its callers
everywhere where the same issuer is trusted.

## How to fix

Name the audiences that the service answers to (`audiences`, in Kong's OpenID Connect plugin `audience_required`). Kong's `jwt` plugin cannot check them:
let the service do it, or use the other plugin.
"""

from collections.abc import Iterator
from typing import Any

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.formats.envoy import EnvoyFilter
from archlint.formats.kong import KongPlugin
from archlint.formats.kubernetes import Manifest, manifests

_CONDITION = "request.auth.audiences"
_ISTIO = """
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {{name: orders}}
spec:
  jwtRules:
    - {rule}
"""
_POLICY = """
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: orders}
spec:
  rules: [{when: [{key: "request.auth.claims[aud]", values: [orders]}]}]
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
                        login:{marker}
                          issuer: https://login.example
                          {more}
"""
_KONG = """
_format_version: "3.0"
services:
  - name: orders
    url: http://orders:8080
    plugins:
      - name: {name}
        config: {config}
"""
_LOGIN = "issuer: https://login.example"


@rule(
    id="jwt-audience-not-checked",
    category="auth",
    severity=Severity.WARNING,
    profile="strict",
    subject=(Manifest, EnvoyFilter, KongPlugin),
    since="0.1.0",
    references=(
        "https://www.rfc-editor.org/rfc/rfc8725#section-3.9",
        "https://istio.io/latest/docs/reference/config/security/jwt/",
        "https://www.envoyproxy.io/docs/envoy/latest/api-v3/extensions/filters/http/jwt_authn/v3/config.proto",
        "https://developer.konghq.com/plugins/openid-connect/",
    ),
    tags=("security",),
    examples=(
        Bad(
            _ISTIO.format(
                rule="issuer: https://login.example  # <- `orders` names no audiences; Istio accepts the name of the service then"
            )
        ),
        Bad(_ENVOY.format(marker="  # <- `login` accepts tokens for any audience", more="forward: true")),
        Bad(
            _KONG.format(
                name="openid-connect  # <- `openid-connect` of `orders` accepts tokens for any audience",
                config=f"{{{_LOGIN}}}",
            )
        ),
        Bad(
            _KONG.format(
                name="jwt  # <- `jwt` of `orders` accepts tokens for any audience",
                config="{claims_to_verify: [exp]}",
            ),
            "it cannot check any",
        ),
        Good(_ISTIO.format(rule="{issuer: https://login.example, audiences: [orders]}")),
        Good(_ISTIO.format(rule=_LOGIN) + _POLICY, "the policy checks it"),
        Good(
            _ISTIO.format(rule='{issuer: https://login.example, audiences: "{{ .Values.audiences }}"}'),
            "rendered",
        ),
        Good(_ENVOY.format(marker="", more="audiences: [orders]")),
        Good(_KONG.format(name="openid-connect", config=f"{{{_LOGIN}, audience_required: [orders]}}")),
        Good(
            _KONG.format(
                name="openid-connect", config=f"{{{_LOGIN}, auth_methods: [authorization_code, session]}}"
            ),
            "it takes no tokens of others",
        ),
        Good(_KONG.format(name="jwt", config="{}").replace("config", "enabled: false\n        config")),
    ),
)
def jwt_audience_not_checked(
    subject: Manifest | EnvoyFilter | KongPlugin, context: Context
) -> Iterator[Problem]:
    """Report rules and plugins that check tokens and name no audiences; as info what cannot check them."""
    del context
    if isinstance(subject, Manifest):
        yield from _istio(subject)
    elif isinstance(subject, EnvoyFilter):
        yield from _envoy(subject)
    else:
        yield from _kong(subject)


def _istio(manifest: Manifest) -> Iterator[Problem]:
    if manifest.kind != "RequestAuthentication" or manifest.group != "security.istio.io":
        return
    for index, entry in enumerate(manifest.items("spec", "jwtRules")):
        if isinstance(entry, dict) and not entry.get("audiences") and not _policy_checks(manifest):
            yield Problem(
                f"`{manifest.name}` names no audiences; Istio accepts the name of the service then",
                manifest.at("spec", "jwtRules", index),
                help="list `audiences`",
            )


def _policy_checks(manifest: Manifest) -> bool:
    """Tell whether an authorization policy in the folder asks for an audience."""
    document = manifest.document
    resolver = document.resolver
    paths = {document.path, *(resolver.siblings(document.path) if resolver is not None else ())}
    found = [
        other
        for path in sorted(paths)
        for other in (resolver.documents(path) if resolver is not None else ())
    ]
    return any(
        _asks(policy.get("spec", "rules"))
        for other in found or [document]
        for policy in manifests(other)
        if policy.kind == "AuthorizationPolicy"
    )


def _asks(rules: Any) -> bool:
    return any(
        isinstance(condition, dict) and str(condition.get("key")) in {_CONDITION, "request.auth.claims[aud]"}
        for entry in (rules if isinstance(rules, list) else ())
        if isinstance(entry, dict)
        for condition in (entry["when"] if isinstance(entry.get("when"), list) else ())
    )


def _envoy(one: EnvoyFilter) -> Iterator[Problem]:
    if one.kind != "jwt_authn":
        return
    for name, provider in one.config.mapping("providers").items():
        if isinstance(provider, dict) and not provider.get("audiences"):
            yield Problem(
                f"`{name}` accepts tokens for any audience",
                one.config.at("providers", name, on_key=True),
                help="list `audiences`",
            )


def _kong(plugin: KongPlugin) -> Iterator[Problem]:
    if not plugin.is_enabled or plugin.name not in {"jwt", "openid-connect"}:
        return
    methods = plugin.config.get("auth_methods")
    takes_tokens = not isinstance(methods, list) or "bearer" in methods
    if plugin.name == "jwt" or (takes_tokens and not plugin.config.get("audience_required")):
        yield Problem(
            f"`{plugin.name}` of `{plugin.subject}` accepts tokens for any audience",
            plugin.place,
            help="check `aud` in the service" if plugin.name == "jwt" else "list `audience_required`",
            severity=Severity.INFO if plugin.name == "jwt" else None,
        )
