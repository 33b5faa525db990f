"""Versions in some paths of an API and not in others, or in other places in other APIs of one system.

## Why is this bad?

Clients and gateways route by version. Where every API, or every other path, says it differently, each needs a special case, and a path
without a version can never change.

## How to fix

Put the version in one place for all: in the server URL, in every path, or in a header.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta

from archlint.api import ApiFact, Bad, Context, Good, Options, Problem, Related, ServiceGraph, Severity, rule
from archlint_rules.api.consistency import majority

_OPEN = (
    "health",
    "status",
    "ping",
    "metrics",
    "ready",
    "live",
    "version",
    "well-known",
    "openapi",
    "swagger",
    "docs",
    "oauth",
)

_SPEC = """
openapi: 3.1.0
info: {{title: {title}, version: 1.0.0}}
servers: [{{url: "{server}"}}]
paths:
{paths}
"""


def _spec(title: str, server: str, *paths: str) -> str:
    operation = "    get: {responses: {'200': {description: ok}}}"
    return _SPEC.format(
        title=title, server=server, paths="\n".join(f"  {path}\n{operation}" for path in paths)
    )


class NormOptions(Options, frozen=True, kw_only=True):
    """The norm, where a team has one."""

    norm: Annotated[
        Literal["", "url", "header", "media-type", "query"],
        Meta(description="how all APIs tell their versions; empty: as most of them do"),
    ] = ""


@rule(
    id="version-strategy-inconsistent",
    category="api",
    severity=Severity.WARNING,
    subject=ServiceGraph,
    since="0.1.0",
    options=NormOptions,
    references=("https://google.aip.dev/185", "https://opensource.zalando.com/restful-api-guidelines/#115"),
    examples=(
        Bad(
            _spec(
                "Shop",
                "https://api.example.com",
                "/v1/orders:",
                "/v1/items:",
                "/carts:  # <- `/carts` shows no version, 2 other paths of `Shop` do",
            )
        ),
        Bad(
            {
                "a.yaml": _spec("A", "https://api.example.com/v1", "/a:"),
                "b.yaml": _spec("B", "https://api.example.com/v1", "/b:"),
                "c.yaml": """
                    openapi: 3.1.0
                    info: {title: C, version: 1.0.0}
                    servers: [{url: "https://api.example.com"}]
                    paths:
                      /c:
                        get:
                          parameters:
                            - {name: X-Api-Version, in: header, schema: {type: string}}  # <- `C` is versioned by header, 2 of 3 APIs here by url
                          responses: {"200": {description: ok}}
                    """,
            }
        ),
        Good(
            _spec("Shop", "https://api.example.com", "/v1/orders:", "/v2/orders:", "/health:"),
            "health checks have no version",
        ),
        Good(_spec("Shop", "https://api.example.com/v1", "/orders:", "/carts:")),
        Good(
            {
                "a.yaml": _spec("A", "https://api.example.com/v1", "/a:"),
                "b.yaml": _spec("B", "https://api.example.com", "/b:"),
            },
            "two APIs have no majority",
        ),
        Bad(
            """
            openapi: 3.1.0
            info: {title: C, version: 1.0.0}
            paths:
              /c:
                get:
                  parameters:
                    - {name: X-Api-Version, in: header, schema: {type: string}}  # <- `C` is versioned by header, the norm here is url
                  responses: {"200": {description: ok}}
            """,
            "the norm is named",
            options={"norm": "url"},
        ),
    ),
)
def version_strategy_inconsistent(graph: ServiceGraph, context: Context) -> Iterator[Problem]:
    """Report paths without a version where most have one, and APIs that tell versions in another way than most."""
    apis = [api for api in graph.apis if api.format == "openapi"]
    for api in apis:
        yield from _within(api)
    public = [api for api in apis if api.visibility != "internal" and api.traits.get("version-strategy")]
    counts = Counter(api.traits["version-strategy"][0][0] for api in public)
    norm = context.options.norm or majority(counts)
    if norm in {"", "none"}:
        return
    example = next((api for api in public if api.traits["version-strategy"][0][0] == norm), None)
    others = (
        f"the norm here is {norm}"
        if context.options.norm
        else f"{counts[norm]} of {len(public)} APIs here by {norm}"
    )
    for api in public:
        strategy, at = api.traits["version-strategy"][0]
        if strategy not in {norm, "none"}:
            yield Problem(
                f"`{api.title}` is versioned by {strategy}, {others}",
                at,
                help=f"version it by {norm} like the others",
                related=tuple(
                    Related(f"`{one.title}` is versioned by {norm}", one.traits["version-strategy"][0][1])
                    for one in (example,)
                    if one is not None
                ),
                identity=("version-strategy", api.at.path),
            )


def _within(api: ApiFact) -> Iterator[Problem]:
    """Report the paths of an API that show no version where most of its paths do."""
    without = [
        (path, at)
        for path, at in api.traits.get("path-without-version", ())
        if not any(word in path.lower() for word in _OPEN)
    ]
    count = next((int(value) for value, _ in api.traits.get("paths-with-version", ())), 0)
    if count > len(without):
        for path, at in sorted(without, key=lambda pair: pair[0]):
            yield Problem(
                f"`{path}` shows no version, {count} other paths of `{api.title}` do",
                at,
                help="put the version into every path, or into the server URL",
                identity=("version-path", api.at.path, path),
            )
