"""A backend for frontends calls another one.

## Why is this bad?

Each backend for frontends belongs to one user interface and changes with it. One that calls another breaks when somebody redesigns a screen
that it has nothing to do with.

## How to fix

Move what both need into a service behind them.
"""

from collections.abc import Iterator

from archlint.api import Bad, Confidence, Context, Dependency, Good, Problem, Service, Severity, rule

_MANIFEST = """
apiVersion: archlint.dev/v1alpha1
kind: Service
entity: component:default/{name}
role: {role}
{more}
"""


def _both(role: str, marker: str = "", more: str = "") -> dict[str, str]:
    depends = f"dependsOn:\n  - target: component:default/mobile-bff{marker}\n    via: http"
    return {
        "web/archlint-service.yaml": _MANIFEST.format(name="web-bff", role="bff", more=f"{depends}\n{more}"),
        "mobile/archlint-service.yaml": _MANIFEST.format(name="mobile-bff", role=role, more=""),
    }


@rule(
    id="bff-depends-on-bff",
    category="networking",
    severity=Severity.WARNING,
    subject=Dependency,
    since="0.1.0",
    profile="strict",
    references=(
        "https://samnewman.io/patterns/architectural/bff/",
        "https://learn.microsoft.com/en-us/azure/architecture/patterns/backends-for-frontends",
    ),
    examples=(
        Bad(
            _both(
                "bff", "  # <- `web-bff` calls `mobile-bff`, both of which are backends of one frontend each"
            )
        ),
        Good(_both("service"), "a service behind them"),
        Good(
            _both("bff", more="migration: {replaces: component:default/mobile-bff, until: 2999-01-01}"),
            "a facade in front of what it replaces",
        ),
    ),
)
def bff_depends_on_bff(edge: Dependency, context: Context) -> Iterator[Problem]:
    """Report calls between two services of the role `bff`, unless one replaces the other."""
    source, target = edge.source, edge.target
    if (
        edge.kind != "calls"
        or not isinstance(target, Service)
        or source.role != "bff"
        or target.role != "bff"
    ):
        return
    if _replaces(source, target, context) or _replaces(target, source, context):
        return
    yield Problem(
        f"`{source.name}` calls `{target.name}`, both of which are backends of one frontend each",
        edge.location,
        help="move what both need into a service behind them",
        confidence=Confidence.of(edge.confidence),
        identity=("bff", edge.id),
    )


def _replaces(new: Service, old: Service, context: Context) -> bool:
    migration = new.extra.get("migration")
    name = migration.get("replaces") if isinstance(migration, dict) else None
    return isinstance(name, str) and context.graph.named(name) is old
