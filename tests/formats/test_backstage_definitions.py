"""Descriptions that stand in entities of a catalog: read as documents of their format, with places in the entity's file."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from conftest import Check

from archlint.api import Finding

_ENTITY = """\
apiVersion: backstage.io/v1alpha1
kind: API
metadata: {{name: orders-api}}
spec:
  type: {kind}
  lifecycle: production
  owner: team-a
  definition: {style}
{text}"""
_COMPONENT = """---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: orders}
spec: {type: service, lifecycle: production, owner: team-a, providesApis: [orders-api]}
"""
_OPENAPI = """\
openapi: 3.1.0
info: {title: Anything, version: 1.0.0}

paths:
  /orders:
    get:
      responses:
        "204":
          description: none
          content: {application/json: {schema: {$ref: '#/components/schemas/Order'}}}
components: {schemas: {Order: {type: object}}}
"""
_RULE = "no-content-response-has-body"


def entity(text: str, style: str = "|", kind: str = "openapi", indent: int = 4) -> str:
    lines = [f"{' ' * indent}{line}" if line else "" for line in text.splitlines()]
    return _ENTITY.format(kind=kind, style=style, text="\n".join(lines) + "\n")


def places(findings: Sequence[Finding]) -> list[tuple[int, int]]:
    return [
        (found.at.region.start_line, found.at.region.start_column) for found in findings if found.at.region
    ]


@pytest.mark.parametrize(
    ("style", "indent", "expected"),
    [("|", 4, (18, 15)), ("|-", 6, (18, 17)), ("|2", 4, (18, 15)), (">", 4, None), (">-", 4, None)],
)
def test_a_finding_stands_in_its_line_of_a_literal_block(
    check: Check, style: str, indent: int, expected: tuple[int, int] | None
) -> None:
    findings = check({"catalog-info.yaml": entity(_OPENAPI, style, indent=indent)}, _RULE).report.findings
    assert places(findings) == ([expected] if expected else [])


def test_in_json_all_stands_where_the_text_does(check: Check) -> None:
    spec = {"type": "openapi", "lifecycle": "a", "owner": "b", "definition": _OPENAPI}
    data = {"apiVersion": "backstage.io/v1alpha1", "kind": "API", "metadata": {"name": "a"}, "spec": spec}
    text = json.dumps(data, indent=1)
    findings = check({"catalog-info.json": text}, _RULE).report.findings
    line = next(number for number, line in enumerate(text.splitlines(), 1) if "definition" in line)
    assert [place[0] for place in places(findings)] == [line]


def test_whoever_provides_the_entity_provides_the_api(check: Check) -> None:
    graph = check({"catalog-info.yaml": entity(_OPENAPI) + _COMPONENT}).graph
    assert [(service.name, [api.title for api in service.apis]) for service in graph.services] == [
        ("orders", ["Anything"])
    ]
    assert [operation.name for operation in graph.services[0].apis[0].operations] == ["GET /orders"]


def test_events_of_a_definition(check: Check) -> None:
    text = """\
asyncapi: 3.0.0
info: {title: orders, version: 1.0.0}
channels: {placed: {address: orders.placed, messages: {Placed: {payload: {type: object}}}}}
operations: {send: {action: send, channel: {$ref: '#/channels/placed'}}}
"""
    graph = check({"catalog-info.yaml": entity(text, kind="asyncapi") + _COMPONENT}).graph
    assert [(topic.address, [service.name for service in topic.producers]) for topic in graph.topics] == [
        ("orders.placed", ["orders"])
    ]


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("openapi: 3.1.0\ninfo: {title: [}\n", "openapi", "the definition cannot be read as openapi"),
        ("openapi: 3.1.0\ninfo: {title: a, version: 1.0.0}\npaths: 5\n", "openapi", "`paths`"),
        ("openapi: {{ .Values.version }}\n", "openapi", ""),
        ("syntax = 'proto3';\n", "grpc", ""),
        ("a: b\n---\nc: d\n", "openapi", ""),
        ("just words\n", "openapi", ""),
    ],
)
def test_broken_and_other_definitions(check: Check, text: str, kind: str, expected: str) -> None:
    findings = check({"catalog-info.yaml": entity(text, kind=kind)}, "artifact-invalid").report.findings
    messages = [found.message for found in findings]
    assert [expected in message for message in messages] == ([True] if expected else [])


def test_no_fix_is_made_inside_of_a_text(check: Check) -> None:
    findings: Any = check({"catalog-info.yaml": entity(_OPENAPI)}, _RULE).report.findings
    assert [found.fix for found in findings] == [None]
