"""Documents with parts of the wrong type: every format and every rule takes them as they are."""

import copy
import random
from pathlib import Path
from typing import Any

import pytest

from archlint.api import Context, Dependency, Document, Format, ServiceGraph, Source, Topic, parse
from archlint.model.builder import build_graph
from archlint.plugins.registry import Registry

_ROOT = Path(__file__).resolve().parents[2]
_ROUNDS = 40
_VALUES: tuple[Any, ...] = (
    5, -1, 1.5, True, None, "", "text", "[", "http://[", [], {}, ["a", 1, None], {"$ref": "#"}, {"$ref": 5}, {"a": {"b": [1]}},
)  # fmt: skip
_MORE = {
    "manifest.yaml": """
        apiVersion: archlint.dev/v1alpha1
        kind: Service
        entity: component:default/orders
        aliases: [a]
        tier: 1
        apis: [{contract: a.yaml}]
        dependsOn: [{target: b, criticality: soft}]
        data: [{type: postgres, id: x, owner: q}]
        channels: [{channel: c, action: send, messages: [M]}]
        sagas: [{saga: s, steps: [{participant: p, step: pivot}]}]
        migration: {replaces: z, until: 2020-01-01}
    """,
    "calm.yaml": """
        nodes:
          - {unique-id: a, node-type: service, name: A, description: a}
          - {unique-id: b, node-type: database, name: B, description: b}
        relationships:
          - {unique-id: c, relationship-type: {connects: {source: {node: a}, destination: {node: b}}}, protocol: JDBC}
    """,
    "pact.yaml": """
        consumer: {name: web}
        provider: {name: orders}
        interactions:
          - description: a
            type: Synchronous/HTTP
            pending: true
            request: {method: post, path: /a/1, query: {b: ["1"]}, headers: {content-type: application/json}, body: {content: {c: [1]}}}
            response:
              status: 200
              body: {content: {d: 1}, contentType: application/json, encoded: false}
              matchingRules: {body: {"$.d": {matchers: [{match: type}]}}, status: {}}
          - {description: b, type: Asynchronous/Messages, contents: {content: {e: 1}}, metadata: {topic: t}, comments: {references: {AsyncAPI: {messageId: m}}}}
        metadata: {pactSpecification: {version: "4.0"}}
    """,
    "rabbitmq.yaml": """
        rabbitmq_version: 4.1.0
        vhosts: [{name: /, metadata: {default_queue_type: quorum}}]
        queues: [{name: a, vhost: /, arguments: {x-dead-letter-exchange: x, x-dead-letter-routing-key: k, x-max-length: 5}}, {name: b, vhost: /}]
        exchanges: [{name: x, vhost: /, type: direct, arguments: {alternate-exchange: y}}]
        bindings: [{source: x, vhost: /, destination: a, destination_type: queue, routing_key: k}]
        policies: [{name: p, vhost: /, pattern: ^a, priority: 1, apply-to: queues, definition: {ha-mode: all, dead-letter-exchange: x}}]
        parameters: [{component: operator_policy, name: o, vhost: /, value: {pattern: a, definition: [[max-length, 5]]}}]
    """,
    "asyncapi.yaml": """
        asyncapi: 2.6.0
        info: {title: orders, version: 1.0.0}
        servers: {a: {url: "b:{port}", protocol: kafka, variables: {port: {default: "1"}}, security: [{s: []}]}}
        channels:
          x.{id}:
            parameters: {id: {schema: {type: string}}}
            bindings: {kafka: {topic: t}}
            publish: {operationId: p, message: {oneOf: [{payload: {type: object, properties: {a: {}}}, traits: [{name: n}]}]}}
        components: {securitySchemes: {s: {type: oauth2, flows: {implicit: {authorizationUrl: "http://a", scopes: {}}}}}}
    """,
}


def _texts() -> dict[str, str]:
    own = {
        str(path.relative_to(_ROOT)): path.read_text()
        for path in sorted((_ROOT / "fixtures" / "shop").rglob("*.yaml"))
    }
    return own | _MORE


@pytest.mark.parametrize("name", sorted(_texts()))
def test_wrong_types_anywhere(name: str, registry: Registry) -> None:
    chance = random.Random(name)
    for original in parse(Source(name, _texts()[name].encode())).documents:
        for _ in range(_ROUNDS):
            data = copy.deepcopy(original.data)
            for _ in range(chance.randint(1, 4)):
                _change(data, chance)
            document = Document(original.source, 0, data, original.locator)
            for form in registry.formats:
                if form.sniff(document):
                    document.format, document.kind = form.name, form.sniff(document)
                    _check(document, form, registry)


def _check(document: Document, form: Format, registry: Registry) -> None:
    list(form.validate(document))
    form.describe(document)
    graph = build_graph(list(form.facts(document)))
    views: list[Any] = [*form.visit(document, frozenset(form.subjects)), document, graph]
    views += [*graph.topics, *graph.dependencies, *graph.services, *graph.datastores]
    for rule in registry.rules.values():
        context = Context(
            options=rule.options(),
            graph=graph if _of_graph(rule.subjects) else ServiceGraph(),
            today="2026-01-01",
        )
        for view in views:
            if type(view) in rule.subjects and (rule.applies is None or rule.applies(view)):
                list(rule.check(view, context))


def _of_graph(subjects: tuple[type[Any], ...]) -> bool:
    return bool({ServiceGraph, Topic, Dependency} & set(subjects))


def _change(data: Any, chance: random.Random) -> None:
    """Give one place in *data* a value of another type, or take it away."""
    places: list[tuple[Any, Any]] = []
    pending = [data]
    while pending:
        value = pending.pop()
        for key, item in list(value.items() if isinstance(value, dict) else enumerate(value)):
            places.append((value, key))
            if isinstance(item, dict | list):
                pending.append(item)
    if places:
        holder, key = chance.choice(places)
        if chance.random() < 0.2:
            del holder[key]
        else:
            holder[key] = copy.deepcopy(chance.choice(_VALUES))
