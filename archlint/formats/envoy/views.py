"""Views of an Envoy bootstrap, or of a file of resources that one names, of API version 2 and 3: listeners' filters, routes and clusters.

Fields may be written in snake case and in camel case, as in every JSON form of protocol buffers; `pick` finds both.
"""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from archlint.api import Document, Location, Node, Pointer, regex

_TYPE = regex(r"\.filters?\.(?:http|network)\.(?P<name>[a-z0-9_]+)\.")
RESOURCE = regex(r"(?:^|/)envoy\.(?:config|api)\.(?:\w+\.)*(?:Cluster|Listener)\Z")
"""The type of a resource of a file that Envoy watches."""
_DURATION = regex(r"(?P<seconds>\d+(?:\.\d+)?)s\Z")
_TEMPLATE = regex(r"\{\{|\$\{|\$\(|\{%")
_SYNONYMS = {"rate_limit": "ratelimit", "router": "router"}
_CONFIGS = ("typed_config", "config")
_MATCHES = {"path": "exact", "prefix": "prefix", "path_separated_prefix": "prefix"}
_MOST_STEPS = 10_000


def milliseconds(value: Any) -> float | None:
    """Return a duration (`1.5s`, or `{seconds, nanos}`) in milliseconds; `None` when it is none."""
    if isinstance(value, dict):
        seconds, nanos = value.get("seconds", 0), value.get("nanos", 0)
        if all(isinstance(part, int | float) for part in (seconds, nanos)):
            return float(seconds * 1_000 + nanos / 1_000_000)
        return None
    match = _DURATION.match(value) if isinstance(value, str) else None
    return float(match["seconds"]) * 1_000 if match else None


def known_text(value: Any) -> str:
    """Return *value* where it is a text that can be read statically, or an empty string."""
    return value if isinstance(value, str) and not _TEMPLATE.search(value) else ""


class EnvoyNode(Node):
    """A message of the configuration."""

    def way(self, *keys: str | int) -> Pointer:
        """Return *keys* as they are written here."""
        value = self.data
        found: list[str | int] = []
        for key in keys:
            written = key
            if isinstance(value, dict) and isinstance(key, str) and key not in value and _camel(key) in value:
                written = _camel(key)
            found.append(written)
            if isinstance(value, dict) and isinstance(written, str):
                value = value.get(written)
            elif isinstance(value, list) and isinstance(written, int) and 0 <= written < len(value):
                value = value[written]
            else:
                value = None
        return tuple(found)

    def pick(self, *keys: str | int) -> Any:
        """Return the value at *keys*, or `None`."""
        return self.get(*self.way(*keys))

    def messages(self, *keys: str | int) -> Iterator[tuple[Pointer, dict[str, Any]]]:
        """Yield the messages of the repeated field at *keys* with the ways to them."""
        way = self.way(*keys)
        for index, item in enumerate(self.items(*way)):
            if isinstance(item, dict):
                yield (*way, index), item

    def place(self, *keys: str | int) -> Location:
        """Return the place of what stands at *keys*."""
        return self.at(*self.way(*keys))

    def name_of(self) -> str:
        """Return its `name`, or an empty string."""
        return known_text(self.data.get("name"))


class EnvoyFilter(EnvoyNode):
    """A filter of a listener or of an HTTP connection manager; `manager` is the latter, where it is one of its filters."""

    def __init__(
        self, document: Document, pointer: Pointer, data: Any, manager: "EnvoyFilter | None" = None
    ) -> None:
        super().__init__(document, pointer, data)
        self.manager = manager

    @cached_property
    def kind(self) -> str:
        """What filter it is: `jwt_authn`, `http_connection_manager`; told by its type, or by its well-known name."""
        outer = self.way(*self.config_at[:1])
        types = (self.pick(*outer, "type_url"), self.pick(*outer, "@type")) if outer else ()
        match = next((found for one in types if (found := _TYPE.search(str(one)))), None)
        name = match["name"] if match else self.name_of().rpartition(".")[2]
        return _SYNONYMS.get(name, name)

    @cached_property
    def config_at(self) -> Pointer:
        """The way to its configuration, into a `TypedStruct` where it is wrapped in one."""
        for key in _CONFIGS:
            way = self.way(key)
            if isinstance(self.get(*way), dict):
                inner = (*way, "value")
                wrapped = isinstance(self.get(*inner), dict) and self.pick(*way, "type_url") is not None
                return inner if wrapped else way
        return ()

    @cached_property
    def config(self) -> "EnvoyNode":
        """Its configuration; empty where there is none."""
        data = self.get(*self.config_at) if self.config_at else {}
        return EnvoyNode(self.document, (*self.pointer, *self.config_at), data)

    @cached_property
    def http_filters(self) -> "list[EnvoyFilter]":
        """The HTTP filters of a connection manager."""
        return [
            EnvoyFilter(self.document, (*self.config.pointer, *way), data, self)
            for way, data in self.config.messages("http_filters")
        ]

    @property
    def clusters(self) -> set[str]:
        """The names of the clusters that it asks, such as that of an authorisation service."""
        found: set[str] = set()
        pending: list[Any] = [self.config.data]
        for _ in range(_MOST_STEPS):
            if not pending:
                break
            value = pending.pop()
            if isinstance(value, dict):
                for key, item in value.items():
                    if key in {"cluster", "cluster_name", "clusterName"} and isinstance(item, str):
                        found.add(item)
                pending.extend(value.values())
            elif isinstance(value, list):
                pending.extend(value)
        return found


