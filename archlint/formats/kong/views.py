"""Views of Kong's declarative configuration: services, routes, upstreams and plugins, nested or at the top level."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from archlint.api import Document, Location, Node, Pointer, regex

AUTHENTICATION = frozenset((
    "basic-auth", "header-cert-auth", "hmac-auth", "jwt", "jwt-signer", "key-auth", "key-auth-enc", "ldap-auth", "ldap-auth-advanced", "mtls-auth",
    "oauth2", "oauth2-introspection", "openid-connect", "saml", "vault-auth",
))  # fmt: skip
"""Plugins that let nobody pass who is unknown."""

PORTS = {"http": 80, "https": 443, "grpc": 80, "grpcs": 443}
_TARGET_PORT = "8000"
_TEMPLATE = regex(r"\{\{|\$\{|\$\(|\{vault://")
_ADDRESS = regex(r"(?P<host>[^:\s]+)(?::(?P<port>\d+))?\Z")
_PARENTS = ("service", "route", "consumer", "consumer_group")


def is_known(value: Any) -> bool:
    """Tell whether *value* can be read without the environment (`${{ env "DECK_HOST" }}`) and without a vault."""
    return not (isinstance(value, str) and _TEMPLATE.search(value))


def known_text(value: Any) -> str:
    """Return *value* where it is a text that can be read statically, or an empty string."""
    return value if isinstance(value, str) and is_known(value) else ""


def reference_of(value: Any) -> str:
    """Return the name or id by which an entity is referred to: a text, or `{name: …}` as decK writes it."""
    if isinstance(value, dict):
        value = value.get("name", value.get("username", value.get("id")))
    return known_text(value)


class KongPlugin(Node):
    """A plugin where it is applied; `owner` is the service, route or consumer it stands at, `None` at the top level."""

    def __init__(self, document: Document, pointer: Pointer, data: Any, owner: "_Entity | None") -> None:
        super().__init__(document, pointer, data)
        self.owner = owner

    @property
    def name(self) -> str:
        """The plugin's name: `plugin` in a Kubernetes resource."""
        return known_text(self.data.get("plugin", self.data.get("name")))

    @property
    def config(self) -> dict[str, Any]:
        """What it is configured with."""
        return self.mapping("config")

    @property
    def is_enabled(self) -> bool:
        """Whether it is in force."""
        return self.data.get("enabled", True) is not False and self.data.get("disabled") is not True

    @property
    def place(self) -> Location:
        """Where its name stands."""
        return self.at("plugin" if "plugin" in self.data else "name")

    @property
    def is_conditional(self) -> bool:
        """Whether it holds for some consumers only, or under a condition."""
        at_consumer = self.owner is not None and self.owner.kind in {"consumers", "consumer_groups"}
        return at_consumer or any(self.data.get(key) for key in ("consumer", "consumer_group", "condition"))

    def parent(self, kind: str) -> str:
        """Return the name of the `service` or `route` that it is for, or an empty string."""
        if self.owner is not None and self.owner.kind == f"{kind}s":
            return self.owner.name
        return reference_of(self.data.get(kind))

    @property
    def subject(self) -> str:
        """What it is applied to, in words fit for a message: the name of a route or service, or `kong` for everything."""
        for kind in ("route", "service", "consumer", "consumer_group"):
            name = self.parent(kind)
            if name:
                return name
        named = self.get("metadata", "name")
        return named if isinstance(named, str) and named else "kong"


class _Entity(Node):
    """An entity with plugins of its own; `kind` is the list that it stands in, `config` the whole."""

    kind = ""

    def __init__(self, document: Document, pointer: Pointer, data: Any, config: "KongConfig") -> None:
        super().__init__(document, pointer, data)
        self.config = config

    @property
    def name(self) -> str:
        """Its name, or what identifies it otherwise."""
        return known_text(self.data.get("name", self.data.get("username", self.data.get("id"))))

    @cached_property
    def own_plugins(self) -> list[KongPlugin]:
        """The plugins that are nested in it."""
        return [
            KongPlugin(self.document, (*self.pointer, "plugins", index), data, self)
            for index, data in enumerate(self.items("plugins"))
            if isinstance(data, dict)
        ]


class KongService(_Entity):
    """A service: what Kong calls an upstream API."""

    kind = "services"

    @cached_property
    def target(self) -> tuple[str, str, str, tuple[str, ...]]:
        """Protocol, host, port and where the host stands; the host is empty where it is not known."""
        url = known_text(self.data.get("url"))
        if url:
            try:
                parts = urlsplit(url)
                port = parts.port
            except ValueError:
                return "", "", "", ("url",)
            protocol = parts.scheme or "http"
            return protocol, parts.hostname or "", str(port or PORTS.get(protocol) or ""), ("url",)
        protocol = known_text(self.data.get("protocol")) or "http"
        port_of = self.data.get("port", PORTS["http"])
        return (
            protocol,
            known_text(self.data.get("host")),
            str(port_of) if is_known(port_of) else "",
            ("host",),
        )

    @property
    def streams(self) -> bool:
        """Whether it looks like one for WebSockets or event streams, which live long on purpose."""
        text = str([self.data.get("routes"), self.data.get("path"), self.data.get("url")]).lower()
        return self.target[0] in {"ws", "wss"} or any(
            word in text for word in ("websocket", "/ws", "/stream", "/sse", "socket.io")
        )

    @property
    def upstream(self) -> "KongUpstream | None":
        """The upstream that its host names."""
        return self.config.upstreams.get(self.target[1])

    def targets(self) -> Iterator[tuple[str, str, float | None, Location]]:
        """Yield host, port, weight and place of what it sends requests to: the targets of its upstream, or its host."""
        _, host, port, keys = self.target
        upstream = self.upstream
        if upstream is not None:
            yield from upstream.targets()
        elif host:
            yield host, port, None, self.at(*keys)


