"""Views of AsyncAPI documents: one understanding of versions 2 and 3."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any, Literal

from archlint.api import Document, Location, Node, Pointer, follow
from archlint.formats.asyncapi.addresses import bound

type Action = Literal["send", "receive"]

_MOST_DEPTH = 64
_NEWER = 3


class View(Node):
    """A node of an AsyncAPI document, where it is defined; `root` is the document that is being checked."""

    def __init__(self, document: Document, pointer: Pointer, data: Any, root: "AsyncApi") -> None:
        super().__init__(document, pointer, data)
        self.root = root

    def target(self, *keys: str | int) -> tuple[Document, Pointer, Any] | None:
        """Return what stands at *keys* with references followed, if it is a mapping."""
        value = self.get(*keys)
        found = follow(self.document, (*self.pointer, *keys), value) if isinstance(value, dict) else None
        return found if found is not None and isinstance(found[2], dict) else None


class AsyncApi(Node):
    """A whole document."""

    @cached_property
    def major(self) -> int:
        """The major version of the specification it follows."""
        text = str(self.data.get("asyncapi", ""))
        return int(text[:1]) if text[:1].isdecimal() else 0

    @property
    def is_newer(self) -> bool:
        """Whether it follows version 3, in which operations stand beside channels."""
        return self.major >= _NEWER

    @property
    def title(self) -> str:
        """`info.title`, or an empty string."""
        return str(self.get("info", "title", default="") or "")

    def members(self, *keys: str) -> Iterator[tuple[str, tuple[Document, Pointer, Any]]]:
        """Yield the names and followed values of the mapping at *keys*."""
        for name, value in self.mapping(*keys).items():
            found = follow(self.document, (*self.pointer, *keys, name), value)
            if found is not None and isinstance(found[2], dict):
                yield name, found

    @cached_property
    def servers(self) -> "list[Server]":
        """The servers."""
        return [Server(*found, self, name) for name, found in self.members("servers")]

    @cached_property
    def security_schemes(self) -> "list[AsyncSecurityScheme]":
        """The security schemes: the components, and in version 3 those written where they are used."""
        named = [
            AsyncSecurityScheme(*found, self, name)
            for name, found in self.members("components", "securitySchemes")
        ]
        nodes: list[View] = [*self.servers, *self.operations] if self.is_newer else []
        return named + [
            AsyncSecurityScheme(*found, self, str(found[2].get("type", "")))
            for node in nodes
            for index, item in enumerate(node.items("security"))
            if isinstance(item, dict) and "$ref" not in item
            if (found := node.target("security", index)) is not None
        ]

    @cached_property
    def channels(self) -> "dict[str, Channel]":
        """The channels by key."""
        return {name: Channel(*found, self, name) for name, found in self.members("channels")}

    @cached_property
    def operations(self) -> "list[AsyncOperation]":
        """The operations: of version 3 as written; of version 2, `subscribe` sends and `publish` receives."""
        if self.is_newer:
            found = []
            for name, written in self.members("operations"):
                action = written[2].get("action")
                if action in ("send", "receive"):
                    found.append(AsyncOperation(*written, self, name, action, self._channel_of(written)))
            return found
        return [
            AsyncOperation(*target, self, str(target[2].get("operationId", key)), action, channel)
            for channel in self.channels.values()
            for key, action in _VERSION_2
            if (target := channel.target(key)) is not None
        ]

    @cached_property
    def _places(self) -> "dict[tuple[int, Pointer], Channel]":
        return {(id(channel.document), channel.pointer): channel for channel in self.channels.values()}

    def _channel_of(self, target: tuple[Document, Pointer, Any]) -> "Channel | None":
        document, pointer, data = target
        found = follow(document, (*pointer, "channel"), data.get("channel"))
        if found is None or not isinstance(found[2], dict):
            return None
        known = self._places.get((id(found[0]), found[1]))
        return known or Channel(*found, self, _name_of(found[1]))


_VERSION_2: tuple[tuple[str, Action], ...] = (("subscribe", "send"), ("publish", "receive"))


class Server(View):
    """A server; `name` is its key."""

    def __init__(self, document: Document, pointer: Pointer, data: Any, root: AsyncApi, name: str) -> None:
        super().__init__(document, pointer, data, root)
        self.name = name

    @property
    def protocol(self) -> str:
        """The protocol in lower case."""
        return str(self.get("protocol", default="") or "").lower()

    @property
    def tenant(self) -> str:
        """The tenant of a server of Pulsar, or an empty string."""
        value = _bindings(self).get("pulsar")
        tenant = value.get("tenant") if isinstance(value, dict) else None
        return tenant if isinstance(tenant, str) else ""

    @property
    def host(self) -> str:
        """`host` of version 3, `url` of version 2."""
        return str(self.get("host", default=self.get("url", default="")) or "")


class AsyncSecurityScheme(View):
    """A security scheme; `name` is its key, or its place in a list."""

    def __init__(self, document: Document, pointer: Pointer, data: Any, root: AsyncApi, name: str) -> None:
        super().__init__(document, pointer, data, root)
        self.name = name

    @property
    def type(self) -> str:
        """Its `type`."""
        return str(self.get("type", default="") or "")

    @cached_property
    def flows(self) -> dict[str, tuple[dict[str, Any], Location]]:
        """OAuth 2 flows by name, with their place."""
        return {
            name: (flow, self.at("flows", name, on_key=True))
            for name, flow in self.mapping("flows").items()
            if isinstance(flow, dict) and not name.startswith("x-")
        }


class Channel(View):
    """A channel; `key` is its key in `channels`."""

    def __init__(self, document: Document, pointer: Pointer, data: Any, root: AsyncApi, key: str) -> None:
        super().__init__(document, pointer, data, root)
        self.key = key

    @cached_property
    def address(self) -> str | None:
        """The address: of a binding, else `address` of version 3 or the key of version 2; `None` where it is not known.

        Parameters of the address are replaced by their defaults, others stay as templates.
        """
        address = self.get("address") if self.root.is_newer else self.key
        if not isinstance(address, str):
            address = None
        for name in self.mapping("parameters") if address is not None else ():
            found = self.target("parameters", name)
            default = _default(found[2]) if found else None
            if isinstance(default, str):
                address = str(address).replace("{" + name + "}", default)
        tenant = next((tenant for server in self.servers if (tenant := server.tenant)), "")
        return bound(address, self.bindings, tenant)

    @cached_property
    def bindings(self) -> dict[str, Any]:
        """Its bindings, with references followed."""
        return _bindings(self)

    @cached_property
    def messages(self) -> "list[Message]":
        """The messages of version 3."""
        return [
            Message(*found, self.root, name)
            for name in self.mapping("messages")
            if (found := self.target("messages", name)) is not None
        ]

    @cached_property
    def servers(self) -> list[Server]:
        """The servers it is on: those it names, or all."""
        named = self.items("servers")
        names = {
            entry if isinstance(entry, str) else str(entry.get("$ref", "")).rpartition("/")[2]
            for entry in named
            if isinstance(entry, str | dict)
        }
        return [server for server in self.root.servers if not names or server.name in names]

    @property
    def protocols(self) -> list[str]:
        """The protocols of the servers it is on, else those of its bindings."""
        return [server.protocol for server in self.servers if server.protocol] or sorted(self.bindings)


class AsyncOperation(View):
    """An operation: what the application does with a channel."""

    def __init__(
        self,
        document: Document,
        pointer: Pointer,
        data: Any,
        root: AsyncApi,
        name: str,
        action: Action,
        channel: Channel | None,
    ) -> None:
        super().__init__(document, pointer, data, root)
        self.name = name
        self.action = action
        self.channel = channel

    @cached_property
    def messages(self) -> "list[Message]":
        """The messages: those it names, or all of its channel."""
        if self.root.is_newer:
            named = [message for _, message in self.named_messages()]
            return named or (self.channel.messages if self.channel and "messages" not in self.data else [])
        found = self.target("message")
        if found is None:
            return []
        document, pointer, data = found
        many = data.get("oneOf")
        if not isinstance(many, list):
            return [Message(document, pointer, data, self.root, _name_of(pointer))]
        parts = (follow(document, (*pointer, "oneOf", index), item) for index, item in enumerate(many))
        return [
            Message(*part, self.root, _name_of(part[1]))
            for part in parts
            if part is not None and isinstance(part[2], dict)
        ]

    def named_messages(self) -> "Iterator[tuple[int, Message]]":
        """Yield the messages of the list `messages` of version 3, with their indices."""
        return _listed_messages(self)

    @property
    def bindings(self) -> dict[str, Any]:
        """Its bindings, or those of its traits, with references followed."""
        own = _bindings(self)
        for index in range(len(self.items("traits"))):
            found = self.target("traits", index)
            if found is not None:
                own = _bindings(View(*found, self.root)) | own
        return own

    @cached_property
    def reply(self) -> Channel | None:
        """The channel of the reply (version 3)."""
        found = self.target("reply")
        if found is None:
            return None
        document, pointer, data = found
        channel = follow(document, (*pointer, "channel"), data.get("channel"))
        return (
            Channel(*channel, self.root, _name_of(channel[1]))
            if channel and isinstance(channel[2], dict)
            else None
        )

    @property
    def reply_messages(self) -> "list[Message]":
        """The messages of the reply: those it names, or all of its channel."""
        found = self.target("reply")
        named = [message for _, message in _listed_messages(View(*found, self.root))] if found else []
        return named or (self.reply.messages if self.reply is not None else [])


class Message(View):
    """A message; `key` is its key where it is defined."""

    def __init__(self, document: Document, pointer: Pointer, data: Any, root: AsyncApi, key: str) -> None:
        super().__init__(document, pointer, data, root)
        self.key = key

    @property
    def name(self) -> str:
        """Its `name` or `messageId`, else its key."""
        for field in ("name", "messageId"):
            if isinstance(self.get(field), str):
                return str(self.get(field))
        return self.key

    @cached_property
    def merged(self) -> dict[str, Any]:
        """The message with its traits, which version 2 lets override the message, and version 3 does not."""
        found = [
            part[2] for index in range(len(self.items("traits"))) if (part := self.target("traits", index))
        ]
        parts = [*found, self.data] if self.root.is_newer else [self.data, *found]
        merged: dict[str, Any] = {}
        for part in parts:
            merged = _patched(merged, part, _MOST_DEPTH)
        return merged

    def field(self, name: str) -> Any:
        """Return a field of the message with its traits."""
        return self.merged.get(name)

    @property
    def bindings(self) -> dict[str, Any]:
        """Its bindings, those of its traits among them, with references followed."""
        written = self.merged.get("bindings")
        found = follow(self.document, (*self.pointer, "bindings"), written)
        return found[2] if found is not None and isinstance(found[2], dict) else {}

    @property
    def content_type(self) -> str:
        """Its content type, or the document's default."""
        value = self.field("contentType") or self.root.get("defaultContentType")
        return value if isinstance(value, str) else ""


