"""What Spring Boot's actuator offers over HTTP, as far as configuration says it."""

from collections.abc import Iterator, Mapping

from archlint.api import Location, SelectFact

KIND = "spring/actuator"
_ROOT = "management."
_KEYS = {
    "endpoints.web.exposure.include": "include",
    "endpoints.web.exposure.exclude": "exclude",
    "endpoints.web.base-path": "base",
    "server.port": "port",
    "endpoints.enabled-by-default": "enabled",
    "endpoints.access.default": "access",
}


def actuator(
    entries: Mapping[str, tuple[str, Location]], *, name: str, scope: str = "", profile: str = ""
) -> Iterator[SelectFact]:
    """Yield what *entries*, settings by dotted key, say of the endpoints of *name*: an application, or a ConfigMap of *scope*.

    A list is written with indices or commas. Without `include`, only health is there (Spring Boot, Exposing Endpoints).
    """
    spec: dict[str, str] = {}
    at: Location | None = None
    for key, (value, place) in entries.items():
        bare = key.partition("[")[0].removeprefix(_ROOT)
        which = _KEYS.get(bare) if key.startswith(_ROOT) else None
        if which is None:
            continue
        spec[which] = f"{spec[which]},{value}" if which in spec and "[" in key else value
        if which == "include" or at is None:
            at = place
    if at is not None:
        if "server.port" in entries:
            spec["main"] = entries["server.port"][0]
        spec |= {"profile": profile} if profile else {}
        yield SelectFact(at=at, extractor="spring", kind=KIND, name=name, scope=scope, spec=spec)
