"""RabbitMQ definitions: what they are, which one policy holds for a queue, and where dead letters go."""

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Check

from archlint.api import ChannelFact, Document
from archlint.engine.resolve import Workspace
from archlint.formats.rabbitmq import FORMAT, Definitions


@pytest.fixture
def read(tmp_path: Path) -> Any:
    def write(data: Any) -> Document:
        (tmp_path / "definitions.json").write_text(json.dumps(data))
        document = Workspace(tmp_path).documents("definitions.json")[0]
        document.kind, document.format = FORMAT.sniff(document), "rabbitmq"
        return document

    return write


def queue(name: str = "orders", **arguments: Any) -> dict[str, Any]:
    written = {f"x-{key.replace('_', '-')}": value for key, value in arguments.items()}
    return {"name": name, "vhost": "/", "durable": True, "auto_delete": False, "arguments": written}


def policy(pattern: str, priority: int = 0, kind: str = "queues", **settings: Any) -> dict[str, Any]:
    return {
        "name": f"p{priority}",
        "vhost": "/",
        "pattern": pattern,
        "apply-to": kind,
        "priority": priority,
        "definition": {key.replace("_", "-"): value for key, value in settings.items()},
    }


def operator(value: Any, pattern: str = ".*") -> dict[str, Any]:
    content = {"pattern": pattern, "apply-to": "queues", "priority": 0, "definition": value}
    return {"component": "operator_policy", "name": "cap", "vhost": "/", "value": content}


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ({"rabbit_version": "3.13.7", "queues": []}, "rabbitmq 3.13"),
        ({"rabbitmq_version": "4.1.0", "vhosts": [{"name": "/"}]}, "rabbitmq 4.1"),
        ({"queues": [queue()], "bindings": []}, "rabbitmq"),
        ({"queues": ["a", "b"], "bindings": []}, ""),
        ({"queues": [queue()]}, ""),
        ({"queues": [queue()], "bindings": [], "jobs": {}}, ""),
        ({"users": [{"name": "a"}], "permissions": []}, ""),
        (["queues"], ""),
    ],
)
def test_definitions_are_known_by_their_content(read: Any, data: Any, kind: str) -> None:
    assert read(data).kind == kind


@pytest.mark.parametrize(
    ("arguments", "policies", "operators", "expected"),
    [
        ({}, [], [], None),
        ({"max_length": 5}, [], [], 5),
        ({}, [policy("^or", max_length=7)], [], 7),
        ({"max_length": 5}, [policy("^or", max_length=7)], [], 5),
        ({"max_length": 9}, [policy("^or", max_length=7)], [], 7),
        ({}, [policy("^or", max_length=7), policy(".*", 3, message_ttl=1)], [], None),
        ({}, [policy("^or", 9, max_length=7), policy(".*", 3, max_length=1)], [], 7),
        ({}, [policy("rders$", max_length=7)], [], 7),
        ({}, [policy("^stock", max_length=7)], [], None),
        ({}, [policy(".*", kind="exchanges", max_length=7)], [], None),
        ({}, [policy(".*", kind="quorum_queues", max_length=7)], [], None),
        ({"queue_type": "quorum"}, [policy(".*", kind="quorum_queues", max_length=7)], [], 7),
        ({}, [policy("^or", max_length=7)], [operator({"max-length": 3})], 3),
        ({}, [], [operator([["max-length", 5000]])], 5000),
        ({}, [], [operator({"max-length": 3}, "^stock")], None),
    ],
)  # fmt: skip
def test_one_policy_and_one_operator_policy_hold(
    read: Any, arguments: Any, policies: Any, operators: Any, expected: int | None
) -> None:
    data = {
        "rabbit_version": "4.0.0",
        "queues": [queue(**arguments)],
        "policies": policies,
        "parameters": operators,
    }
    found = Definitions(read(data)).queues[0].setting("max-length")
    assert (found and found.value) == expected


