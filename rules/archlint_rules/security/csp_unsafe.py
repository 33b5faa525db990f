"""A content security policy that lets injected scripts run.

## Why is this bad?

The policy is there to stop a script that somebody got into a page. With `'unsafe-inline'`, `'unsafe-eval'` or `*` for scripts it stops nothing that matters: the
header is sent, tests for it pass, and an injected script still runs as the user.

## How to fix

Give the scripts of the page a nonce or a hash, or serve them from hosts that are named. `'unsafe-inline'` beside a nonce or a hash is a fallback for old browsers:
new ones ignore it.
"""

import re
from collections.abc import Iterator
from typing import Any

from archlint.api import Bad, Context, Good, Location, Node, Problem, Severity, regex, rule
from archlint.formats.envoy import EnvoyConfig
from archlint.formats.kong import KongPlugin
from archlint.formats.kubernetes import Manifest, MeshRoute

_HEADER = "content-security-policy"
_SNIPPET = regex(
    r"(?:add_header\s+[\"']?|more_set_headers\s+[\"'])Content-Security-Policy[\"']?\s*[:\s]\s*[\"']?(?P<value>[^\"\n]*)",
    re.IGNORECASE,
)
_SCRIPTS = ("script-src", "script-src-elem", "script-src-attr", "default-src", "object-src", "worker-src")
_ISTIO = """
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: shop}}
spec:
  hosts: [shop.example]
  http:
    - timeout: 2s
      route: [{{destination: {{host: shop}}}}]
      headers:
        response:
          set:
            Content-Security-Policy: {value}
"""
_GATEWAY = """
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: shop}
spec:
  rules:
    - backendRefs: [{name: shop, port: 80}]
      filters:
        - type: ResponseHeaderModifier
          responseHeaderModifier:
            set:
              - name: Content-Security-Policy
                value: default-src *  # <- `default-src` of `shop` allows `*`
"""
_KONG = """
_format_version: "3.0"
plugins:
  - name: response-transformer
    config:
      add:
        headers:
          - "Content-Security-Policy:script-src 'self' 'unsafe-eval'"  # <- `script-src` of `kong` allows `'unsafe-eval'`
"""
_INGRESS = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
  annotations:
    nginx.ingress.kubernetes.io/configuration-snippet: |  # <- `script-src` of `shop` allows `'unsafe-inline'`
      more_set_headers "Content-Security-Policy: default-src 'self'; script-src 'self' 'unsafe-inline'";
spec: {rules: []}
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
                      response_headers_to_add:
                        - header:
                            key: content-security-policy
                            value: default-src 'unsafe-inline'  # <- `default-src` of `shop` allows `'unsafe-inline'`
