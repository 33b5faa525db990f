"""The service manifest: every block becomes facts, every slip is named."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from archlint.api import ChannelFact, DatastoreFact, DependencyFact, Document, LinkFact, ServiceFact
from archlint.engine.resolve import Workspace
from archlint.formats.manifest import FORMAT

type Read = Callable[[str], Document]

HEAD = "apiVersion: archlint.dev/v1alpha1\nkind: Service\nentity: component:shop/orders\n"


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def write(text: str) -> Document:
        (tmp_path / "any.yaml").write_text(HEAD + dedent(text))
        document = Workspace(tmp_path).documents("any.yaml")[0]
        document.kind, document.format = FORMAT.sniff(document), "manifest"
        return document

    return write


def test_every_block_becomes_facts(read: Read) -> None:
    document = read(
        """
        aliases: [orders-svc]
        owner: group:default/checkout
        role: service
        tier: 1
        nfr: {p99Ms: 250}
        apis: [{contract: api/openapi.yaml, visibility: public}]
        dependsOn:
          - {target: component:default/payments, via: http, criticality: hard, timeoutMs: 800}
        data:
          - {type: postgres, id: orders, access: rw, owner: component:shop/orders}
          - {target: resource:default/cache, access: r}
        channels:
          - {channel: orders.events, broker: main, action: send, messages: [Placed], outbox: true}
        sagas: [{saga: place, steps: [{participant: payments, step: pivot}]}]
        x-note: ours
        """
    )
    assert document.kind == "manifest v1alpha1"
    assert not list(FORMAT.validate(document))
    found = list(FORMAT.facts(document))

    service = next(fact for fact in found if isinstance(fact, ServiceFact))
    assert (service.name, service.entity, service.aliases) == (
        "orders",
        "component:shop/orders",
        ("orders-svc",),
    )
    assert (service.owner, service.role, service.tier, service.declares) == (
        "group:default/checkout",
        "service",
        1,
        True,
    )
    assert set(service.extra) == {"nfr", "sagas"}

    link = next(fact for fact in found if isinstance(fact, LinkFact))
    assert (link.kind, link.target, link.exists, link.extra) == (
        "contract",
        "api/openapi.yaml",
        False,
        {"visibility": "public"},
    )

    calls, *uses = [fact for fact in found if isinstance(fact, DependencyFact)]
    assert (calls.target, calls.kind, calls.criticality) == ("component:default/payments", "calls", "hard")
    assert calls.extra["timeoutMs"] == 800
    assert [(fact.target, fact.kind) for fact in uses] == [
        ("orders", "uses"),
        ("resource:default/cache", "uses"),
    ]
    stores = [fact for fact in found if isinstance(fact, DatastoreFact)]
    assert [(store.name, store.engine, store.owner) for store in stores] == [
        ("orders", "postgres", "component:shop/orders"),
        ("cache", "", ""),
    ]

    channel = next(fact for fact in found if isinstance(fact, ChannelFact))
    assert (channel.action, channel.address, channel.broker) == ("send", "orders.events", "main")
    assert [message.name for message in channel.messages] == ["Placed"]
    assert channel.extra == {"broker": "main", "outbox": True}


@pytest.mark.parametrize(
    ("text", "message", "help_text"),
    [
        ("teir: 1", "`teir` is not a property of the manifest", "did you mean `tier`?"),
        ("role: servce", "`role` is `servce`, not one of", "did you mean `service`?"),
        ("tier: one", "`tier` is a text, not a whole number", ""),
        ("apis: [{visibility: public}]", "entry 1 of `apis` has no `contract`", "add `contract`"),
        (
            "dependsOn: [{target: a, critcality: soft}]",
            "`critcality` is not a property",
            "did you mean `criticality`?",
        ),
        ("channels: [{channel: a, action: publish}]", "`action` is `publish`, not `send` or `receive`", ""),
        ("owner: team a", "`owner` is `team a`, which does not match", ""),
    ],
)
def test_every_slip_is_named(read: Read, text: str, message: str, help_text: str) -> None:
    problems = list(FORMAT.validate(read(text)))
    assert len(problems) == 1
    assert problems[0].message.startswith(message)
    assert problems[0].help.startswith(help_text)


def test_broken_manifests_are_read_as_far_as_they_go(read: Read) -> None:
    document = read(
        "aliases: 1\napis: [1, {contract: 2}]\ndependsOn: {}\ndata: [{id: 1}]\nchannels: [{action: send}]"
    )
    assert [type(fact) for fact in FORMAT.facts(document)] == [ServiceFact]
    assert list(FORMAT.validate(document))
