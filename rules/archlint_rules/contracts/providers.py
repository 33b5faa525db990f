"""What pacts and providers' contracts are to each other: which contract, which message, which response is meant."""

from typing import Any

from archlint.api import ChannelFact, Confidence, MessageFact, SelectFact, ServiceGraph, plain_name
from archlint_rules.contracts.operations import Operations, indexed


class Contracts:
    """The contracts of providers by the names that pacts call them."""

    def __init__(self, graph: ServiceGraph) -> None:
        self._graph = graph
        self._known: dict[str, tuple[list[Operations], Confidence]] = {}
        self._titles: dict[str, list[int]] = {}
        for index, api in enumerate(graph.apis):
            self._titles.setdefault(plain_name(api.title), []).append(index)

    def of(self, provider: str) -> tuple[list[Operations], Confidence]:
        """Return the HTTP contracts of *provider*, and how sure it is that they are its."""
        if provider not in self._known:
            service = self._graph.named(provider)
            own = list(indexed(service.apis)) if service is not None else []
            titled = [self._graph.apis[index] for index in self._titles.get(plain_name(provider), ())]
            self._known[provider] = (
                (own, Confidence.CONFIGURED) if own else (list(indexed(titled)), Confidence.INFERRED)
            )
        return self._known[provider]

    def sent_by(self, provider: str) -> list[ChannelFact]:
        """Return what *provider* says that it sends."""
        service = self._graph.named(provider)
        channels = service.channels if service is not None else []
        return [fact for fact in channels if fact.action == "send" and fact.extractor != "pact"]


def interactions(graph: ServiceGraph) -> list[dict[str, SelectFact]]:
    """Return the parts of each interaction by their kinds, in the order of the documents."""
    found: dict[tuple[object, ...], dict[str, SelectFact]] = {}
    for fact in graph.selects:
        tool, _, kind = fact.kind.partition("/")
        if tool == "pact":
            found.setdefault((fact.at.path, fact.at.document, *fact.at.pointer[:2]), {})[kind] = fact
    return list(found.values())


def message_of(fact: SelectFact, channels: list[ChannelFact]) -> MessageFact | None:
    """Return the message that is meant: the one that the pact refers to, the one called so, the only one of its topic."""
    topic, named = fact.spec.get("topic"), fact.spec.get("message")
    known = [channel for channel in channels if not topic or channel.address == topic]
    messages = [message for channel in known for message in channel.messages]
    wanted = {_bare(text) for text in (named or fact.spec.get("description"),) if isinstance(text, str)}
    called = [message for message in messages if _bare(message.name) in wanted]
    if len(called) == 1:
        return called[0]
    return messages[0] if topic and not named and len(messages) == 1 else None


def response_of(
    responses: dict[str, dict[str, dict[str, Any]]], status: int
) -> dict[str, dict[str, Any]] | None:
    """Return what the contract says of *status*, by itself, by its range or by `default`; `None` where it says nothing."""
    for key in (str(status), f"{status // 100}XX", f"{status // 100}xx", "default"):
        if key in responses:
            return responses[key]
    return None


def json_schema(content: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the schema of the JSON among media types; empty where several, or others that may be meant, differ."""
    schemas = [schema for name, schema in content.items() if "json" in name or name == "*/*"]
    return schemas[0] if schemas and all(schema == schemas[0] for schema in schemas) else {}


def _bare(text: str) -> str:
    """Return a message's name or a description without what people add to either."""
    words = "".join(character if character.isalnum() else " " for character in text).split()
    plain = "".join(
        word.lower() for word in words if word.lower() not in {"a", "an", "the", "event", "message"}
    )
    return plain.removesuffix("event").removesuffix("message")
