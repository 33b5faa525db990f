"""KEDA: what scales which workload, and from which queues and topics the workload takes its work."""

from collections.abc import Iterator

from archlint.api import Fact
from archlint.formats.kubernetes.kept import kept, reference
from archlint.formats.kubernetes.views import Manifest

GROUPS = ("keda.sh",)


def facts(manifest: Manifest) -> Iterator[Fact]:
    """Yield the scaler."""
    if manifest.kind == "ScaledObject":
        yield kept(manifest, target=reference(manifest, "spec", "scaleTargetRef"))
