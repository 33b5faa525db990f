"""Configurations of the OpenTelemetry Collector, alone and inside of manifests."""

from pathlib import Path
from textwrap import dedent

import pytest
from conftest import Check

from archlint.api import Document
from archlint.engine.resolve import Workspace
from archlint.formats.otel_collector import FORMAT, CollectorConfig, CollectorPipeline

_CONFIG = """
receivers: {otlp: {protocols: {grpc: {}}}}
processors: {batch: {}}
exporters: {otlp: {endpoint: "tempo:4317"}}
service:
  extensions: [health_check]
  pipelines:
    traces: {receivers: [otlp], processors: [batch], exporters: [otlp]}
    traces/sampled: {receivers: [otlp, "${env:MORE}", 1], exporters: [otlp]}
"""


def _document(folder: Path, text: str) -> Document:
    (folder / "collector.yaml").write_text(dedent(text), encoding="utf-8")
    return next(iter(Workspace(folder).documents("collector.yaml")))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (_CONFIG, "opentelemetry collector"),
        ("service: {pipelines: {metrics: {exporters: [debug]}}}", "opentelemetry collector"),
        ("service: {pipelines: {}}", ""),
        ("service: {pipelines: {build: {receivers: [a]}}}", ""),
        ("service: {pipelines: {traces: [a]}}", ""),
        ("service: orders", ""),
        ("[service]", ""),
    ],
)
def test_a_configuration_has_pipelines_of_signals(tmp_path: Path, text: str, kind: str) -> None:
    assert FORMAT.sniff(_document(tmp_path, text)) == kind


def test_views_tell_pipelines_and_their_components(tmp_path: Path) -> None:
    document = _document(tmp_path, _CONFIG)
    config, *pipelines = FORMAT.visit(document, frozenset((CollectorConfig, CollectorPipeline)))
    assert isinstance(config, CollectorConfig)
    assert config.is_whole
    assert config.defined("receivers", "connectors") == {"otlp"}
    found = [
        (one.name, [name for name, _ in one.names("receivers")])
        for one in pipelines
        if isinstance(one, CollectorPipeline)
    ]
    assert found == [("traces", ["otlp"]), ("traces/sampled", ["otlp"])]
    assert list(FORMAT.facts(document)) == []
    assert list(FORMAT.visit(document, frozenset())) == []


@pytest.mark.parametrize(
    "text",
    [
        "service: {pipelines: {traces: {receivers: [otlp], exporters: [otlp]}}}",
        "{receivers: {a: {}}, service: {pipelines: {traces: {receivers: [a], exporters: [b]}}}}",
        "{receivers: {a: {}}, exporters: '${file:b.yaml}', service: {pipelines: {traces: {receivers: [a]}}}}",
        "{receivers: {a: {}}, exporters: {'${env:B}': {}}, service: {pipelines: {traces: {receivers: [a]}}}}",
    ],
)
def test_a_part_of_a_configuration_is_not_the_whole(tmp_path: Path, text: str) -> None:
    (config,) = FORMAT.visit(_document(tmp_path, text), frozenset((CollectorConfig,)))
    assert isinstance(config, CollectorConfig)
    assert not config.is_whole


def test_wrong_types_are_told(tmp_path: Path) -> None:
    document = _document(
        tmp_path, "service: {pipelines: {traces: {receivers: otlp, exporters: [a]}}, extensions: 1}"
    )
    assert [problem.at.pointer for problem in FORMAT.validate(document) if problem.at] == [
        ("service", "pipelines", "traces", "receivers"),
        ("service", "extensions"),
    ]


@pytest.mark.parametrize(
    "manifest",
    [
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  config.yaml: |\n",
        "apiVersion: opentelemetry.io/v1alpha1\nkind: OpenTelemetryCollector\nmetadata: {name: a}\nspec:\n  config: |\n",
        "apiVersion: opentelemetry.io/v1beta1\nkind: OpenTelemetryCollector\nmetadata: {name: a}\nspec:\n  config:\n",
    ],
)
def test_manifests_may_hold_configurations(check: Check, manifest: str) -> None:
    text = manifest + "".join(f"    {line}\n" for line in _CONFIG.strip().splitlines())
    findings = check({"a.yaml": text}, "collector-without-memory-limiter").report.findings
    assert sorted(finding.message for finding in findings) == [
        "nothing limits the memory of the pipeline `traces/sampled`",
        "nothing limits the memory of the pipeline `traces`",
    ]
