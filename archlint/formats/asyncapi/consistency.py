"""What no schema can see in an AsyncAPI document: whether its parts fit each other."""

from collections.abc import Iterable, Iterator

from archlint.api import Document, Node, Pointer, Problem, Related, regex
from archlint.formats.asyncapi.views import AsyncApi, AsyncOperation, Channel, Message, Server, api_of

_EXPRESSION = regex(r"\{([^{}]+)\}")


def inconsistencies(document: Document) -> Iterator[Problem]:
    """Yield parts of *document* that contradict each other: names and references that the specification ties together."""
    api = api_of(document)
    for server in api.servers:
        yield from _variables(server)
    for channel in api.channels.values():
        yield from _parameters(channel)
        yield from _servers(channel)
    if api.is_newer:
        for operation in api.operations:
            yield from _place(operation)
            yield from _subset(operation)
    else:
        yield from _ambiguous(api)
        yield from _schemes(api)


def _variables(server: Server) -> Iterator[Problem]:
    known = server.mapping("variables")
    for key in ("url", "host", "pathname"):
        for name in _expressions(server.get(key)):
            if name not in known:
                yield Problem(
                    f"`{key}` of server `{server.name}` uses `{name}`, which `variables` does not define",
                    server.at(key),
                    help=f"add `{name}` to `variables`",
                )


def _parameters(channel: Channel) -> Iterator[Problem]:
    keys = ("address",) if channel.root.is_newer else ()
    text = channel.get("address") if channel.root.is_newer else channel.key
    names = _expressions(text)
    known = channel.mapping("parameters")
    for name in names:
        if name not in known:
            yield Problem(
                f"the address of channel `{channel.key}` uses `{name}`, which `parameters` does not define",
                channel.at(*keys, on_key=not keys),
                help=f"add `{name}` to `parameters`",
            )
    if isinstance(text, str):
        for name in known:
            if name not in names:
                yield Problem(
                    f"the address of channel `{channel.key}` has no parameter `{name}`",
                    channel.at("parameters", name, on_key=True),
                    help="use the parameter in the address, or remove it",
                )


def _expressions(text: object) -> list[str]:
    return list(dict.fromkeys(_EXPRESSION.findall(text))) if isinstance(text, str) else []


def _servers(channel: Channel) -> Iterator[Problem]:
    known = channel.root.mapping("servers")
    for index, entry in enumerate(channel.items("servers")):
        if isinstance(entry, str) and entry not in known:
            yield Problem(
                f"channel `{channel.key}` is on server `{entry}`, which `servers` does not define",
                channel.at("servers", index),
                help="name one of the servers of the document",
            )
        elif isinstance(entry, dict) and str(entry.get("$ref", "")).startswith("#/components/"):
            yield Problem(
                f"channel `{channel.key}` is on a server of `components`, not of `servers`",
                channel.at("servers", index, "$ref"),
                help="refer to the entry of `servers`",
            )


def _place(operation: AsyncOperation) -> Iterator[Problem]:
    reference = operation.get("channel", "$ref")
    if isinstance(reference, str) and reference.startswith("#/components/"):
        yield Problem(
            f"the channel of operation `{operation.name}` is one of `components`, not of `channels`",
            operation.at("channel", "$ref"),
            help="refer to the entry of `channels`",
        )


def _subset(operation: AsyncOperation) -> Iterator[Problem]:
    if operation.channel is None or "messages" not in operation.data:
        return
    known = {(id(message.document), message.pointer) for message in operation.channel.messages}
    for index, message in operation.named_messages():
        if (id(message.document), message.pointer) not in known:
            yield Problem(
                f"operation `{operation.name}` names `{message.name}`, which channel `{operation.channel.key}` does not have",
                operation.at("messages", index),
                help="name one of the messages of the channel",
            )


def _ambiguous(api: AsyncApi) -> Iterator[Problem]:
    messages = [message for operation in api.operations for message in operation.messages]
    yield from _repeated(api.operations, "operationId")
    yield from _repeated(messages, "messageId")


def _repeated(nodes: Iterable[AsyncOperation | Message], key: str) -> Iterator[Problem]:
    first: dict[str, Node] = {}
    for node in nodes:
        name = node.get(key)
        if not isinstance(name, str):
            continue
        known = first.setdefault(name, node)
        if known != node:
            yield Problem(
                f"`{key}` `{name}` is used twice",
                node.at(key),
                help="give each its own",
                related=(Related("first used here", known.at(key)),),
            )


def _schemes(api: AsyncApi) -> Iterator[Problem]:
    known = api.mapping("components", "securitySchemes")
    for node in (*api.servers, *api.operations):
        for index, requirement in enumerate(node.items("security")):
            for name in requirement if isinstance(requirement, dict) else ():
                if name not in known and node.document is api.document:
                    pointer: Pointer = ("security", index, name)
                    yield Problem(
                        f"security scheme `{name}` is not one of `components.securitySchemes`",
                        node.at(*pointer, on_key=True),
                        help="define it, or correct the name",
                    )
