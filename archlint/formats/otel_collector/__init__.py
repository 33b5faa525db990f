"""Configurations of the OpenTelemetry Collector: what comes in, what happens to it, and where it goes."""

from collections.abc import Iterator

from archlint.api import Document, Fact, Format, Node, Problem
from archlint.formats.otel_collector.views import CollectorConfig, CollectorPipeline, is_collector

__all__ = ["FORMAT", "CollectorConfig", "CollectorPipeline", "is_collector", "nodes"]


class OtelCollectorFormat(Format):
    """Recognises configurations by pipelines of telemetry below `service`."""

    name = "otel_collector"
    subjects = (CollectorConfig, CollectorPipeline)
    claims = (("service", "exporters"), ("service", "receivers"))

    def sniff(self, document: Document) -> str:
        """Return `opentelemetry collector`."""
        return "opentelemetry collector" if is_collector(document.data) else ""

    def visit(self, document: Document, wanted: frozenset[type[Node]]) -> Iterator[Node]:
        """Yield the configuration and its pipelines."""
        yield from nodes(CollectorConfig(document, (), document.data), wanted)

    def facts(self, document: Document) -> Iterator[Fact]:
        """Yield nothing: what a collector looks at is no dependency of the system."""
        del document
        yield from ()

    def validate(self, document: Document) -> Iterator[Problem]:
        """Yield what breaks the structure that the collector reads."""
        from archlint.formats.otel_collector.validate import STRUCTURE  # noqa: PLC0415

        for fault in STRUCTURE.faults(document.data):
            yield Problem(fault.message, document.at(fault.pointer, on_key=fault.on_key), help=fault.help)


def nodes(config: CollectorConfig, wanted: frozenset[type[Node]]) -> Iterator[Node]:
    """Yield the views of *config* that are *wanted*."""
    yield from (node for node in (config, *config.pipelines) if type(node) in wanted)


FORMAT = OtelCollectorFormat()
