"""Routes of Zuul, the gateway of Spring Cloud Netflix."""

from collections import defaultdict
from collections.abc import Iterator

from archlint.api import Backend, RouteFact, Setting, regex
from archlint.formats.spring.config import SpringConfig
from archlint.formats.spring.relaxed import filled

_PREFIX = "zuul.routes"
_URL = regex(r"https?://(?P<host>[A-Za-z0-9_.-]+)(?::(?P<port>\d+))?(?:/|\Z)")
_NAME = regex(r"[A-Za-z0-9_.-]+")


def zuul_routes(config: SpringConfig) -> Iterator[RouteFact]:
    """Yield the routes: to a `url`, to the `serviceId`, or to the service that the route is named after."""
    routes: dict[str, dict[str, Setting]] = defaultdict(dict)
    for key, setting in config.starts(_PREFIX):
        if "." not in key:
            routes[setting.key.rpartition(".")[2]]["path"] = setting
    for name, key, setting in config.below(_PREFIX):
        routes[name][key] = setting
    for name, settings in routes.items():
        said = settings.get("url") or settings.get("serviceid")
        text = filled(said.value or "") if said is not None else name
        if not text:
            continue
        match = _URL.match(text) if "url" in settings else _NAME.fullmatch(text)
        if match is None:
            continue
        at = (said or next(iter(settings.values()))).at
        path = settings.get("path")
        host, port = (match["host"], match["port"] or "") if "url" in settings else (text, "")
        yield RouteFact(
            at=at,
            extractor="zuul",
            confidence=0.9,
            kind="Zuul",
            name=name,
            scope="",
            path=(path.value or "") if path is not None else f"/{name}/**",
            backends=(Backend(host=host, port=port, at=at),),
            gateway=config.application,
        )