class KongRoute(_Entity):
    """A route, nested in its service or with a reference to it."""

    kind = "routes"

    def __init__(
        self,
        document: Document,
        pointer: Pointer,
        data: Any,
        config: "KongConfig",
        service: KongService | None,
    ) -> None:
        super().__init__(document, pointer, data, config)
        self.service = service

    def texts(self, key: str) -> list[tuple[str, Location]]:
        """Return the known texts of the list at *key* with their places."""
        return [
            (value, self.at(key, index))
            for index, value in enumerate(self.items(key))
            if isinstance(value, str) and is_known(value)
        ]

    @cached_property
    def plugins(self) -> dict[str, KongPlugin]:
        """The plugins in force for everybody's requests by name: of several the one nearest to the route (Kong, Plugin precedence)."""
        found: dict[str, KongPlugin] = {}
        for plugin in self.config.plugins_for(self):
            found.setdefault(plugin.name, plugin)
        return {name: plugin for name, plugin in found.items() if plugin.is_enabled}


class KongUpstream(_Entity):
    """An upstream: a virtual host name and the targets behind it."""

    kind = "upstreams"

    def targets(self) -> Iterator[tuple[str, str, float | None, Location]]:
        """Yield host, port, weight and place of the targets that take requests."""
        nested = [
            ((*self.pointer, "targets", index), entry) for index, entry in enumerate(self.items("targets"))
        ]
        for pointer, entry in (*nested, *self.config.targets.get(self.name, ())):
            if isinstance(entry, dict):
                match = _ADDRESS.match(known_text(entry.get("target")))
                weight = entry.get("weight")
                if match is not None and weight != 0:
                    yield (
                        match["host"],
                        match["port"] or _TARGET_PORT,
                        float(weight) if isinstance(weight, int | float) else None,
                        self.document.at((*pointer, "target")),
                    )


class KongConfig(Node):
    """A whole configuration."""

    def _entities(self, kind: str) -> Iterator[tuple[Pointer, dict[str, Any]]]:
        for index, data in enumerate(self.items(kind)):
            if isinstance(data, dict):
                yield (*self.pointer, kind, index), data

    @cached_property
    def services(self) -> list[KongService]:
        """The services."""
        return [KongService(self.document, at, data, self) for at, data in self._entities("services")]

    @cached_property
    def routes(self) -> list[KongRoute]:
        """The routes: those nested in services first, then those at the top level."""
        found = [
            KongRoute(self.document, (*service.pointer, "routes", index), data, self, service)
            for service in self.services
            for index, data in enumerate(service.items("routes"))
            if isinstance(data, dict)
        ]
        by_name = {
            key: service
            for service in self.services
            for key in (service.name, known_text(service.data.get("id")))
            if key
        }
        for at, data in self._entities("routes"):
            service = by_name.get(reference_of(data.get("service")))
            found.append(KongRoute(self.document, at, data, self, service))
        return found

    @cached_property
    def upstreams(self) -> dict[str, KongUpstream]:
        """The upstreams by name."""
        found = [KongUpstream(self.document, at, data, self) for at, data in self._entities("upstreams")]
        return {upstream.name: upstream for upstream in found if upstream.name}

    @cached_property
    def targets(self) -> dict[str, list[tuple[Pointer, dict[str, Any]]]]:
        """The targets at the top level by upstream, with the ways to them."""
        found: dict[str, list[tuple[Pointer, dict[str, Any]]]] = {}
        for at, data in self._entities("targets"):
            found.setdefault(reference_of(data.get("upstream")), []).append((at, data))
        return found

    @cached_property
    def plugin_names(self) -> frozenset[str]:
        """The names of the plugins that are applied anywhere."""
        return frozenset(plugin.name for plugin in self.plugins)

    @cached_property
    def plugins(self) -> list[KongPlugin]:
        """All plugins, where they stand."""
        found = [KongPlugin(self.document, at, data, None) for at, data in self._entities("plugins")]
        for owner in (*self.services, *self.routes):
            found.extend(owner.own_plugins)
        for kind in ("consumers", "consumer_groups"):
            for at, data in self._entities(kind):
                entity = _Entity(self.document, at, data, self)
                entity.kind = kind
                found.extend(entity.own_plugins)
        return found

    @cached_property
    def _by_parent(self) -> dict[tuple[str, str], list[KongPlugin]]:
        found: dict[tuple[str, str], list[KongPlugin]] = {}
        for plugin in self.plugins:
            if plugin.is_conditional or not plugin.name:
                continue
            key = (plugin.parent("route"), plugin.parent("service"))
            if key == ("", "") and any(plugin.data.get(kind) for kind in _PARENTS):
                continue
            found.setdefault(key, []).append(plugin)
        return found

    def plugins_for(self, route: KongRoute) -> Iterator[KongPlugin]:
        """Yield the plugins that may hold for requests on *route*, the most specific first."""
        names = [name for name in (route.name, known_text(route.data.get("id"))) if name]
        service = route.service
        services = [service.name, known_text(service.data.get("id"))] if service is not None else []
        services = [name for name in services if name]
        yield from route.own_plugins
        keys = [(name, other) for name in names for other in (*services, "")]
        keys += [("", other) for other in services]
        for key in (*keys, ("", "")):
            yield from (plugin for plugin in self._by_parent.get(key, ()) if plugin.owner is not route)
