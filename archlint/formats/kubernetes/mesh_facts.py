"""Policies of meshes about who may call whom, as rules over the graph ask for them."""

from collections.abc import Iterator

from archlint.api import Fact
from archlint.formats.kubernetes.kept import kept
from archlint.formats.kubernetes.views import Manifest

GROUPS = ("security.istio.io", "policy.linkerd.io")
_KEPT = frozenset(("PeerAuthentication", "RequestAuthentication", "AuthorizationPolicy", "Server"))


def facts(manifest: Manifest) -> Iterator[Fact]:
    """Yield the policy, with the labels or the resource that it is for."""
    if manifest.kind not in _KEPT:
        return
    selector, reference = manifest.get("spec", "selector"), manifest.get("spec", "targetRef")
    yield kept(
        manifest,
        selector=selector if isinstance(selector, dict) else None,
        target=(str(reference.get("kind", "")), str(reference.get("name", "")))
        if isinstance(reference, dict)
        else None,
    )
