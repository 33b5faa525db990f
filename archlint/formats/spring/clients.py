"""Timeouts of declarative clients (Spring Cloud OpenFeign), and the sizes of pools to databases."""

from collections import defaultdict
from collections.abc import Iterator

from archlint.api import DependencyFact, Policy, PolicyFact, PolicyKey, PolicyValue, SelectFact, Setting
from archlint.formats.spring.config import SpringConfig
from archlint.formats.spring.relaxed import filled, milliseconds

_CLIENTS = ("spring.cloud.openfeign.client.config", "feign.client.config")
_READ = 60_000
_BY_NAME = 0.75
_POOLS = (
    "spring.datasource.hikari.maximumpoolsize",
    "spring.datasource.tomcat.maxactive",
    "spring.r2dbc.pool.maxsize",
)
_POOL = 10


def feign_policies(config: SpringConfig) -> Iterator[PolicyFact]:
    """Yield the timeouts of every client; those of the client `default` are for all.

    The clients do not retry unless a `retryer` is configured, and wait for a response for 60 s unless told otherwise.
    """
    for prefix in _CLIENTS:
        clients: dict[str, dict[str, Setting]] = defaultdict(dict)
        for name, part, setting in config.below(prefix):
            clients[name][part] = setting
        for name, settings in clients.items():
            key: PolicyKey = "perTryTimeoutMs" if "retryer" in settings else "timeoutMs"
            read = settings.get("readtimeout")
            if read is None and "connecttimeout" not in settings:
                continue
            length = milliseconds(filled(read.value or "")) if read is not None else _READ
            if length is not None:
                at = (read or settings["connecttimeout"]).at
                value = PolicyValue(length, read.at if read is not None else None, default=read is None)
                values: dict[PolicyKey, PolicyValue] = {key: value}
                yield PolicyFact(
                    at=at,
                    extractor="openfeign",
                    confidence=0.9,
                    source=config.application,
                    target=None if name == "default" else name,
                    policy=Policy(tool="openfeign", layer="client", values=values),
                )


def feign_calls(config: SpringConfig) -> Iterator[DependencyFact]:
    """Yield whom the clients call by name; one with an address of its own is told by that, in code or in its `url`."""
    for prefix in _CLIENTS if config.application else ():
        seen: dict[str, Setting] = {}
        addressed = set()
        for name, part, setting in config.below(prefix):
            seen.setdefault(name, setting)
            if part == "url":
                addressed.add(name)
        for name, setting in seen.items():
            if name not in addressed and name != "default":
                yield DependencyFact(
                    at=setting.at,
                    extractor="openfeign",
                    confidence=_BY_NAME,
                    source=config.application,
                    target=name,
                    kind="calls",
                )


def pools(config: SpringConfig) -> Iterator[SelectFact]:
    """Yield how many connections the application may open to its database: what is written, or Hikari's ten."""
    address = config.setting("spring.datasource.url") or config.setting("spring.datasource.hikari.jdbcurl")
    written = next((found for key in _POOLS if (found := config.setting(key)) is not None), None)
    if written is None and (address is None or config.setting("spring.datasource.type") is not None):
        return
    text = (filled(written.value or "") or "") if written is not None else str(_POOL)
    place = written or address
    if text.strip().isdecimal() and place is not None:
        yield SelectFact(
            at=place.at,
            extractor="spring",
            confidence=0.9,
            kind="spring/Pool",
            name=config.application,
            scope="",
            spec={"maximum": int(text), "default": written is None, "profile": config.profile},
        )
