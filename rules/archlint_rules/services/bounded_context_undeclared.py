"""A service that belongs to no system.

## Why is this bad?

Systems and domains say which services may share a model and change together. What belongs to none has no border: anybody may depend on its inside.

## How to fix

Add `spec.system` with the system that the service is part of.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.formats.backstage import Entity

_ENTITY = """
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: orders{marker}
spec: {{type: {type}, lifecycle: production, owner: team-a{more}}}
"""


@rule(
    id="bounded-context-undeclared",
    category="services",
    severity=Severity.INFO,
    subject=Entity,
    since="0.1.0",
    profile="strict",
    references=("https://backstage.io/docs/features/software-catalog/system-model",),
    examples=(
        Bad(_ENTITY.format(type="service", more="", marker="  # <- `orders` is part of no system")),
        Good(_ENTITY.format(type="service", more=", system: shop", marker="")),
        Good(
            _ENTITY.format(type="service", more=", subcomponentOf: shop-suite", marker=""),
            "part of another one",
        ),
        Good(_ENTITY.format(type="library", more="", marker=""), "nothing that runs"),
    ),
)
def bounded_context_undeclared(entity: Entity, context: Context) -> Iterator[Problem]:
    """Report components that are services and name no system, nor a component that they are part of."""
    del context
    if (
        entity.kind != "Component"
        or entity.text("type") != "service"
        or entity.is_template
        or not entity.name
    ):
        return
    if not entity.text("system") and not entity.text("subcomponentOf"):
        yield Problem(
            f"`{entity.name}` is part of no system", entity.at("metadata", "name"), help="add `spec.system`"
        )
