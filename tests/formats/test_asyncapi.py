"""AsyncAPI: one understanding of all versions, and what is said of documents that break them."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from archlint.api import ChannelFact, Document, ServiceFact
from archlint.engine.resolve import Workspace
from archlint.formats.asyncapi import FORMAT, AsyncOperation, Channel, Message, Server
from archlint.formats.asyncapi.views import api_of

type Read = Callable[..., Document]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def write(text: str, **others: str) -> Document:
        (tmp_path / "asyncapi.yaml").write_text(dedent(text))
        for name, other in others.items():
            (tmp_path / f"{name}.yaml").write_text(dedent(other))
        document = Workspace(tmp_path).documents("asyncapi.yaml")[0]
        document.kind = FORMAT.sniff(document)
        document.format = "asyncapi"
        return document

    return write


VERSION_2 = """
    asyncapi: 2.6.0
    info: {title: orders, version: 1.0.0}
    servers: {main: {url: "kafka://broker.shop:9092", protocol: kafka-secure}}
    channels:
      orders.placed:
        subscribe:
          operationId: announce
          message: {$ref: "#/components/messages/Placed"}
      stock.changed:
        publish:
          message: {oneOf: [{$ref: "#/components/messages/Placed"}, {name: Gone, payload: {type: "null"}}]}
    components:
      messages: {Placed: {payload: {$ref: "#/components/schemas/Order"}}}
      schemas: {Order: {type: object, properties: {parent: {$ref: "#/components/schemas/Order"}}}}
"""
VERSION_3 = """
    asyncapi: 3.0.0
    info: {title: orders, version: 1.0.0}
    servers: {main: {host: "broker.shop:9092", protocol: kafka}}
    channels:
      placed:
        address: orders.placed
        messages: {Placed: {$ref: "#/components/messages/Placed"}}
      changed:
        address: stock.changed
        messages: {Placed: {$ref: "#/components/messages/Placed"}, Gone: {payload: {type: "null"}}}
    operations:
      announce: {action: send, channel: {$ref: "#/channels/placed"}}
      follow: {action: receive, channel: {$ref: "#/channels/changed"}}
    components:
      messages: {Placed: {payload: {$ref: "#/components/schemas/Order"}}}
      schemas: {Order: {type: object, properties: {parent: {$ref: "#/components/schemas/Order"}}}}
