"""Schemas of one name and different shapes in the APIs of one project.

## Why is this bad?

An `Error`, a `Money` or an `Address` was copied from API to API, and one of the copies changed. Generated clients now hold two types of
one name, and code that takes one is given the other.

## How to fix

Keep what is shared in one file that all descriptions refer to. Where the things are different, name them differently.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator

from archlint.api import ApiFact, Bad, Context, Good, Location, Problem, Related, ServiceGraph, Severity, rule
from archlint_rules.api.consistency import LEAST, described

_PATHS = "paths: {/a: {get: {responses: {'200': {description: ok}}}}}\n"


def _money(title: str, properties: str, mark: str = "") -> str:
    schemas = (
        f"components:\n  schemas:\n    Money:{mark}\n      type: object\n      properties: {{{properties}}}\n"
    )
    return described(title, _PATHS + schemas)


_SAME = "amount: {type: string}, currency: {type: string}"


@rule(
    id="same-schema-diverged",
    category="api",
    severity=Severity.INFO,
    profile="strict",
    subject=ServiceGraph,
    since="0.1.0",
    references=("https://opensource.zalando.com/restful-api-guidelines/#173",),
    examples=(
        Bad(
            {
                "a.yaml": _money("Orders", _SAME),
                "b.yaml": _money("Items", _SAME),
                "c.yaml": _money(
                    "Carts",
                    "amount: {type: number}, currency: {type: string}",
                    "  # <- `Money` of `Carts` has another shape than in 2 other APIs",
                ),
            }
        ),
        Good(
            {
                "a.yaml": _money("Orders", _SAME),
                "b.yaml": _money("Items", _SAME),
                "c.yaml": _money("Carts", _SAME),
            }
        ),
        Good(
            {
                "a.yaml": _money("Orders", "amount: {type: integer}"),
                "b.yaml": _money("Items", "amount: {type: number}"),
                "c.yaml": _money("Carts", "amount: {type: string}"),
            },
            "no shape is the usual one",
        ),
    ),
)
def same_schema_diverged(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report component schemas that differ from the one of the same name in most APIs of the project."""
    del context
    shown: dict[str, dict[str, tuple[ApiFact, str, Location]]] = defaultdict(dict)
    for api in sorted(graph.apis, key=lambda api: (api.at.path, api.at.document)):
        for name, (digest, at) in api.schemas.items():
            shown[name].setdefault(api.title, (api, digest, at))
    for name, uses in sorted(shown.items()):
        counts = Counter(digest for _, digest, _ in uses.values())
        usual, most = counts.most_common(1)[0]
        if len(uses) < LEAST or len(counts) == 1 or most * 2 <= len(uses):
            continue
        example = next(use for use in uses.values() if use[1] == usual)
        for api, digest, at in uses.values():
            if digest != usual:
                yield Problem(
                    f"`{name}` of `{api.title}` has another shape than in {most} other APIs",
                    at,
                    help="refer to one shared definition, or give it another name",
                    related=(Related(f"`{name}` of `{example[0].title}`", example[2]),),
                    identity=("schema", name, api.at.path),
                )