class EnvoyRoute(EnvoyNode):
    """A route of a virtual host that forwards to clusters."""

    def __init__(
        self, document: Document, pointer: Pointer, data: Any, host: EnvoyNode, manager: EnvoyFilter
    ) -> None:
        super().__init__(document, pointer, data)
        self.host = host
        self.manager = manager

    @property
    def name(self) -> str:
        """What users call it: its name, what it matches, or its virtual host's name."""
        return self.name_of() or self.path[0] or self.host.name_of() or "route"

    @cached_property
    def path(self) -> tuple[str, Location]:
        """The path, prefix or pattern that it matches, and where that stands."""
        for key in _MATCHES:
            text = known_text(self.pick("match", key))
            if text:
                return text, self.place("match", key)
        pattern = self.pick("match", "safe_regex", "regex") or self.pick("match", "regex")
        return known_text(pattern), self.place("match")

    @property
    def match(self) -> str:
        """How its path is meant: `exact`, `prefix` or `regex`."""
        return next(
            (how for key, how in _MATCHES.items() if known_text(self.pick("match", key))),
            "regex" if self.path[0] else "prefix",
        )

    @property
    def is_conditional(self) -> bool:
        """Whether it asks for more than a path and a method."""
        headers = [header for _, header in self.messages("match", "headers")]
        asked = [header for header in headers if header.get("name") != ":method"]
        return bool(asked) or any(
            self.pick("match", key) is not None for key in ("query_parameters", "runtime_fraction", "grpc")
        )

    @property
    def domains(self) -> tuple[str, ...]:
        """The hosts it is for, empty for all."""
        return tuple(
            text for item in self.host.items("domains") if (text := known_text(item)) and text != "*"
        )

    @cached_property
    def methods(self) -> tuple[str, ...]:
        """The methods that it is restricted to."""
        for way, header in self.messages("match", "headers"):
            node = EnvoyNode(self.document, (*self.pointer, *way), header)
            exact = node.pick("exact_match") or node.pick("string_match", "exact")
            if header.get("name") == ":method" and isinstance(exact, str):
                return (exact,)
        return ()

    @cached_property
    def clusters(self) -> list[tuple[str, float | None, Location]]:
        """The clusters that it forwards to with weights and places."""
        name = known_text(self.pick("route", "cluster"))
        if name:
            return [(name, None, self.place("route", "cluster"))]
        found = []
        for way, data in self.messages("route", "weighted_clusters", "clusters"):
            weight = data.get("weight")
            number = float(weight) if isinstance(weight, int | float) else None
            if known_text(data.get("name")) and number != 0:
                found.append((data["name"], number, self.at(*way, "name")))
        return found

    @cached_property
    def retry(self) -> EnvoyNode | None:
        """The retry policy that holds for it: its own, or that of its virtual host."""
        for node, keys in ((self, ("route", "retry_policy")), (self.host, ("retry_policy",))):
            way = node.way(*keys)
            if isinstance(node.get(*way), dict):
                return EnvoyNode(self.document, (*node.pointer, *way), node.get(*way))
        return None

    @property
    def leads_retry(self) -> bool:
        """Whether its retry policy is its own, or it is the first of those that take their virtual host's."""
        if self.retry is not None and self.retry.pointer[: len(self.pointer)] == self.pointer:
            return True
        for way, data in self.host.messages("routes"):
            other = EnvoyNode(self.document, (*self.host.pointer, *way), data)
            if isinstance(other.pick("route"), dict) and other.pick("route", "retry_policy") is None:
                return other.pointer == self.pointer
        return False

    @property
    def retries(self) -> int | None:
        """The number of retries beside the first try: 1 where a condition is set and no number; `None` without a policy."""
        if self.retry is None:
            return None
        number = self.retry.pick("num_retries")
        if number is None:
            return 1 if self.retry.pick("retry_on") else 0
        return number if isinstance(number, int) and not isinstance(number, bool) else None

    @property
    def streams(self) -> bool:
        """Whether it looks like a route for WebSockets or streams, which live long on purpose."""
        text = str(self.data).lower()
        return any(
            word in text
            for word in ("websocket", "upgrade", "/ws", "/stream", "/sse", "event-stream", "signalr", "/hub")
        )


