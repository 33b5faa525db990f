"""Who may call from other origins: the configurations of Spring Cloud Gateway, of the endpoints for operators and of GraphQL."""

from collections import defaultdict
from collections.abc import Iterator

from archlint.api import Setting, regex
from archlint.formats.spring.config import SpringConfig
from archlint.formats.spring.gateway import GATEWAYS

_PLACES = (
    *(".".join((*gateway, "globalcors", "corsconfigurations")) for gateway in GATEWAYS),
    "management.endpoints.web.cors",
    "spring.graphql.cors",
)
_ITEM = regex(r"\[\d+\]\Z")
_ORIGINS = ("allowedorigins", "allowedoriginpatterns")


def cors_configurations(config: SpringConfig) -> Iterator[tuple[list[Setting], Setting | None]]:
    """Yield for every configuration its settings of origins, and the one that allows credentials."""
    for place in _PLACES:
        origins: dict[str, list[Setting]] = defaultdict(list)
        credentials: dict[str, Setting] = {}
        for key, setting in config.starts(place):
            path, _, name = key.rpartition(".")
            name = _ITEM.sub("", name)
            if name in _ORIGINS:
                origins[path].append(setting)
            elif name == "allowcredentials":
                credentials[path] = setting
        for path, settings in origins.items():
            yield settings, credentials.get(path)
