"""gRPC service configuration: what client libraries do to calls of methods (`methodConfig`)."""

from collections.abc import Iterator

from archlint.api import Document, Fact, Format, Node, Problem
from archlint.formats.grpc_config.facts import facts_of
from archlint.formats.grpc_config.views import GrpcConfig, GrpcMethodConfig

__all__ = ["FORMAT", "GrpcConfig", "GrpcMethodConfig"]

_ENTRY = frozenset(
    ("name", "timeout", "retryPolicy", "hedgingPolicy", "waitForReady", "maxRequestMessageBytes")
)


class GrpcConfigFormat(Format):
    """Recognises configurations by `methodConfig`."""

    name = "grpc_config"
    subjects = (GrpcConfig, GrpcMethodConfig)
    claims = (("methodConfig",),)

    def sniff(self, document: Document) -> str:
        """Return `grpc service config`."""
        data = document.data
        entries = data.get("methodConfig") if isinstance(data, dict) else None
        if not isinstance(entries, list) or not entries:
            return ""
        known = all(isinstance(entry, dict) and not _ENTRY.isdisjoint(entry) for entry in entries)
        return "grpc service config" if known else ""

    def visit(self, document: Document, wanted: frozenset[type[Node]]) -> Iterator[Node]:
        """Yield the configuration and its entries."""
        config = GrpcConfig(document, (), document.data)
        if GrpcConfig in wanted:
            yield config
        if GrpcMethodConfig in wanted:
            yield from config.methods

    def facts(self, document: Document) -> Iterator[Fact]:
        """Yield the policies of the client library."""
        yield from facts_of(GrpcConfig(document, (), document.data))

    def validate(self, document: Document) -> Iterator[Problem]:
        """Yield what breaks the structure that gRPC reads."""
        from archlint.formats.grpc_config.validate import STRUCTURE  # noqa: PLC0415

        for fault in STRUCTURE.faults(document.data):
            yield Problem(fault.message, document.at(fault.pointer, on_key=fault.on_key), help=fault.help)


FORMAT = GrpcConfigFormat()
