"""AsyncAPI 2.0 to 2.6, 3.0 and 3.1."""

from collections.abc import Iterator
from typing import Any

from archlint.api import ChannelFact, Document, Fact, Format, MessageFact, Node, Pointer, Problem, ServiceFact
from archlint.formats.asyncapi.views import (
    AsyncApi,
    AsyncOperation,
    Channel,
    Message,
    Server,
    api_of,
    follow,
)

__all__ = ["FORMAT", "AsyncApi", "AsyncOperation", "Channel", "Message", "Server", "follow"]

_MOST_DEPTH = 12


class AsyncApiFormat(Format):
    """Recognises documents by `asyncapi` and a version."""

    name = "asyncapi"
    subjects = (AsyncApi, Server, Channel, AsyncOperation, Message)
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


def _id_of(api: AsyncApi) -> str:
    value = api.get("id")
    return value if isinstance(value, str) else ""


def _channel(operation: AsyncOperation, channel: Channel, action: Any, *, reply: bool) -> ChannelFact:
    protocols = channel.protocols
    messages = operation.messages if not reply else channel.messages
    external = operation.root.get("x-visibility") == "public" or channel.get("x-visibility") == "public"
    bindings = channel.target("bindings")
    kafka = operation.get("bindings", "kafka", "groupId")
    return ChannelFact(
        at=operation.document.at(operation.pointer, on_key=True),
        extractor="asyncapi",
        confidence=0.95,
        action=action,
        address=channel.address,
        service=operation.root.title,
        protocol=protocols[0] if protocols else "",
        messages=tuple(
            MessageFact(
                name=message.name,
                at=message.document.at(message.pointer, on_key=True),
                payload=inlined(message),
                schema_format=str(message.field("schemaFormat") or ""),
                content_type=message.content_type,
            )
            for message in messages
        ),
        group=str(kafka.get("const", "") if isinstance(kafka, dict) else ""),
        reply=reply,
        public=bool(external),
        extra={"bindings": bindings[2]} if bindings else {},
    )


def inlined(message: Message) -> Any:
    """Return the payload's schema with references followed, circles and great depths cut off."""
    payload = message.field("payload")
    format_name = str(message.field("schemaFormat") or "")
    if isinstance(payload, dict) and "schemaFormat" in payload and isinstance(payload.get("schema"), dict):
        format_name, payload = str(payload["schemaFormat"]), payload["schema"]
    if format_name and not any(word in format_name for word in ("asyncapi", "json", "openapi")):
        return None
    return _inline(message.document, payload, frozenset(), 0)


def _inline(
    document: Document, data: Any, open_references: frozenset[tuple[int, Pointer]], depth: int
) -> Any:
    if depth > _MOST_DEPTH:
        return {}
    if isinstance(data, list):
        return [_inline(document, item, open_references, depth + 1) for item in data]
    if not isinstance(data, dict):
        return data
    if isinstance(data.get("$ref"), str):
        found = follow(document, (), data)
        if found is None or (id(found[0]), found[1]) in open_references:
            return {}
        return _inline(found[0], found[2], open_references | {(id(found[0]), found[1])}, depth + 1)
    skipped = {"example", "examples", "description"}
    return {
        key: _inline(document, item, open_references, depth + 1)
        for key, item in data.items()
        if key not in skipped
    }


FORMAT = AsyncApiFormat()
