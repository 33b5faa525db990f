"""How an API tells its versions apart."""

import re
from dataclasses import dataclass

from archlint.api import Location, regex
from archlint.formats.openapi import words
from archlint.formats.openapi.views import OpenAPI

_PLACEHOLDER = regex(r"\{[^{}]*\}")
_VERSION = regex(
    r"(?:^|/|\.|-|_)v(?P<major>\d+)(?P<minor>[.\-_]\d+)*(?:(?:p\d+)?(?:alpha|beta|rc|preview|experimental)\d*)?(?=$|/|\.|-)",
    re.IGNORECASE,
)
_UNRELEASED = regex(r"/v(?:wip|next|latest)(?=$|/)", re.IGNORECASE)
_DATED = regex(r"(?:^|/)(?P<date>20\d\d-\d\d(?:-\d\d)?)(?=$|/)")
_LEADING_NUMBER = regex(r"(?:^|/)(?P<major>\d{1,2})(?P<minor>\.\d+){0,2}(?=$|/)")


@dataclass(frozen=True, slots=True)
class Version:
    """A way in which an API tells versions apart: `path`, `server`, `header`, `query` or `media-type`; the major where it is a number."""

    strategy: str
    value: str
    major: int | None
    at: Location


def versions_of(api: OpenAPI) -> list[Version]:
    """Return every sign of a version in *api*: servers, paths, headers, query parameters, media types."""
    known = api.document.memo.get("versions")
    if known is None:
        known = api.document.memo["versions"] = _versions(api)
    found: list[Version] = known
    return found


def _versions(api: OpenAPI) -> list[Version]:
    found = []
    for url, at in api.servers:
        text = re.sub(r"^[a-z]+:", "", url)
        if (version := version_in(text)) is not None:
            found.append(Version("server", version[0], version[1], at))
    in_paths = ((item, version_in(item.path)) for item in api.paths)
    found.extend(
        Version("path", version[0], version[1], item.key) for item, version in in_paths if version is not None
    )
    for operation in api.operations:
        for parameter in operation.parameters:
            name = words.bare(parameter.name)
            if (
                parameter.place == "header"
                and (name in words.VERSION_PARAMETERS or name.endswith("version"))
                and "sdk" not in name
            ):
                found.append(Version("header", parameter.name, None, parameter.location))
            elif parameter.place == "query" and name in {"apiversion", "version", "v"} and name != "version":
                found.append(Version("query", parameter.name, None, parameter.location))
        bodies = [
            *(operation.body.content.values() if operation.body else ()),
            *(media for response in operation.successes for media in response.content.values()),
        ]
        dated = (media for media in bodies if re.search(r"version=|[.\-+]v\d", media.name))
        found.extend(Version("media-type", media.name, None, media.location) for media in dated)
    return found


def version_in(text: str) -> tuple[str, int | None] | None:
    """Return the version that a URL or path shows, and its major; `None` when it shows none."""
    match = _VERSION.search(_PLACEHOLDER.sub("", text))
    if match is not None:
        return match.group().strip("/.-"), int(match["major"])
    unreleased = _UNRELEASED.search(text)
    if unreleased is not None:
        return unreleased.group().strip("/"), None
    dated = _DATED.search(text)
    if dated is not None:
        return dated["date"], None
    path = re.sub(r"^//[^/]*", "", text)
    numbered = _LEADING_NUMBER.search(path)
    return (
        (numbered.group().strip("/"), int(numbered["major"]))
        if numbered is not None and numbered["minor"]
        else None
    )
