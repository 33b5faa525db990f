"""Templates of charts, read without rendering: what they say, where it stands, and what stays unknown."""

import random
import string
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from archlint.api import Document
from archlint.engine.resolve import Workspace
from archlint.formats.kubernetes import FORMAT
from archlint.model.builder import build_graph
from archlint.model.facts import WorkloadFact
from archlint.plugins.registry import Registry

VALUES = """
    name: orders
    empty: ""
    port: 8080
    on: true
    off: false
    image: {repository: shop/orders, tag: ""}
    resources: {limits: {memory: 1Gi}}
    none: {}
    env: [{name: A, value: b}]
    labels: {team: a}
    hosts: [one]
    later: "{{ .Release.Name }}-db"
    loop: "{{ tpl .Values.loop . }}{{ tpl .Values.loop . }}"
"""
HELPERS = """
    {{/* The name */}}
    {{- define "chart.fullname" -}}
    {{- if .Values.fullnameOverride }}
    {{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
    {{- else }}
    {{- $name := default .Chart.Name .Values.nameOverride }}
    {{- if contains $name .Release.Name }}
    {{- .Release.Name | trunc 63 | trimSuffix "-" }}
    {{- else }}
    {{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}
    {{- end }}
    {{- end }}
    {{- end }}
    {{- define "chart.labels" -}}
    app: {{ include "chart.fullname" . }}
    version: {{ .Chart.AppVersion | quote }}
    {{- end }}
    {{- define "chart.loop" }}{{ include "chart.loop" . }}{{ end }}
    {{- define "chart.unknown" -}}
    {{ .Capabilities.KubeVersion }}
    {{- end }}
"""


def _chart(folder: Path, template: str, **files: str) -> tuple[Document, ...]:
    texts = {
        "chart/Chart.yaml": "name: shop\nappVersion: '1.2'",
        "chart/values.yaml": VALUES,
        "chart/templates/_helpers.tpl": HELPERS,
        "chart/templates/app.yaml": template,
        **files,
    }
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n"))
    return Workspace(folder, Registry.load().formats).documents("chart/templates/app.yaml")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        (".Values.name", "orders"),
        ("$.Values.name", "orders"),
        (".Values.port", 8080),
        (".Values.port | quote", "8080"),
        (".Values.off", False),
        (".Values.image.tag | default .Chart.AppVersion", "1.2"),
        ('default "x" .Values.nothing.there', "x"),
        (".Release.Name", "shop"),
        (".Release.Namespace", "default"),
        (".Chart.Name | upper | lower", "shop"),
        ('printf "%s-db:%d" .Release.Name (int .Values.port)', "shop-db:8080"),
        ('include "chart.fullname" .', "shop"),
        ("tpl .Values.later . | quote", "shop-db"),
        ("tpl .Values.name $", "orders"),
        ('template "chart.fullname" .', "shop"),
        ('ternary "a" "b" .Values.on', "a"),
        ('required "why" .Values.name', "orders"),
        ("toYaml .Values.resources | nindent 2", {"limits": {"memory": "1Gi"}}),
    ],
)
def test_what_the_chart_decides_is_known(tmp_path: Path, expression: str, value: Any) -> None:
    (document,) = _chart(tmp_path, f"a: {{{{ {expression} }}}}\nb: 'x{{{{- .Values.name -}}}}y'\n")
    assert document.data == {"a": value, "b": "xordersy"}


@pytest.mark.parametrize(
    "expression",
    [
        ".Values.nothing",
        ".Values.empty",
        ".Values.none",
        ".Values.name.below",
        ".Capabilities.APIVersions",
        'lookup "v1" "Secret" "" ""',
        'include "chart.loop" .',
        "tpl .Values.loop .",
        "tpl .Values.hosts .",
        'include "chart.unknown" .',
        'include "nothing" .',
        "randAlphaNum 10",
        "now | date 2006",
        "(.Values.name",
        ") | (",
        ".Files.Get .Values.name",
        "int .Values.name",
    ],
)
def test_what_only_rendering_decides_stays_as_written(tmp_path: Path, expression: str) -> None:
    (document,) = _chart(tmp_path, f"a: {{{{- {expression} }}}}\nb: pre-{{{{ {expression} }}}}\n")
    assert document.data == {"a": f"{{{{ {expression} }}}}", "b": f"pre-{{{{ {expression} }}}}"}


