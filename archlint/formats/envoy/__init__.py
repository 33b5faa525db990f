"""Envoy bootstraps: listeners, routes and clusters that are written down rather than discovered."""

from collections.abc import Iterator

from archlint.api import Document, Fact, Format, Node, Problem
from archlint.formats.envoy.facts import facts_of
from archlint.formats.envoy.views import (
    RESOURCE,
    EnvoyCluster,
    EnvoyConfig,
    EnvoyFilter,
    EnvoyRoute,
    milliseconds,
)

__all__ = [
    "FORMAT",
    "EnvoyCluster",
    "EnvoyConfig",
    "EnvoyFilter",
    "EnvoyRoute",
    "facts_of",
    "is_envoy",
    "milliseconds",
    "nodes",
]

_KEYS = ("static_resources", "staticResources")


class EnvoyFormat(Format):
    """Recognises bootstraps by `static_resources` with listeners or clusters, and files of resources by the type of the first."""

    name = "envoy"
    subjects = (EnvoyConfig, EnvoyRoute, EnvoyCluster, EnvoyFilter)
    claims = (("static_resources",),)

    def sniff(self, document: Document) -> str:
        """Return `envoy bootstrap`, or `envoy resources` for a file of listeners or clusters that one names."""
        if is_envoy(document.data):
            return "envoy bootstrap"
        return "envoy resources" if _is_watched(document.data) else ""

    def visit(self, document: Document, wanted: frozenset[type[Node]]) -> Iterator[Node]:
        """Yield the bootstrap, its routes, clusters and HTTP filters."""
        yield from nodes(EnvoyConfig(document, (), document.data), wanted)

    def facts(self, document: Document) -> Iterator[Fact]:
        """Yield the routes with their policies."""
        yield from facts_of(EnvoyConfig(document, (), document.data))

    def validate(self, document: Document) -> Iterator[Problem]:
        """Yield what breaks the structure that Envoy reads."""
        from archlint.formats.envoy.validate import STRUCTURE  # noqa: PLC0415

        for fault in STRUCTURE.faults(document.data):
            yield Problem(fault.message, document.at(fault.pointer, on_key=fault.on_key), help=fault.help)


def is_envoy(data: object) -> bool:
    """Tell whether *data* is a bootstrap."""
    if not isinstance(data, dict):
        return False
    found = [data[key] for key in _KEYS if isinstance(data.get(key), dict)]
    return any(isinstance(static.get(key), list) for static in found for key in ("listeners", "clusters"))


def _is_watched(data: object) -> bool:
    resources = data.get("resources") if isinstance(data, dict) else None
    first = resources[0] if isinstance(resources, list) and resources else None
    return isinstance(first, dict) and RESOURCE.search(str(first.get("@type", ""))) is not None


def nodes(config: EnvoyConfig, wanted: frozenset[type[Node]]) -> Iterator[Node]:
    """Yield the views of *config* that are *wanted*; of the filters those of HTTP."""
    filters = [one for manager in config.managers for one in manager.http_filters]
    found = (config, *config.routes, *config.clusters.values(), *filters)
    yield from (node for node in found if type(node) in wanted)


FORMAT = EnvoyFormat()
