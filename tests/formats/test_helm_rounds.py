"""What a `range` over values of the chart writes."""

import pytest
from conftest import Check

CHART = "{apiVersion: v2, name: shop, version: 1.0.0}"
VALUES = """
env: {STOCK_URL: "http://stock:8080", LEVEL: info, PRICE_URL: "http://price:8080"}
list: [{name: STOCK_URL, value: "http://stock:8080"}, {name: PRICE_URL, value: "http://price:8080"}]
hosts: [stock, price]
none: {}
"""
SERVICES = """
---
apiVersion: v1
kind: Service
metadata: {name: stock}
spec: {selector: {app: stock}, ports: [{port: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: price}
spec: {selector: {app: price}, ports: [{port: 8080}]}
"""
HEAD = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: orders
spec:
  template:
    metadata:
      labels:
        app: orders
    spec:
      containers:
        - name: orders
          image: shop/orders
          env:
"""


@pytest.mark.parametrize(
    "lines",
    [
        ["{{- range $key, $value := .Values.env }}", "- name: {{ $key }}", "  value: {{ $value | quote }}", "{{- end }}"],
        ["{{- range $k, $v := .Values.env }}", "- name: {{ $k | upper }}", '  value: "{{ $v }}"', "{{- end }}"],
        ["{{- toYaml .Values.list | nindent 12 }}"],
        ["{{- range .Values.list }}", "- name: {{ .name }}", "  value: {{ .value | quote }}", "{{- end }}"],
        ["{{- range $one := .Values.hosts }}", "- name: {{ $one }}_URL", "  value: http://{{ $one }}:8080", "{{- end }}"],
    ],
)  # fmt: skip
def test_each_round_is_an_entry(check: Check, lines: list[str]) -> None:
    last = ["- name: LAST_URL", "  value: http://last:8080"]
    text = HEAD + "".join(f"            {line}\n" for line in (*lines, *last))
    outcome = check({"Chart.yaml": CHART, "values.yaml": VALUES, "templates/orders.yaml": text + SERVICES})
    graph = outcome.graph
    assert sorted(edge.target.name for edge in graph.dependencies) == ["price", "stock"]
    dangling = next(item for item in graph.dangling if item.host == "last")
    region = dangling.evidence.at.region
    assert region is not None
    assert text.splitlines()[region.start_line - 1].strip() == last[1].strip()


def test_each_round_is_an_entry_of_a_mapping(check: Check) -> None:
    config = """
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: orders
data:
  {{- range $key, $value := .Values.env }}
  {{ $key }}: {{ $value | quote }}
  {{- end }}
"""
    text = HEAD.replace("env:", "envFrom:") + "            - configMapRef: {name: orders}\n"
    outcome = check(
        {"Chart.yaml": CHART, "values.yaml": VALUES, "templates/orders.yaml": text + config + SERVICES}
    )
    assert sorted(edge.target.name for edge in outcome.graph.dependencies) == ["price", "stock"]


def test_a_range_over_resources_repeats_no_containers(check: Check) -> None:
    text = (
        "{{- range .Values.hosts }}\n---\n" + HEAD.replace("name: orders", "name: {{ . }}") + "{{- end }}\n"
    )
    outcome = check({"Chart.yaml": CHART, "values.yaml": VALUES, "templates/orders.yaml": text})
    assert not any(len(workload.containers) > 1 for workload in outcome.graph.workloads)
