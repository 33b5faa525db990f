"""AsyncAPI 2.0 to 2.6, 3.0 and 3.1."""

from collections.abc import Iterator
from typing import Any

from archlint.api import ChannelFact, Document, Fact, Format, MessageFact, Node, Pointer, Problem, ServiceFact
from archlint.formats.asyncapi.addresses import broker_of, protocol_of
from archlint.formats.asyncapi.payloads import payload_of
from archlint.formats.asyncapi.views import (
    AsyncApi,
    AsyncOperation,
    AsyncSecurityScheme,
    Channel,
    Message,
    Server,
    api_of,
)

__all__ = [
    "FORMAT",
    "AsyncApi",
    "AsyncOperation",
    "AsyncSecurityScheme",
    "Channel",
    "Message",
    "Server",
]


class AsyncApiFormat(Format):
    """Recognises documents by `asyncapi` and a version."""

    name = "asyncapi"
    subjects = (AsyncApi, Server, Channel, AsyncOperation, Message, AsyncSecurityScheme)
    claims = (("asyncapi",),)

    def sniff(self, document: Document) -> str:
        """Return `asyncapi 3.0` and the like."""
        data = document.data
        value = data.get("asyncapi") if isinstance(data, dict) else None
        if (
            isinstance(value, str | float | int)
            and not isinstance(value, bool)
            and str(value)[:1].isdecimal()
        ):
            return f"asyncapi {'.'.join(str(value).split('.')[:2])}"
        return ""

    def visit(self, document: Document, wanted: frozenset[type[Node]]) -> Iterator[Node]:
        """Yield the document, its servers, channels, operations and messages, each where it is defined."""
        api = api_of(document)
        seen: set[tuple[int, Pointer]] = set()
        nodes: list[Node] = [api, *api.servers, *api.channels.values(), *api.operations]
        nodes += [message for channel in api.channels.values() for message in channel.messages]
        nodes += [message for operation in api.operations for message in operation.messages]
        nodes += [
            Message(*found, api, name)
            for name, found in api.members("components", "messages")
            if "oneOf" not in found[2]
        ]
        nodes += api.security_schemes
        for node in nodes:
            key = (id(node.document), node.pointer)
            if type(node) in wanted and key not in seen:
                seen.add(key)
                yield node

    def facts(self, document: Document) -> Iterator[Fact]:
        """Yield the application, and what it sends and receives."""
        api = api_of(document)
        if api.major not in {2, 3}:
            return
        if api.title and api.operations:
            yield ServiceFact(
                at=api.at("info", "title"),
                extractor="asyncapi",
                confidence=0.95,
                name=api.title,
                entity=_id_of(api),
            )
        for operation in api.operations:
            if operation.channel is None:
                continue
            yield _channel(operation, operation.channel, operation.action, reply=False)
            if operation.reply is not None:
                yield _channel(
                    operation,
                    operation.reply,
                    "receive" if operation.action == "send" else "send",
                    reply=True,
                )

    def validate(self, document: Document) -> Iterator[Problem]:
        """Yield what breaks the specification."""
        from archlint.formats.asyncapi.validate import validate  # noqa: PLC0415

        yield from validate(document)

    def describe(self, document: Document) -> list[tuple[str, ...]]:
        """Return what the application sends and receives: operation, action, address, protocol, broker, messages."""
        rows: list[tuple[str, ...]] = [("operation", "action", "address", "protocol", "broker", "messages")]
        for fact in self.facts(document):
            if isinstance(fact, ChannelFact):
                name = fact.at.pointer[-1] if fact.at.pointer else ""
                rows.append(
                    (
                        f"{name} (reply)" if fact.reply else str(name),
                        fact.action,
                        fact.address or "(unknown)",
                        fact.protocol,
                        fact.broker,
                        ", ".join(message.name for message in fact.messages),
                    )
                )
        return rows


def _id_of(api: AsyncApi) -> str:
    value = api.get("id")
    return value if isinstance(value, str) else ""


def _channel(operation: AsyncOperation, channel: Channel, action: Any, *, reply: bool) -> ChannelFact:
    messages = operation.reply_messages if reply else operation.messages
    return ChannelFact(
        at=operation.document.at(operation.pointer, on_key=True),
        extractor="asyncapi",
        confidence=0.95,
        action=action,
        address=channel.address,
        service=operation.root.title,
        protocol=protocol_of(channel.protocols),
        broker=broker_of([server.host for server in channel.servers]),
        messages=tuple(_message(message) for message in messages),
        group=_group(operation),
        reply=reply,
        public=any(
            value == "public"
            for value in (
                operation.root.get("info", "x-visibility"),
                *(node.get("x-visibility") for node in (operation.root, operation, channel)),
            )
        ),
        extra={
            key: value for key, value in (("bindings", channel.bindings), ("tags", _tags(operation))) if value
        },
    )


def _tags(operation: AsyncOperation) -> list[str]:
    """Return the tags of *operation*: descriptions of whole systems name the services by them."""
    names = [tag.get("name") for tag in operation.items("tags") if isinstance(tag, dict)]
    return [name for name in names if isinstance(name, str)]


def _message(message: Message) -> MessageFact:
    payload, language = payload_of(message)
    return MessageFact(
        name=message.name,
        at=message.document.at(message.pointer, on_key=True),
        payload=payload,
        schema_format=language,
        content_type=message.content_type,
    )


def _group(operation: AsyncOperation) -> str:
    """Return the consumer group of Kafka where its schema allows only one."""
    kafka = operation.bindings.get("kafka")
    schema = kafka.get("groupId") if isinstance(kafka, dict) else None
    if not isinstance(schema, dict):
        return schema if isinstance(schema, str) else ""
    allowed = schema.get("enum", [schema.get("const")])
    return (
        allowed[0] if isinstance(allowed, list) and len(allowed) == 1 and isinstance(allowed[0], str) else ""
    )


FORMAT = AsyncApiFormat()
