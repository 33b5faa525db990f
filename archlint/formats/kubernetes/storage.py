"""Claims of storage: who may mount it, and how."""

from collections.abc import Iterator

from archlint.api import Fact
from archlint.formats.kubernetes.kept import kept
from archlint.formats.kubernetes.views import Manifest

GROUPS = ("",)


def facts(manifest: Manifest) -> Iterator[Fact]:
    """Yield the claim."""
    if manifest.kind == "PersistentVolumeClaim" and manifest.name:
        yield kept(manifest)
