"""Configuration of gateways and collectors in ConfigMaps and in resources of their own.

Whoever mounts the ConfigMap routes.
"""

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from archlint.api import DependencyFact, Fact, Node, Pointer, RouteFact, Source, parse
from archlint.formats import envoy, kong, otel_collector
from archlint.formats.kubernetes.inner_places import look_inside
from archlint.formats.kubernetes.views import Manifest

GROUPS = ("",)
SUBJECTS = (*envoy.FORMAT.subjects, *kong.FORMAT.subjects, *otel_collector.FORMAT.subjects)
"""The views that ConfigMaps may hold."""
_KONG = "configuration.konghq.com"
_PLUGINS = frozenset(("KongPlugin", "KongClusterPlugin"))
_SIGNS = ("static_resources", "staticResources", "_format_version")


def _configs(manifest: Manifest) -> Iterator[envoy.EnvoyConfig | kong.KongConfig]:
    if manifest.kind != "ConfigMap" or manifest.group:
        return
    for key, text in manifest.mapping("data").items():
        if not isinstance(text, str) or not any(sign in text for sign in _SIGNS):
            continue
        pointer = (*manifest.pointer, "data", key)
        for document in parse(Source(key, text.encode("utf-8", "surrogatepass"))).documents:
            if envoy.is_envoy(document.data) or kong.is_kong(document.data):
                look_inside(manifest.document, pointer, document)
            if envoy.is_envoy(document.data):
                yield envoy.EnvoyConfig(manifest.document, pointer, document.data)
            elif kong.is_kong(document.data):
                yield kong.KongConfig(manifest.document, pointer, document.data)


def facts(manifest: Manifest) -> Iterator[Fact]:
    """Yield the routes of the gateway that the ConfigMap *manifest* configures."""
    reader = f"{manifest.scope}/{manifest.name}"
    for config in _configs(manifest):
        found = envoy.facts_of(config) if isinstance(config, envoy.EnvoyConfig) else kong.facts_of(config)
        for fact in found:
            if isinstance(fact, RouteFact):
                backends = tuple(replace(end, scope=manifest.scope) for end in fact.backends)
                yield replace(fact, backends=backends, extra={**fact.extra, "configmap": reader})
            elif isinstance(fact, DependencyFact):
                yield replace(fact, scope=manifest.scope, extra={**fact.extra, "configmap": reader})


def nodes(manifest: Manifest, wanted: frozenset[type[Node]]) -> Iterator[Node]:
    """Yield the *wanted* views of gateways' configuration: in a ConfigMap, or a plugin of Kong that is a resource of its own."""
    if wanted.isdisjoint(SUBJECTS):
        return
    if manifest.group == _KONG and manifest.kind in _PLUGINS and kong.KongPlugin in wanted:
        yield kong.KongPlugin(manifest.document, manifest.pointer, manifest.data, None)
    for config in _configs(manifest):
        if isinstance(config, envoy.EnvoyConfig):
            yield from envoy.nodes(config, wanted)
        else:
            yield from kong.nodes(config, wanted)
    for collector in _collectors(manifest):
        yield from otel_collector.nodes(collector, wanted)


def _collectors(manifest: Manifest) -> Iterator[otel_collector.CollectorConfig]:
    """Yield the configurations of collectors: in a ConfigMap, or in the resource of OpenTelemetry's operator."""
    found: list[tuple[Pointer, Any]] = []
    if manifest.kind == "ConfigMap" and not manifest.group:
        found = [(("data", key), text) for key, text in manifest.mapping("data").items()]
    elif manifest.kind == "OpenTelemetryCollector" and manifest.group == "opentelemetry.io":
        found = [(("spec", "config"), manifest.get("spec", "config"))]
    for keys, value in found:
        pointer = (*manifest.pointer, *keys)
        if isinstance(value, dict) and otel_collector.is_collector(value):
            yield otel_collector.CollectorConfig(manifest.document, pointer, value)
        elif isinstance(value, str) and "pipelines" in value and "exporters" in value:
            source = Source(str(keys[-1]), value.encode("utf-8", "surrogatepass"))
            for document in parse(source).documents:
                if otel_collector.is_collector(document.data):
                    look_inside(manifest.document, pointer, document)
                    yield otel_collector.CollectorConfig(manifest.document, pointer, document.data)
