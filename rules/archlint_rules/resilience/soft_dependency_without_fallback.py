"""A dependency that is called soft, and nothing that stands in for it.

## Why is this bad?

Soft means that the service works without it. Without a fallback it does not: the call fails, and the request with it.

## How to fix

Say what happens instead (`fallback: empty-list`), and build it; or say that the dependency is hard.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.formats.manifest import ServiceManifest

_MANIFEST = """
apiVersion: archlint.dev/v1alpha1
kind: Service
entity: component:default/orders
dependsOn:
  - target: component:default/recommendations
    criticality: {rest}
"""


@rule(
    id="soft-dependency-without-fallback",
    category="resilience",
    severity=Severity.INFO,
    subject=ServiceManifest,
    since="0.1.0",
    profile="strict",
    references=("https://learn.microsoft.com/en-us/azure/well-architected/reliability/self-preservation",),
    examples=(
        Bad(
            _MANIFEST.format(
                rest="soft  # <- `orders` has no fallback for `component:default/recommendations`"
            )
        ),
        Good(_MANIFEST.format(rest="soft\n    fallback: empty-list")),
        Good(_MANIFEST.format(rest="hard"), "it fails without"),
    ),
)
def soft_dependency_without_fallback(manifest: ServiceManifest, context: Context) -> Iterator[Problem]:
    """Report soft dependencies of a manifest without `fallback`."""
    del context
    for index, entry in manifest.entries("dependsOn"):
        if entry.get("criticality") == "soft" and not entry.get("fallback"):
            yield Problem(
                f"`{manifest.name}` has no fallback for `{entry.get('target', '')}`",
                manifest.at("dependsOn", index, "criticality"),
                help="add `fallback` with what happens instead",
            )