"""


@rule(
    id="csp-unsafe",
    category="security",
    severity=Severity.WARNING,
    profile="strict",
    subject=(MeshRoute, Manifest, KongPlugin, EnvoyConfig),
    since="0.1.0",
    references=(
        "https://www.w3.org/TR/CSP3/#strict-csp",
        "https://cheatsheetseries.owasp.org/cheatsheets/Content_Security_Policy_Cheat_Sheet.html",
    ),
    tags=("security",),
    examples=(
        Bad(
            _ISTIO.format(
                value="script-src 'self' 'unsafe-inline' 'unsafe-eval'  # <- `script-src` of `shop` allows `'unsafe-inline'`, `'unsafe-eval'`"
            )
        ),
        Bad(
            _ISTIO.format(
                value="style-src 'unsafe-inline'  # <- `style-src` of `shop` allows `'unsafe-inline'`"
            ),
            "info",
        ),
        Bad(_GATEWAY),
        Bad(_KONG),
        Bad(_INGRESS),
        Bad(_ENVOY),
        Good(_ISTIO.format(value="default-src 'self'; script-src 'self' https://cdn.example; img-src *")),
        Good(_ISTIO.format(value="\"script-src 'nonce-r4nd0m' 'unsafe-inline'\""), "new browsers ignore it"),
        Good(_ISTIO.format(value="\"script-src 'sha256-abc=' 'unsafe-inline' 'strict-dynamic' https:\"")),
        Good(_ISTIO.format(value="'{{ .Values.csp }} script-src *'"), "known when it is rendered"),
        Good(
            _ISTIO.format(value="default-src *").replace("Policy:", "Policy-Report-Only:"), "it only reports"
        ),
    ),
)
def csp_unsafe(
    subject: MeshRoute | Manifest | KongPlugin | EnvoyConfig, context: Context
) -> Iterator[Problem]:
    """Report policies for scripts with unsafe keywords or every host, and, as info, inline styles."""
    del context
    for name, value, at in _policies(subject):
        if "{{" not in value:
            yield from _judged(name, value, at)


def _judged(name: str, value: str, at: Location) -> Iterator[Problem]:
    directives: dict[str, list[str]] = {}
    for part in value.split(";"):
        words = part.strip().strip("\"'" if part.strip().count("'") % 2 else '"').lower().split()
        if words:
            directives.setdefault(words[0], words[1:])
    for directive, sources in directives.items():
        trusted = any(
            source.startswith(("'nonce-", "'sha")) or source == "'strict-dynamic'" for source in sources
        )
        found = ["'unsafe-inline'"] if "'unsafe-inline'" in sources and not trusted else []
        if directive in _SCRIPTS:
            found += [
                source
                for source in ("'unsafe-eval'", "*")
                if source in sources and not (trusted and source == "*")
            ]
        if found and (directive in _SCRIPTS or directive.startswith("style-src")):
            yield Problem(
                f"`{directive}` of `{name}` allows {', '.join(f'`{source}`' for source in found)}",
                at,
                help="use nonces or hashes, and name the hosts",
                severity=None if directive in _SCRIPTS else Severity.INFO,
            )


def _policies(
    subject: MeshRoute | Manifest | KongPlugin | EnvoyConfig,
) -> Iterator[tuple[str, str, Location]]:
    """Yield the policies that *subject* sends with the name of who sends them and their places."""
    if isinstance(subject, MeshRoute):
        yield from _of_route(subject)
    elif isinstance(subject, KongPlugin):
        yield from _of_plugin(subject)
    elif isinstance(subject, EnvoyConfig):
        yield from _of_envoy(subject)
    elif subject.kind == "Ingress":
        for key, text in subject.annotations.items():
            for match in _SNIPPET.finditer(text) if key.endswith("-snippet") else ():
                yield subject.name, match["value"], subject.at("metadata", "annotations", key)
    elif subject.kind == "Middleware" and subject.group.startswith("traefik."):
        yield from _named(subject.name, subject, ("spec", "headers", "customResponseHeaders"))
        value = subject.get("spec", "headers", "contentSecurityPolicy")
        if isinstance(value, str):
            yield subject.name, value, subject.at("spec", "headers", "contentSecurityPolicy")
    elif subject.kind == "ConfigMap":
        yield from _named(subject.name, subject, ("data",))


def _of_route(route: MeshRoute) -> Iterator[tuple[str, str, Location]]:
    places: list[tuple[str | int, ...]] = [("headers", "response")]
    places += [("route", index, "headers", "response") for index in range(len(route.items("route")))]
    for keys in places:
        for action in ("set", "add"):
            yield from _named(route.name, route, (*keys, action))
    for index in range(len(route.items("filters"))):
        for action in ("set", "add"):
            keys = ("filters", index, "responseHeaderModifier", action)
            for number, entry in enumerate(route.items(*keys)):
                if (
                    isinstance(entry, dict)
                    and _is_header(entry.get("name"))
                    and isinstance(entry.get("value"), str)
                ):
                    yield route.name, entry["value"], route.at(*keys, number, "value")


def _of_plugin(plugin: KongPlugin) -> Iterator[tuple[str, str, Location]]:
    if not plugin.name.startswith("response-transformer") or not plugin.is_enabled:
        return
    for action in ("add", "append", "replace"):
        for index, entry in enumerate(plugin.items("config", action, "headers")):
            name, _, value = entry.partition(":") if isinstance(entry, str) else ("", "", "")
            if _is_header(name):
                yield plugin.subject, value, plugin.at("config", action, "headers", index)


def _of_envoy(config: EnvoyConfig) -> Iterator[tuple[str, str, Location]]:
    for node in (*(host for _, host in config.virtual_hosts), *config.routes):
        for way, _ in node.messages("response_headers_to_add"):
            value = node.pick(*way, "header", "value")
            if _is_header(node.pick(*way, "header", "key")) and isinstance(value, str):
                yield node.name_of() or "envoy", value, node.at(*way, "header", "value")


def _named(name: str, node: Node, keys: tuple[str | int, ...]) -> Iterator[tuple[str, str, Location]]:
    for key, value in node.mapping(*keys).items():
        if _is_header(key) and isinstance(value, str):
            yield name, value, node.at(*keys, key)


def _is_header(name: Any) -> bool:
    return isinstance(name, str) and name.strip().lower() == _HEADER