DEPLOYMENT = """
    {{- if .Values.on -}}
    {{- $name := include "chart.fullname" . -}}
    {{- /* a comment
           of two lines */}}
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: {{ $name }}
      labels:
        {{- include "chart.labels" . | nindent 4 }}
        {{- toYaml .Values.labels | nindent 4 }}
      {{- with .Values.nothing }}
      annotations:
        {{- toYaml . | nindent 4 }}
      {{- end }}
    spec:
      {{- if .Values.off }}
      replicas: 7
      {{- else if not .Values.off }}
      replicas: 3
      {{- else }}
      replicas: 9
      {{- end }}
      template:
        metadata:
          labels: {{- include "chart.labels" . | nindent 8 }}
        spec:
          containers:
            - name: {{ .Chart.Name }}
              image: "{{if .Values.nothing}}{{ .Values.nothing }}/{{end}}{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
              {{- if .Values.probes }}
              readinessProbe:
                httpGet: {path: /, port: 1}
              {{- end }}
              env:
                {{- range .Values.env }}
                - name: {{ .name }}
                  value: {{ .value | quote }}
                {{- end }}
                {{- range $key, $value := .Values.more }}
                - name: {{ $key }}
                {{- end }}
                - name: LAST
                  value: {{ .Values.name }}
              resources:
    {{ toYaml .Values.resources | indent 12 }}
          {{- with .Values.pod }}
          {{- toYaml . | nindent 6 }}
          {{- end }}
    {{- end }}
"""