"""


def channels(document: Document) -> list[ChannelFact]:
    return [fact for fact in FORMAT.facts(document) if isinstance(fact, ChannelFact)]


@pytest.mark.parametrize("text", [VERSION_2, VERSION_3], ids=["2.6", "3.0"])
def test_both_versions_say_the_same(read: Read, text: str) -> None:
    document = read(text)
    assert document.kind in {"asyncapi 2.6", "asyncapi 3.0"}
    assert [fact.name for fact in FORMAT.facts(document) if isinstance(fact, ServiceFact)] == ["orders"]
    sent, received = channels(document)
    assert (sent.action, sent.address, received.action, received.address) == (
        "send",
        "orders.placed",
        "receive",
        "stock.changed",
    )
    assert {fact.protocol for fact in (sent, received)} == {"kafka"}
    assert {fact.broker for fact in (sent, received)} == {"broker.shop:9092"}
    assert [message.name for message in sent.messages] == ["Placed"]
    assert [message.name for message in received.messages] == ["Placed", "Gone"]
    assert sent.messages[0].payload == {"type": "object", "properties": {"parent": {}}}
    assert not list(FORMAT.validate(document))


def test_each_definition_is_visited_once_where_it_stands(read: Read) -> None:
    document = read(VERSION_3)
    found = list(FORMAT.visit(document, frozenset((Server, Channel, AsyncOperation, Message))))
    assert [node.pointer for node in found] == [
        ("servers", "main"),
        ("channels", "placed"),
        ("channels", "changed"),
        ("operations", "announce"),
        ("operations", "follow"),
        ("components", "messages", "Placed"),
        ("channels", "changed", "messages", "Gone"),
    ]


def test_a_reply_goes_the_other_way(read: Read) -> None:
    document = read(
        """
        asyncapi: 3.1.0
        info: {title: prices, version: 1.0.0}
        channels:
          ask: {address: prices.ask, messages: {Ask: {}}}
          answer: {address: null, messages: {Answer: {}, Refusal: {}}}
        operations:
          serve:
            action: receive
            channel: {$ref: "#/channels/ask"}
            reply: {channel: {$ref: "#/channels/answer"}, messages: [{$ref: "#/channels/answer/messages/Answer"}]}
        """
    )
    asked, answered = channels(document)
    assert (asked.action, asked.address, asked.reply) == ("receive", "prices.ask", False)
    assert (answered.action, answered.address, answered.reply) == ("send", None, True)
    assert [message.name for message in answered.messages] == ["Answer"]
    assert FORMAT.describe(document)[1:] == [
        ("serve", "receive", "prices.ask", "", "", "Ask"),
        ("serve (reply)", "send", "(unknown)", "", "", "Answer"),
    ]


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("2.6.0", {"contentType": "application/trait", "type": "object", "a": 2}),
        ("3.0.0", {"contentType": "application/own", "type": "object", "a": 1}),
    ],
)
def test_traits_are_merged_as_the_version_says(read: Read, version: str, expected: dict[str, object]) -> None:
    channel = {"2.6.0": "subscribe: {message: *message}", "3.0.0": "messages: {M: *message}"}[version]
    document = read(
        f"""
        asyncapi: {version}
        info: {{title: orders, version: 1.0.0}}
        components:
          messages:
            M: &message
              contentType: application/own
              headers: {{properties: {{a: {{const: 1}}}}}}
              traits:
                - headers: {{type: object, properties: {{a: {{const: 2}}}}}}
                - contentType: application/trait
        channels: {{a: {{{channel}}}}}
        """
    )
    message = next(
        node for node in FORMAT.visit(document, frozenset((Message,))) if isinstance(node, Message)
    )
    headers = message.field("headers")
    found = {
        "contentType": message.content_type,
        "type": headers["type"],
        "a": headers["properties"]["a"]["const"],
    }
    assert found == expected


@pytest.mark.parametrize(
    ("channel", "address"),
    [
        ("{address: a}", "a"),
        ("{}", None),
        ("{address: null}", None),
        ("{address: '{queue}', parameters: {queue: {}}}", None),
        ("{address: a, bindings: {kafka: {topic: t}}}", "t"),
        ("{address: a, bindings: {amqp: {is: queue, queue: {name: q}}}}", "q"),
        ("{address: a, bindings: {amqp: {is: routingKey, exchange: {name: x}}}}", "x/a"),
        ("{address: a, bindings: {sqs: {queue: {name: q}}}}", "q"),
        ("{address: a, bindings: {pulsar: {namespace: n}}}", "tenant/n/a"),
        ("{address: 'a.{env}.{id}', parameters: {env: {default: dev}, id: {}}}", "a.dev.{id}"),
    ],
)
def test_bindings_know_the_address_best(read: Read, channel: str, address: str | None) -> None:
    document = read(
        f"""
        asyncapi: 3.0.0
        info: {{title: orders, version: 1.0.0}}
        servers: {{main: {{host: h, protocol: pulsar, bindings: {{pulsar: {{tenant: tenant}}}}}}}}
        channels: {{c: {channel}}}
        """
    )
    assert api_of(document).channels["c"].address == address


def test_references_into_other_files(read: Read) -> None:
    document = read(
        """
        asyncapi: 3.0.0
        info: {title: orders, version: 1.0.0}
        channels: {placed: {$ref: "shared.yaml#/placed"}}
        operations:
          announce:
            action: send
            channel: {$ref: "#/channels/placed"}
            messages: [{$ref: "#/channels/placed/messages/Placed"}]
        """,
        shared="placed: {address: orders.placed, messages: {Placed: {payload: {$ref: '#/order'}}}}\norder: {type: object}\n",
    )
    assert not list(FORMAT.validate(document))
    fact = channels(document)[0]
    assert (fact.address, fact.messages[0].at.path) == ("orders.placed", "shared.yaml")
    assert fact.messages[0].payload == {"type": "object"}


def test_payloads_in_other_languages_are_left_alone(read: Read) -> None:
    document = read(
        """
        asyncapi: 3.0.0
        info: {title: orders, version: 1.0.0}
        channels:
          a:
            address: a
            messages:
              Avro: {payload: {schemaFormat: "application/vnd.apache.avro+json;version=1.9.0", schema: {type: record, name: A}}}
              Json: {payload: {schemaFormat: "application/schema+json;version=draft-07", schema: {type: object}}}
        operations: {send: {action: send, channel: {$ref: "#/channels/a"}}}
        """
    )
    assert [message.payload for message in channels(document)[0].messages] == [None, {"type": "object"}]
    assert not list(FORMAT.validate(document))


def test_circles_and_large_schemas_are_cut_off(read: Read) -> None:
    fan = ", ".join(f"p{part}: {{$ref: '#/components/schemas/S{{next}}'}}" for part in range(8))
    schemas = "\n".join(
        f"            S{level}: {{type: object, properties: {{{fan.replace('{next}', str((level + 1) % 40))}}}}}"
        for level in range(40)
    )
    document = read(
        f"""
        asyncapi: 3.0.0
        info: {{title: orders, version: 1.0.0}}
        channels:
          a: {{address: a, messages: {{M: {{payload: {{$ref: "#/components/schemas/S0"}}}}}}}}
          loop: {{$ref: "#/channels/pool"}}
          pool: {{$ref: "#/channels/loop"}}
        operations: {{send: {{action: send, channel: {{$ref: "#/channels/a"}}}}}}
        components:
          schemas:
{schemas}
        """
    )
    assert len(channels(document)) == 1
    assert set(api_of(document).channels) == {"a"}


_HEAD = "asyncapi: 3.0.0\ninfo: {title: o, version: '1'}\n"
_HEAD_2 = "asyncapi: 2.3.0\ninfo: {title: o, version: '1'}\n"


@pytest.mark.parametrize(
    ("text", "pointer", "message"),
    [
        ("asyncapi: 3.0.0\ninfo: {title: o}\n", "/info", "`info` has no `version`"),
        ("asyncapi: 4.0.0\n", "/asyncapi", "`4.0.0` is not a version of AsyncAPI that is known here"),
        (_HEAD + "channel: {}\n", "/channel", "`channel` is not a property of the document"),
        (
            _HEAD + "servers: {a: {host: h, protocl: p}}\n",
            "/servers/a/protocl",
            "`protocl` is not a property of `a`",
        ),
        (
            _HEAD + "components: {schemas: {A: {type: strin}}}\n",
            "/components/schemas/A/type",
            "`type` is `strin`, not one of",
        ),
        (
            _HEAD + "components: {securitySchemes: {a: {type: oauth}}}\n",
            "/components/securitySchemes/a/type",
            "`type` is `oauth`, not one of",
        ),
        (
            _HEAD + "components: {securitySchemes: {a: {type: http}}}\n",
            "/components/securitySchemes/a",
            "`a` has no `scheme`",
        ),
        (
            _HEAD + "channels: {a: {address: 'x.{id}'}}\n",
            "/channels/a/address",
            "the address of channel `a` uses `id`, which `parameters` does not define",
        ),
        (
            _HEAD + "servers: {a: {host: '{region}.h', protocol: kafka}}\n",
            "/servers/a/host",
            "`host` of server `a` uses `region`, which `variables` does not define",
        ),
        (
            _HEAD + "channels: {a: {messages: {M: {}}}, b: {messages: {N: {}}}}\n"
            "operations: {o: {action: send, channel: {$ref: '#/channels/a'}, messages: [{$ref: '#/channels/b/messages/N'}]}}\n",
            "/operations/o/messages/0",
            "operation `o` names `N`, which channel `a` does not have",
        ),
        (
            _HEAD + "operations: {o: {action: send, channel: {$ref: '#/components/channels/a'}}}\n"
            "components: {channels: {a: {}}}\n",
            "/operations/o/channel/$ref",
            "the channel of operation `o` is one of `components`, not of `channels`",
        ),
        (
            _HEAD_2 + "channels: {a: {servers: [b]}}\n",
            "/channels/a/servers/0",
            "channel `a` is on server `b`, which `servers` does not define",
        ),
        (
            _HEAD_2 + "channels: {a: {publish: {security: []}}}\n",
            "/channels/a/publish/security",
            "`security` is not a property of `publish`",
        ),
        (
            _HEAD_2 + "channels: {a: {publish: {operationId: o}, subscribe: {operationId: o}}}\n",
            "/channels/a/publish/operationId",
            "`operationId` `o` is used twice",
        ),
    ],
)
def test_what_breaks_the_specification_is_named_once(
    read: Read, text: str, pointer: str, message: str
) -> None:
    document = read(text)
    problems = list(FORMAT.validate(document))
    assert len(problems) == 1, [problem.message for problem in problems]
    at = problems[0].at
    assert at is not None
    assert "/" + "/".join(map(str, at.pointer)) == pointer
    assert problems[0].message.startswith(message)


@pytest.mark.parametrize(
    "text",
    [
        "asyncapi: 3.0.0\n",
        "asyncapi: 3.0.0\ninfo: []\nchannels: [1]\noperations: {a: 1, b: {action: send}}\nservers: {x: null}\n",
        "asyncapi: 2.0.0\ninfo: x\nchannels: {a: {subscribe: [], publish: {message: {oneOf: 1}}}}\n",
        "asyncapi: 3.0.0\nchannels: {a: {messages: [1], bindings: 3, parameters: {p: 1}, address: '{p}'}}\n",
        "asyncapi: 3.0.0\noperations: {o: {action: send, channel: {$ref: ''}, messages: [{$ref: '#'}], traits: [3]}}\n",
        "asyncapi: 2.0.0\nchannels: {a: {subscribe: {message: {traits: {}, payload: [1]}}}}\n",
    ],
)
def test_broken_documents_are_read_as_far_as_they_go(read: Read, text: str) -> None:
    document = read(text)
    list(FORMAT.facts(document))
    list(FORMAT.visit(document, frozenset(FORMAT.subjects)))
    assert list(FORMAT.validate(document))
