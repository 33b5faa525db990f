"""What runs behind Knative Services, and what it calls."""

from conftest import Check
from systems import edges_of, graph_of

SERVICE = """
apiVersion: serving.knative.dev/v1
kind: Service
metadata: {{name: {name}}}
spec: {{template: {{spec: {{containers: [{{image: shop/{name}, env: [{{name: {key}, value: "{value}"}}]}}]}}}}}}
---
"""


def test_knative_services_call_each_other() -> None:
    calling = SERVICE.format(name="orders", key="STOCK_URL", value="http://stock.default.svc.cluster.local")
    called = SERVICE.format(name="stock", key="LEVEL", value="info")
    graph = graph_of({"all.yaml": calling + called})
    assert edges_of(graph) == {("calls", "orders", "stock")}
    assert not graph.dangling


def test_a_service_without_a_template_is_only_a_name() -> None:
    text = "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: stock}\nspec: {template: 1}\n"
    assert [service.name for service in graph_of({"all.yaml": text}).services] == ["stock"]


def test_their_environment_holds_credentials_as_any_other_and_their_resources_have_defaults(
    check: Check,
) -> None:
    text = SERVICE.format(name="orders", key="DB_PASSWORD", value="Qh7vXz2pLm9sTr4w")
    found = [finding.rule for finding in check({"all.yaml": text}).report.findings]
    assert "secret-literal" in found
    assert not {"resources-unset", "readiness-probe-missing"} & set(found)
