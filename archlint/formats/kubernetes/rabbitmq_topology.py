"""RabbitMQ's topology operator: queues, policies and bindings that are resources, as they are written."""

from collections.abc import Iterator

from archlint.api import Fact
from archlint.formats.kubernetes.kept import kept
from archlint.formats.kubernetes.views import Manifest

GROUPS = ("rabbitmq.com",)
_KINDS = frozenset(("Queue", "Policy", "OperatorPolicy", "Binding"))


def facts(manifest: Manifest) -> Iterator[Fact]:
    """Yield what says where messages go."""
    if manifest.kind in _KINDS and manifest.name:
        yield kept(manifest)