def test_an_argument_wins_where_values_cannot_be_compared(read: Any) -> None:
    data = {
        "rabbit_version": "4.0.0",
        "queues": [queue(dead_letter_exchange="own")],
        "policies": [policy(".*", dead_letter_exchange="shared")],
    }
    found = Definitions(read(data)).queues[0].setting("dead-letter-exchange")
    assert found is not None
    assert found.value == "own"
    assert found.at.pointer == ("queues", 0, "arguments", "x-dead-letter-exchange")


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*b", "[", "x" * 600, "(?<name>a)(?&name)"])
def test_patterns_that_cannot_be_read_make_policies_unknown(read: Any, pattern: str) -> None:
    data = {
        "rabbit_version": "4.0.0",
        "queues": [queue("a" * 200)],
        "policies": [policy(pattern, max_length=1)],
    }
    assert not Definitions(read(data)).queues[0].knows_policies


def test_queue_types_and_what_queues_are_for(read: Any) -> None:
    data = {
        "rabbit_version": "4.0.0",
        "vhosts": [{"name": "/", "metadata": {"default_queue_type": "quorum"}}],
        "queues": [
            queue(),
            queue(queue_type="stream"),
            queue("a", expires=1),
            {**queue("b"), "auto_delete": True},
            queue("orders.failed"),
            queue("shelf"),
            queue("c", dead_letter_exchange="", dead_letter_routing_key="shelf"),
            queue("rpc.replies"),
        ],
    }
    queues = Definitions(read(data)).queues
    assert [queues[0].type, queues[1].type] == ["quorum", "stream"]
    assert [found.name for found in queues if found.is_temporary] == ["a", "b"]
    assert [found.name for found in queues if found.takes_dead_letters] == ["orders.failed", "shelf"]
    assert [found.name for found in queues if found.is_for_replies] == ["rpc.replies"]


def test_queues_and_exchanges_are_channels(read: Any) -> None:
    data = {
        "rabbit_version": "4.0.0",
        "queues": [queue(), {"vhost": "/"}, 5],
        "exchanges": [{"name": "events", "vhost": "/", "type": "topic"}],
    }
    facts = [fact for fact in FORMAT.facts(read(data)) if isinstance(fact, ChannelFact)]
    assert [(fact.address, fact.kind, fact.action, fact.protocol) for fact in facts] == [
        ("orders", "queue", "", "amqp"),
        ("events", "exchange", "", "amqp"),
    ]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"queues": [{"vhost": "/"}]}, "entry 1 of `queues` has no `name`"),
        ({"queues": [{"name": "a", "durable": "yes"}]}, "`durable` is a text, not `true` or `false`"),
        ({"policies": [{"name": "a", "pattern": ".*"}]}, "entry 1 of `policies` has no `definition`"),
        (
            {"bindings": [{"source": "a", "destination": "b", "destination_type": "topic"}]},
            "`destination_type`",
        ),
    ],
)
def test_what_a_broker_refuses(read: Any, data: Any, message: str) -> None:
    problems = list(FORMAT.validate(read({"rabbit_version": "4.0.0", **data})))
    assert problems
    assert any(message in problem.message for problem in problems), [problem.message for problem in problems]


def test_severities_follow_what_is_known(check: Check) -> None:
    whole = {
        "rabbitmq_version": "3.12.1",
        "queues": [queue(dead_letter_exchange="gone")],
        "exchanges": [{"name": "events", "vhost": "/", "type": "topic"}],
        "bindings": [
            {"source": "amq.topic", "vhost": "/", "destination": "orders", "destination_type": "queue"}
        ],
        "policies": [policy(".*", ha_mode="all")],
    }
    partial = {key: value for key, value in whole.items() if key not in {"bindings", "rabbitmq_version"}}
    rules = ("dead-letter-exchange-broken", "removed-queue-mirroring", "unroutable-exchange")
    found = check({"a.json": json.dumps(whole), "b.json": json.dumps(partial)}, *rules).report.findings
    assert sorted((finding.at.path, finding.rule, finding.severity.value) for finding in found) == [
        ("a.json", "dead-letter-exchange-broken", "error"),
        ("a.json", "removed-queue-mirroring", "info"),
        ("a.json", "unroutable-exchange", "info"),
        ("b.json", "dead-letter-exchange-broken", "warning"),
        ("b.json", "removed-queue-mirroring", "warning"),
    ]
