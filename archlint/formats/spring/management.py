"""What Spring Boot's actuator offers over HTTP, as far as configuration says it."""

from collections.abc import Iterable, Iterator, Mapping

from archlint.api import Location, SelectFact, Setting, key_words

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
_RELAXED = {f"{_ROOT}{key}".replace(".", "").replace("-", "").upper(): f"{_ROOT}{key}" for key in _KEYS} | {
    "SERVERPORT": "server.port"
}


def actuator_in(settings: Iterable[Setting], name: str) -> Iterator[SelectFact]:
    """Yield what *settings*, the environment and arguments of the workload *name*, say of its endpoints."""
    entries: dict[str, tuple[str, Location]] = {}
    for setting in settings:
        key = _RELAXED.get(key_words(setting.key).replace("_", ""))
        if key is not None and setting.value:
            entries[key] = (setting.value, setting.at)
    yield from actuator(entries, name=name)


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
