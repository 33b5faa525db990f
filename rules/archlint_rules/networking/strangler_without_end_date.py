"""A migration without an end.

## Why is this bad?

While old and new run side by side each change is made twice and each fault looked for twice. Without a date that state becomes the architecture.

## How to fix

Say until when both exist (`migration.until`), and set a new date, with a reason, when the old one has passed.
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Severity, rule
from archlint.formats.manifest import ServiceManifest

_MANIFEST = """
apiVersion: archlint.dev/v1alpha1
kind: Service
entity: component:default/orders
migration:
  replaces: component:default/monolith{more}
"""


@rule(
    id="strangler-without-end-date",
    category="networking",
    severity=Severity.WARNING,
    subject=ServiceManifest,
    since="0.1.0",
    profile="strict",
    references=("https://martinfowler.com/bliki/StranglerFigApplication.html",),
    examples=(
        Bad(
            _MANIFEST.format(more="  # <- `orders` replaces `component:default/monolith` without an end date")
        ),
        Bad(
            _MANIFEST.format(
                more="\n  until: 2020-01-31  # <- `orders` was to replace `component:default/monolith` by 2020-01-31"
            )
        ),
        Good(_MANIFEST.format(more="\n  until: 2999-12-31")),
    ),
)
def strangler_without_end_date(manifest: ServiceManifest, context: Context) -> Iterator[Problem]:
    """Report migrations without a date, or whose date has passed."""
    old, until = manifest.get("migration", "replaces"), manifest.get("migration", "until")
    if not isinstance(old, str):
        return
    if until is None:
        yield Problem(
            f"`{manifest.name}` replaces `{old}` without an end date",
            manifest.at("migration", "replaces"),
            help="add `until` with a date",
        )
    elif isinstance(until, str) and context.today and until < context.today:
        yield Problem(
            f"`{manifest.name}` was to replace `{old}` by {until}",
            manifest.at("migration", "until"),
            help="finish the migration, or set a new date",
        )
