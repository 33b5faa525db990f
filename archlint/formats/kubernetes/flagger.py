"""Progressive delivery: Flagger canaries and Argo Rollouts."""

from collections.abc import Iterator

from archlint.api import Fact
from archlint.formats.kubernetes.kept import kept, reference
from archlint.formats.kubernetes.views import Manifest

GROUPS = ("flagger.app", "argoproj.io")


def facts(manifest: Manifest) -> Iterator[Fact]:
    """Yield the canary with the workload it releases; for a Rollout, the one whose template it takes."""
    if manifest.kind == "Canary" and manifest.group == "flagger.app":
        yield kept(manifest, target=reference(manifest, "spec", "targetRef"))
    elif manifest.kind == "Rollout" and manifest.group == "argoproj.io":
        yield kept(manifest, target=reference(manifest, "spec", "workloadRef"))