def test_a_deployment_of_a_chart_is_read_in_place(tmp_path: Path) -> None:
    (document,) = _chart(tmp_path, DEPLOYMENT)
    assert document.data["metadata"]["name"] == "shop"
    assert document.data["metadata"]["labels"] == {"app": "shop", "version": 1.2, "team": "a"}
    assert document.data["metadata"]["annotations"].startswith("{{")
    assert document.data["spec"]["replicas"] == 3
    pod = document.data["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["image"] == "shop/orders:1.2"
    assert container["readinessProbe"].startswith("{{")
    assert "livenessProbe" not in container
    assert container["resources"] == {"limits": {"memory": "1Gi"}}
    assert [entry["name"] for entry in container["env"] if isinstance(entry, dict)] == ["A", "LAST"]
    assert pod["securityContext"].startswith("{{")
    place = ("spec", "template", "spec", "containers", 0, "image"), False
    region = document.locator.locate([place])[place]
    assert (region.start_line, region.start_column) == (
        dedent(DEPLOYMENT).lstrip("\n").split("image:")[0].count("\n") + 1,
        18,
    )
    (fact,) = (fact for fact in FORMAT.facts(document) if isinstance(fact, WorkloadFact))
    assert fact.extra["chart"] == "chart"
    assert fact.containers[0].readiness is not None


def test_what_only_rendering_names_says_nothing(tmp_path: Path) -> None:
    documents = _chart(
        tmp_path,
        """
        apiVersion: v1
        kind: Service
        metadata: {name: "{{ .Values.nothing }}"}
        spec:
          selector:
            {{- include "chart.unknown" . | nindent 4 }}
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: closed}
        spec:
          podSelector: {}
          {{- include "chart.unknown" . | nindent 2 }}
        """,
    )
    assert [document.data and document.data["kind"] for document in documents] == ["Service", None]
    assert not [fact for document in documents for fact in FORMAT.facts(document)]


@pytest.mark.parametrize(
    "template",
    [
        "a: {{ if .Values.on }}",
        "{{ end }}",
        "{{ else }}",
        "a: [{{ .Values.name }}",
        "\ue000",
        "a: {{ .Values.x",
    ],
)
def test_a_template_that_makes_no_sense_is_left_alone(tmp_path: Path, template: str) -> None:
    _chart(tmp_path, template)


def test_a_chart_above_gives_its_values(tmp_path: Path) -> None:
    documents = _chart(
        tmp_path,
        "",
        **{
            "chart/values.yaml": "db: {port: 2}\nglobal: {host: here}",
            "chart/charts/db/Chart.yaml": "name: db",
            "chart/charts/db/values.yaml": "port: 1\nuser: me",
            "chart/charts/db/templates/a.yaml": "a: '{{ .Values.port }}{{ .Values.user }}{{ .Values.global.host }}'",
        },
    )
    assert not documents
    found = Workspace(tmp_path, Registry.load().formats).documents("chart/charts/db/templates/a.yaml")
    assert found[0].data == {"a": "2mehere"}


def test_blocks_of_items_that_values_leave_out(tmp_path: Path) -> None:
    documents = _chart(
        tmp_path,
        """
        command:
          - ./serve
          {{- with .Values.empty }}
            {{- toYaml . | nindent 2 }}
          {{- end }}
        env:
        {{- if .Values.empty }}
        - name: A
        {{- end }}
        - name: B
        {{- if .Values.empty }}
        {{ toYaml .Values.empty | indent 0 }}
        {{- end }}
        ports: []
        """,
        **{"chart/values.yaml": "empty: []"},
    )
    data = documents[0].data
    assert (data["command"][0], data["ports"]) == ("./serve", [])
    assert {"name": "B"} in data["env"]


@pytest.mark.parametrize(
    ("dependency", "file"),
    [
        ("{name: common, repository: 'file://../common'}", "common/templates/_util.yaml"),
        ("{name: common, version: 1.x}", "chart/charts/common/templates/_names.tpl"),
    ],
)
def test_named_templates_of_a_library(tmp_path: Path, dependency: str, file: str) -> None:
    documents = _chart(
        tmp_path,
        'a: {{ include "common.name" . }}',
        **{
            "chart/Chart.yaml": f"name: shop\ndependencies: [{dependency}]",
            file: '{{- define "common.name" -}}{{ .Chart.Name }}-app{{- end }}',
        },
    )
    assert documents[0].data == {"a": "shop-app"}


def test_a_template_depends_on_its_chart(tmp_path: Path) -> None:
    _chart(tmp_path, "a: {{ .Values.name }}")
    workspace = Workspace(tmp_path, Registry.load().formats)
    for _ in range(2):
        workspace.documents("chart/templates/app.yaml")
        assert {
            "chart/Chart.yaml",
            "chart/values.yaml",
            "chart/templates/_helpers.tpl",
        } <= workspace.take_opened()


def test_a_chart_beside_its_manifests_is_another_way_to_deploy_them(tmp_path: Path) -> None:
    (template,) = _chart(tmp_path, DEPLOYMENT)
    (plain,) = _chart(tmp_path / "x", DEPLOYMENT.replace("{{ $name }}", "my-shop"))
    facts = list(FORMAT.facts(template))
    assert len(build_graph(facts).workloads) == 1
    for document, name in ((plain, "rendered.yaml"),):
        document.memo.pop("chart")
        document.source.path = name
        facts += FORMAT.facts(document)
    assert [workload.name for workload in build_graph(facts).workloads] == ["my-shop"]


def test_any_text_ends(tmp_path: Path) -> None:
    chance = random.Random(7)
    words = [
        "{{",
        "}}",
        "{{-",
        "-}}",
        " if ",
        " end ",
        "else",
        "range",
        "with",
        '"',
        "`",
        "(",
        ")",
        "|",
        "include",
        "\n",
        "  ",
        "- ",
        "a: ",
        ".Values.name",
        "$x := ",
    ]
    for number in range(200):
        text = "".join(chance.choice([*words, chance.choice(string.printable)]) for _ in range(60))
        _chart(tmp_path / str(number % 4), f"a: {{{{ .Values.name }}}}\n{text}")
    _chart(tmp_path, "{{" * 4_000)
    _chart(tmp_path, "a: {{ " + "(" * 4_000 + "1" + ")" * 4_000 + " }}")
