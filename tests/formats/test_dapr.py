"""Dapr: policies of calls, and subscriptions."""

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from conftest import Check

from archlint.api import ChannelFact, Document, PolicyFact
from archlint.engine.resolve import Workspace
from archlint.formats.kubernetes import FORMAT
from archlint.model.builder import build_graph

RESILIENCY = """
    apiVersion: dapr.io/v1alpha1
    kind: Resiliency
    metadata: {name: policies}
    scopes: [orders]
    spec:
      policies:
        timeouts: {short: 2s, DefaultTimeoutPolicy: 10s}
        retries:
          patient: {policy: exponential}
          few: {maxRetries: 2}
          none: {maxRetries: 0, duration: 1s}
        circuitBreakers: {simple: {trip: consecutiveFailures > 5}}
      targets:
        apps:
          stock: {timeout: short, retry: patient, circuitBreaker: simple}
          audit: {retry: few}
          mail: {timeout: short}
          bills: {timeout: short, retry: none}
          lost: {timeout: gone, retry: gone}
        components: {store: {outbound: {retry: few}}}
    """


def _read(folder: Path, text: str) -> Document:
    (folder / "dapr.yaml").write_text(dedent(text), encoding="utf-8")
    return Workspace(folder).documents("dapr.yaml")[0]


def _policies(document: Document) -> dict[tuple[str | None, str | None], dict[str, tuple[Any, bool]]]:
    return {
        (fact.source, fact.target): {
            key: (value.value, value.default) for key, value in fact.policy.values.items()
        }
        for fact in FORMAT.facts(document)
        if isinstance(fact, PolicyFact)
    }


def test_policies_of_applications(tmp_path: Path) -> None:
    text = RESILIENCY.replace(", DefaultTimeoutPolicy: 10s", "")
    assert _policies(_read(tmp_path, text)) == {
        ("orders", "stock"): {
            "retries": (-1, True),
            "perTryTimeoutMs": (2000, False),
            "circuitBreaker": (True, False),
        },
        ("orders", "audit"): {"retries": (2, False), "backoffMs": (5000, True)},
        ("orders", "mail"): {"timeoutMs": (2000, False)},
        ("orders", "bills"): {"retries": (0, False), "backoffMs": (1000, False), "timeoutMs": (2000, False)},
        ("orders", "lost"): {},
    }


def test_defaults_do_not_hold_for_applications_that_are_targets(tmp_path: Path) -> None:
    text = """
        apiVersion: dapr.io/v1alpha1
        kind: Resiliency
        metadata: {name: policies}
        spec:
          policies:
            timeouts: {DefaultTimeoutPolicy: 10s}
            retries: {DefaultRetryPolicy: {maxRetries: 3}, DefaultAppRetryPolicy: {maxRetries: 5, duration: 1s}}
          targets: {apps: {stock: {circuitBreaker: none}}}
        """
    assert _policies(_read(tmp_path, text)) == {
        (None, "stock"): {"retries": (0, False), "perTryTimeoutMs": (0, False)},
        (None, None): {"retries": (5, False), "backoffMs": (1000, False), "perTryTimeoutMs": (10_000, False)},
    }


def test_without_scopes_they_hold_for_everybody(tmp_path: Path) -> None:
    text = RESILIENCY.replace("scopes: [orders]", "")
    assert {source for source, _ in _policies(_read(tmp_path, text))} == {None}


def test_they_are_on_the_edge_of_applications_by_their_ids(check: Check) -> None:
    pod = """
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {{name: {name}-deployment}}
        spec:
          template:
            metadata: {{labels: {{app: {name}}}, annotations: {{dapr.io/enabled: "true", dapr.io/app-id: {name}}}}}
            spec: {{containers: [{{name: main, image: "shop/{name}", env: [{{name: PEER, value: "http://stock-service:80"}}]}}]}}
        ---
        apiVersion: v1
        kind: Service
        metadata: {{name: {name}-service}}
        spec: {{selector: {{app: {name}}}, ports: [{{port: 80}}]}}
        """
    text = dedent(RESILIENCY) + "".join(dedent(pod.format(name=name)) for name in ("orders", "stock"))
    (edge,) = build_graph(list(check({"dapr.yaml": text}).facts)).dependencies
    assert [(policy.tool, policy.number("retries")) for policy in edge.policies] == [("dapr", -1)]


SUBSCRIPTION = """
    apiVersion: dapr.io/{version}
    kind: Subscription
    metadata: {{name: orders}}
    scopes: [billing, audit]
    spec: {{topic: {topic}, pubsubname: broker, {route}, deadLetterTopic: dead}}
    """


@pytest.mark.parametrize(
    ("version", "route"), [("v1alpha1", "route: /a"), ("v2alpha1", "routes: {default: /a}")]
)
def test_subscriptions_are_received(tmp_path: Path, version: str, route: str) -> None:
    document = _read(tmp_path, SUBSCRIPTION.format(version=version, route=route, topic="orders"))
    found = [fact for fact in FORMAT.facts(document) if isinstance(fact, ChannelFact)]
    assert [(fact.action, fact.address, fact.service, fact.broker) for fact in found] == [
        ("receive", "orders", "billing", "broker"),
        ("receive", "orders", "audit", "broker"),
    ]
    assert found[0].extra == {"deadLetters": "dead"}


def test_nobody_is_known_to_receive_what_is_for_all_or_filled_in_later(tmp_path: Path) -> None:
    for text in (
        SUBSCRIPTION.format(version="v1alpha1", route="route: /a", topic='"{{ .Values.topic }}"'),
        SUBSCRIPTION.format(version="v1alpha1", route="route: /a", topic="x").replace(
            "scopes: [billing, audit]", ""
        ),
    ):
        assert not [fact for fact in FORMAT.facts(_read(tmp_path, text)) if isinstance(fact, ChannelFact)]


@pytest.mark.parametrize("value", ["7", "text", "[1]", "[{}]", "{a: 1}", "{a: {retry: []}}", "null", "true"])
def test_odd_shapes_are_never_a_crash(tmp_path: Path, value: str) -> None:
    for text in (
        f"{{apiVersion: dapr.io/v1alpha1, kind: Resiliency, metadata: {{name: a}}, scopes: {value}, spec: {{policies: {value}, targets: {value}}}}}",
        f"{{apiVersion: dapr.io/v1alpha1, kind: Resiliency, metadata: {{name: a}}, spec: {{policies: {{retries: {value}, timeouts: {value}}}, targets: {{apps: {value}}}}}}}",
        f"{{apiVersion: dapr.io/v1alpha1, kind: Subscription, metadata: {{name: a}}, scopes: {value}, spec: {{topic: {value}, pubsubname: {value}, deadLetterTopic: {value}}}}}",
    ):
        list(FORMAT.facts(_read(tmp_path, text)))