class EnvoyCluster(EnvoyNode):
    """A cluster: the hosts behind one name."""

    @property
    def name(self) -> str:
        """Its name."""
        return self.name_of()

    def addresses(self) -> Iterator[tuple[str, str, Location]]:
        """Yield host, port and place of its endpoints."""
        for way, data in self._sockets():
            node = EnvoyNode(self.document, (*self.pointer, *way), data)
            host, port = known_text(data.get("address")), node.pick("port_value")
            if host:
                number = isinstance(port, int) and not isinstance(port, bool)
                yield host, str(port) if number else "", node.at("address")

    def _sockets(self) -> Iterator[tuple[Pointer, dict[str, Any]]]:
        groups = [way for way, _ in self.messages("load_assignment", "endpoints")]
        ends = [
            (*way, "endpoint", "address")
            for group in groups
            for way, _ in self.messages(*group, "lb_endpoints")
        ]
        ends += [way for way, _ in self.messages("hosts")]
        if isinstance(self.data.get("hosts"), dict):
            ends.append(("hosts",))
        for keys in ends:
            way = self.way(*keys, "socket_address")
            data = self.get(*way)
            if isinstance(data, dict):
                yield way, data


class EnvoyConfig(EnvoyNode):
    """A whole bootstrap, or the listeners or clusters of a file that Envoy watches (`resources`, DiscoveryResponse)."""

    def declared(self, kind: str) -> Iterator[tuple[Pointer, dict[str, Any]]]:
        """Yield the messages of *kind*, `clusters` or `listeners`, with the ways to them."""
        yield from self.messages("static_resources", kind)
        for way, data in self.messages("resources"):
            if RESOURCE.search(str(data.get("@type", ""))) and str(data["@type"]).lower().endswith(kind[:-1]):
                yield way, data

    @cached_property
    def clusters(self) -> dict[str, EnvoyCluster]:
        """The static clusters by name."""
        found = [
            EnvoyCluster(self.document, (*self.pointer, *way), data)
            for way, data in self.declared("clusters")
        ]
        return {cluster.name: cluster for cluster in found if cluster.name}

    @cached_property
    def filters(self) -> list[EnvoyFilter]:
        """The filters of the listeners."""
        found = []
        for listener, _ in self.declared("listeners"):
            chains = [way for way, _ in self.messages(*listener, "filter_chains")]
            for chain in (*chains, self.way(*listener, "default_filter_chain")):
                for way, data in self.messages(*chain, "filters"):
                    found.append(EnvoyFilter(self.document, (*self.pointer, *way), data))
        return found

    @cached_property
    def managers(self) -> list[EnvoyFilter]:
        """The HTTP connection managers."""
        return [one for one in self.filters if one.kind == "http_connection_manager"]

    @cached_property
    def virtual_hosts(self) -> list[tuple[EnvoyFilter, EnvoyNode]]:
        """The virtual hosts, each with its connection manager."""
        return [
            (manager, EnvoyNode(self.document, (*manager.config.pointer, *way), data))
            for manager in self.managers
            for way, data in manager.config.messages("route_config", "virtual_hosts")
        ]

    @cached_property
    def routes(self) -> list[EnvoyRoute]:
        """The routes that forward to clusters."""
        found = [
            EnvoyRoute(self.document, (*host.pointer, *way), data, host, manager)
            for manager, host in self.virtual_hosts
            for way, data in host.messages("routes")
        ]
        return [route for route in found if route.clusters]


def _camel(key: str) -> str:
    head, *rest = key.split("_")
    return head + "".join(part.capitalize() for part in rest)