def api_of(document: Document) -> AsyncApi:
    """Return the view of the whole *document*, the same one each time."""
    found = document.memo.get("asyncapi")
    if found is None:
        found = document.memo["asyncapi"] = AsyncApi(
            document, (), document.data if isinstance(document.data, dict) else {}
        )
    view: AsyncApi = found
    return view


def _name_of(pointer: Pointer) -> str:
    return str(pointer[-1]) if pointer else ""


def _listed_messages(view: View) -> Iterator[tuple[int, Message]]:
    for index in range(len(view.items("messages"))):
        found = view.target("messages", index)
        if found is not None:
            yield index, Message(*found, view.root, _name_of(found[1]))


def _bindings(view: View) -> dict[str, Any]:
    found = view.target("bindings")
    return found[2] if found is not None else {}


def _default(parameter: dict[str, Any]) -> Any:
    schema = parameter.get("schema")
    return parameter.get("default", schema.get("default") if isinstance(schema, dict) else None)


def _patched(target: dict[str, Any], patch: dict[str, Any], depth: int) -> dict[str, Any]:
    """Return *target* with *patch* merged as RFC 7386 says, to a certain *depth*."""
    merged = dict(target)
    for key, value in patch.items():
        old = merged.get(key)
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict) and isinstance(old, dict) and depth:
            merged[key] = _patched(old, value, depth - 1)
        else:
            merged[key] = value
    return merged
