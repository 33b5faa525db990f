"""What a pact says of the system."""

from collections.abc import Iterator
from typing import Any, Literal

from archlint.api import UNKNOWN, ChannelFact, DependencyFact, Fact, Location, SelectFact
from archlint.formats.pact.views import Interaction, Pact

_MOST_INTERACTIONS = 2_000
_CONFIDENCE = 0.95


def facts_of(pact: Pact) -> Iterator[Fact]:
    """Yield the dependency of the consumer on the provider, the channels between them, and each interaction.

    An interaction is a `SelectFact` of the kind `pact/Interaction`; its parts that have a place of their own are `pact/Request`,
    `pact/Response` and `pact/Status` under the same pointer.
    """
    called = [interaction for interaction in pact.interactions if interaction.kind in {"http", "messages"}]
    if called:
        grpc = all(interaction.get("transport") == "grpc" for interaction in called)
        yield DependencyFact(
            at=pact.at("provider", "name"),
            extractor="pact",
            confidence=_CONFIDENCE,
            source=pact.consumer,
            target=pact.provider,
            kind="calls",
            protocol="grpc" if grpc else "http",
        )
    for interaction in pact.interactions[:_MOST_INTERACTIONS]:
        if interaction.kind == "http" and interaction.method and interaction.path:
            yield from _exchange(pact, interaction)
        elif interaction.kind == "message":
            yield from _message(pact, interaction)


def _exchange(pact: Pact, interaction: Interaction) -> Iterator[Fact]:
    spec = {
        "description": interaction.description,
        "method": interaction.method,
        "path": "" if interaction.generates_path and "${" in interaction.path else interaction.path,
        "query": sorted(interaction.query),
        "status": interaction.status,
        "pending": interaction.is_pending,
    }
    yield _kept(pact, "Interaction", interaction.at("request", "path"), spec)
    if interaction.status is not None:
        yield _kept(pact, "Status", interaction.at("response", "status"), {})
    for side in ("request", "response"):
        body, where = interaction.body(side)
        if body is not UNKNOWN:
            rules = [[list(path), kind] for path, kind in interaction.matchers(side)]
            yield _kept(pact, side.title(), interaction.at(*where), {"body": body, "rules": rules})


def _message(pact: Pact, interaction: Interaction) -> Iterator[Fact]:
    body, where = interaction.contents
    references = interaction.mapping("comments", "references", "AsyncAPI")
    name = references.get("messageId")
    spec: dict[str, Any] = {
        "description": interaction.description,
        "topic": interaction.topic,
        "message": name if isinstance(name, str) else "",
        "pending": interaction.is_pending,
    }
    if body is not UNKNOWN:
        rules = [[list(path), kind] for path, kind in interaction.matchers("")]
        spec |= {"body": body, "rules": rules}
    yield _kept(
        pact, "Message", interaction.at(*where) if body is not UNKNOWN else interaction.location, spec
    )
    if interaction.topic:
        sides: tuple[tuple[Literal["send", "receive"], str], ...] = (
            ("receive", pact.consumer),
            ("send", pact.provider),
        )
        for action, service in sides:
            yield ChannelFact(
                at=interaction.location,
                extractor="pact",
                confidence=_CONFIDENCE,
                action=action,
                address=interaction.topic,
                service=service,
            )


def _kept(pact: Pact, kind: str, at: Location, spec: dict[str, Any]) -> SelectFact:
    return SelectFact(
        at=at,
        extractor="pact",
        kind=f"pact/{kind}",
        name=pact.consumer,
        scope="",
        target=("provider", pact.provider),
        spec=spec,
    )
