"""Kong's declarative configuration: what `kong.yml` holds without a database, and what decK synchronises."""

from collections.abc import Iterator

from archlint.api import Document, Fact, Format, Node, Problem
from archlint.formats.kong.facts import facts_of
from archlint.formats.kong.views import KongConfig, KongPlugin, KongRoute, KongService, KongUpstream

__all__ = [
    "FORMAT",
    "KongConfig",
    "KongPlugin",
    "KongRoute",
    "KongService",
    "KongUpstream",
    "facts_of",
    "is_kong",
    "nodes",
]

_ENTITIES = ("services", "routes", "upstreams", "plugins", "consumers", "consumer_groups", "certificates")


class KongFormat(Format):
    """Recognises configurations by `_format_version`, which no other format has."""

    name = "kong"
    subjects = (KongConfig, KongService, KongRoute, KongUpstream, KongPlugin)
    claims = (("_format_version", "services"),)

    def sniff(self, document: Document) -> str:
        """Return `kong 3.0` and the like."""
        return f"kong {document.data['_format_version']}" if is_kong(document.data) else ""

    def visit(self, document: Document, wanted: frozenset[type[Node]]) -> Iterator[Node]:
        """Yield the configuration, its services, routes, upstreams and plugins."""
        yield from nodes(KongConfig(document, (), document.data), wanted)

    def facts(self, document: Document) -> Iterator[Fact]:
        """Yield the routes with their policies."""
        yield from facts_of(KongConfig(document, (), document.data))

    def validate(self, document: Document) -> Iterator[Problem]:
        """Yield what breaks the structure that Kong reads."""
        from archlint.formats.kong.validate import STRUCTURE  # noqa: PLC0415

        for fault in STRUCTURE.faults(document.data):
            yield Problem(fault.message, document.at(fault.pointer, on_key=fault.on_key), help=fault.help)


def is_kong(data: object) -> bool:
    """Tell whether *data* is a configuration: a version of the format, and a list of some entity."""
    return (
        isinstance(data, dict)
        and isinstance(data.get("_format_version"), str | float)
        and any(isinstance(data.get(kind), list) for kind in _ENTITIES)
    )


def nodes(config: KongConfig, wanted: frozenset[type[Node]]) -> Iterator[Node]:
    """Yield the views of *config* that are *wanted*."""
    found = (config, *config.services, *config.routes, *config.upstreams.values(), *config.plugins)
    yield from (node for node in found if type(node) in wanted)


FORMAT = KongFormat()
