"""RabbitMQ definitions: the queues, exchanges, bindings and policies that a broker is started with or exports."""

from collections.abc import Iterator

from archlint.api import ChannelFact, Document, Fact, Format, Node, Problem
from archlint.formats.rabbitmq.views import Definitions, Exchange, Policy, Queue

__all__ = ["FORMAT", "Definitions", "Exchange", "Policy", "Queue"]

_VERSIONS = ("rabbitmq_version", "rabbit_version")
_LISTS = ("queues", "exchanges", "bindings", "policies", "vhosts", "permissions", "users")
_KEYS = frozenset(
    (
        *_VERSIONS, *_LISTS, "product_name", "product_version", "topic_permissions", "parameters", "global_parameters", "rabbitmq_definition_format",
        "original_vhost_name", "explanation", "metadata", "description", "default_queue_type", "limits", "original_cluster_name", "cluster_name",
    )
)  # fmt: skip
_LEAST_LISTS = 2


class RabbitMQFormat(Format):
    """Recognises definitions by the broker's version beside queues, exchanges or policies, or by having such lists and nothing else."""

    name = "rabbitmq"
    subjects = (Definitions, Queue)
    claims = (("rabbit_version", "queues"), ("rabbitmq_version", "queues"))

    def sniff(self, document: Document) -> str:
        """Return `rabbitmq 3.13` and the like, `rabbitmq` alone where no version is told."""
        data = document.data
        if not isinstance(data, dict):
            return ""
        lists = [key for key in _LISTS if isinstance(data.get(key), list)]
        version = next((data[key] for key in _VERSIONS if isinstance(data.get(key), str)), None)
        telling = {"queues", "exchanges", "bindings", "policies"} & set(lists)
        if version is not None and lists:
            return f"rabbitmq {'.'.join(version.split('.')[:2])}".strip()
        named = all(isinstance(item, dict) for key in lists for item in data[key])
        return "rabbitmq" if len(lists) >= _LEAST_LISTS and telling and named and data.keys() <= _KEYS else ""

    def visit(self, document: Document, wanted: frozenset[type[Node]]) -> Iterator[Node]:
        """Yield the definitions and their queues."""
        definitions = Definitions(document)
        if Definitions in wanted:
            yield definitions
        if Queue in wanted:
            yield from definitions.queues

    def facts(self, document: Document) -> Iterator[Fact]:
        """Yield the queues and exchanges as channels that exist; who uses them is not told here."""
        definitions = Definitions(document)
        for channel in (*definitions.queues, *definitions.exchanges):
            kind = "queue" if isinstance(channel, Queue) else "exchange"
            yield ChannelFact(
                at=channel.at("name"),
                extractor="rabbitmq",
                action="",
                address=channel.name,
                kind=kind,
                protocol="amqp",
                scope=f"amqp:{channel.vhost}",
            )

    def validate(self, document: Document) -> Iterator[Problem]:
        """Yield what a broker refuses to import."""
        from archlint.formats.rabbitmq.validate import STRUCTURE  # noqa: PLC0415

        for fault in STRUCTURE.faults(document.data):
            yield Problem(fault.message, document.at(fault.pointer, on_key=fault.on_key), help=fault.help)


FORMAT = RabbitMQFormat()
