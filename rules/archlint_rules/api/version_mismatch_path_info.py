"""The major version in the URL is another one than that in `info.version`.

## Why is this bad?

Readers of the documentation and callers of the API think of different versions, and tools that compare versions compare the wrong ones.

## How to fix

Make the two agree, or give `info.version` another meaning only where everybody knows it (then ignore the rule).
"""

from collections.abc import Iterator

from archlint.api import Bad, Context, Good, Problem, Related, Severity, rule
from archlint.formats.openapi import OpenAPI
from archlint.formats.openapi.versions import versions_of

_SPEC = """
openapi: 3.1.0
info:
  title: Orders
  version: {version}
servers: [{{url: "{server}"}}]
paths:
  {path}: {{get: {{responses: {{"200": {{description: ok}}}}}}}}
"""


def _spec(version: str, server: str = "https://api.example.com", path: str = "/orders") -> str:
    return _SPEC.format(version=version, server=server, path=path)


@rule(
    id="version-mismatch-path-info",
    category="api",
    severity=Severity.WARNING,
    subject=OpenAPI,
    since="0.1.0",
    references=("https://semver.org/", "https://google.aip.dev/185"),
    examples=(
        Bad(_spec("2.3.0  # <- `info.version` is `2.3.0`, the URL says `v1`", "https://api.example.com/v1")),
        Bad(_spec("3.0.0  # <- `info.version` is `3.0.0`, the URL says `v2`", path="/v2/orders")),
        Good(_spec("1.4.2", "https://api.example.com/v1")),
        Good(_spec("0.9.0", "https://api.example.com/v1"), "before the first release"),
        Good(_spec("2024-06-01", "https://api.example.com/v1"), "dates are no majors"),
        Good(
            """
            openapi: 3.1.0
            info: {title: Orders, version: 2.0.0}
            paths:
              /v1/orders: {get: {responses: {"200": {description: ok}}}}
              /v2/orders: {get: {responses: {"200": {description: ok}}}}
            """,
            "several versions in one document",
        ),
    ),
)
def version_mismatch_path_info(api: OpenAPI, context: Context) -> Iterator[Problem]:
    """Report a description all of whose URLs show one major that `info.version` does not have."""
    del context
    text = str(api.get("info", "version", default="") or "").strip().lstrip("vV")
    major = text.partition(".")[0]
    urls = [
        version
        for version in versions_of(api)
        if version.strategy in {"server", "path"} and version.major is not None
    ]
    majors = {version.major for version in urls}
    if len(majors) != 1 or not major.isdecimal() or "." not in text or len(major) > 3:  # noqa: PLR2004 - a year
        return
    shown = urls[0]
    if int(major) == shown.major or int(major) == 0 or shown.major == 0:
        return
    yield Problem(
        f"`info.version` is `{text}`, the URL says `{shown.value}`",
        api.at("info", "version"),
        help="make the two majors agree",
        related=(Related(f"`{shown.value}` stands here", shown.at),),
    )
