"""What is declared to be complete has no backends elsewhere."""

import pytest
from systems import deployment, graph_of

from archlint.api import Confidence, Context
from archlint_rules.networking.route_backend_missing import route_backend_missing

_ROUTE = """
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: shop}}
spec:
  parentRefs: [{{name: edge}}]
  rules: [{{backendRefs: [{{name: {name}, namespace: {namespace}, port: 80}}]}}]
"""
_GRANT = """
---
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {{name: shop, namespace: other}}
spec: {{from: [{{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: {namespace}}}], to: [{{group: "", kind: Service}}]}}
"""


def _messages(text: str, *, complete: bool) -> list[tuple[str, Confidence | None]]:
    graph = graph_of({"a.yaml": deployment("orders") + deployment("pay", namespace="other") + text})
    context = Context(graph=graph, complete=lambda _path: complete)
    return [(problem.message, problem.confidence) for problem in route_backend_missing.check(graph, context)]


def test_a_closed_world_has_no_other_services() -> None:
    text = _ROUTE.format(name="ordres", namespace="default")
    assert _messages(text, complete=False) == []
    assert _messages(text, complete=True) == [
        ("`shop` leads to `ordres`, which does not exist here", Confidence.DECLARED)
    ]


@pytest.mark.parametrize(
    ("grant", "count"), [("", 1), (_GRANT.format(namespace="x"), 1), (_GRANT.format(namespace="default"), 0)]
)
def test_another_namespace_lets_routes_in(grant: str, count: int) -> None:
    text = _ROUTE.format(name="pay", namespace="other") + grant
    assert _messages(text, complete=False) == []
    assert len(_messages(text, complete=True)) == count
