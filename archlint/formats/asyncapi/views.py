"""Views of AsyncAPI documents: one understanding of versions 2 and 3."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any, Literal

from archlint.api import Document, Node, Pointer, Target

type Action = Literal["send", "receive"]

_MOST_STEPS = 64
_NEWER = 3
_NAMES = (
    ("kafka", "topic"),
    ("amqp", "exchange", "name"),
    ("amqp", "queue", "name"),
    ("sqs", "queue", "name"),
    ("sns", "name"),
    ("jms", "destination"),
    ("googlepubsub", "topic"),
)


def follow(document: Document, pointer: Pointer, data: Any) -> tuple[Document, Pointer, Any] | None:
    """Follow the `$ref` at *data*, and the ones it leads to; `None` when they lead nowhere or in a circle."""
    for _ in range(_MOST_STEPS):
        reference = data.get("$ref") if isinstance(data, dict) else None
        if not isinstance(reference, str):
            return document, pointer, data
        found = document.resolve(reference)
        if not isinstance(found, Target):
            return None
        document, pointer, data = found.document, found.pointer, found.data
    return None


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
                if action in {"send", "receive"}:
                    found.append(AsyncOperation(*written, self, name, action, self._channel_of(written)))
            return found
        return [
            AsyncOperation(*target, self, str(target[2].get("operationId", key)), action, channel)
            for channel in self.channels.values()
            for key, action in _VERSION_2
            if (target := channel.target(key)) is not None
        ]

    def _channel_of(self, target: tuple[Document, Pointer, Any]) -> "Channel | None":
        document, pointer, data = target
        found = follow(document, (*pointer, "channel"), data.get("channel"))
        if found is None or not isinstance(found[2], dict):
            return None
        known = next(
            (one for one in self.channels.values() if one.pointer == found[1] and one.document is found[0]),
            None,
        )
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
    def host(self) -> str:
        """`host` of version 3, `url` of version 2."""
        return str(self.get("host", default=self.get("url", default="")) or "")


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
        bindings = self.target("bindings")
        for names in _NAMES:
            value: Any = bindings[2] if bindings else {}
            for name in names:
                value = value.get(name) if isinstance(value, dict) else None
            if isinstance(value, str) and value:
                return value
        address = self.get("address") if self.root.is_newer else self.key
        if not isinstance(address, str):
            return None
        for name, parameter in self.mapping("parameters").items():
            found = follow(self.document, (*self.pointer, "parameters", name), parameter)
            default = found[2].get("default") if found and isinstance(found[2], dict) else None
            if isinstance(default, str):
                address = address.replace("{" + name + "}", default)
        return address

    @cached_property
    def messages(self) -> "list[Message]":
        """The messages of version 3."""
        return [
            Message(*found, self.root, name)
            for name in self.mapping("messages")
            if (found := self.target("messages", name)) is not None
        ]

    @property
    def protocols(self) -> list[str]:
        """The protocols of the servers it is on: those it names, or all."""
        named = self.items("servers")
        names = {
            entry if isinstance(entry, str) else str(entry.get("$ref", "")).rpartition("/")[2]
            for entry in named
            if isinstance(entry, str | dict)
        }
        return [
            server.protocol
            for server in self.root.servers
            if server.protocol and (not names or server.name in names)
        ]


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
        for index in range(len(self.items("messages"))):
            found = self.target("messages", index)
            if found is not None:
                yield index, Message(*found, self.root, _name_of(found[1]))

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

    def field(self, name: str) -> Any:
        """Return a field of the message or of its traits; the message's own wins."""
        if name in self.data:
            return self.data[name]
        for index in range(len(self.items("traits"))):
            found = self.target("traits", index)
            if found is not None and name in found[2]:
                return found[2][name]
        return None

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
