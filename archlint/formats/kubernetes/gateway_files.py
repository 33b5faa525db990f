"""Configuration of gateways in ConfigMaps and in Kong's resources.

Whoever mounts the ConfigMap routes; what stands in it is located at the ConfigMap's entry.
"""

from collections.abc import Iterator

from msgspec.structs import replace

from archlint.api import DependencyFact, Fact, Node, RouteFact, Source, parse
from archlint.formats import envoy, kong
from archlint.formats.kubernetes.views import Manifest

GROUPS = ("",)
SUBJECTS = (*envoy.FORMAT.subjects, *kong.FORMAT.subjects)
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
