"""Graphs of small systems, read from their files by the real formats."""

import tempfile
from pathlib import Path
from textwrap import dedent

from archlint.api import Fact, ServiceGraph
from archlint.engine.resolve import Workspace
from archlint.formats.backstage import FORMAT as BACKSTAGE
from archlint.formats.compose import FORMAT as COMPOSE
from archlint.formats.kubernetes import FORMAT as KUBERNETES
from archlint.formats.manifest import FORMAT as MANIFEST
from archlint.model.builder import build_graph


def facts_of(files: dict[str, str]) -> list[Fact]:
    """Return what the *files* (path to text) say."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text))
        workspace = Workspace(Path(folder))
        documents = [document for name in files for document in workspace.documents(name)]
        return [
            fact
            for document in documents
            for form in (KUBERNETES, COMPOSE, BACKSTAGE, MANIFEST)
            if form.sniff(document)
            for fact in form.facts(document)
        ]


def graph_of(files: dict[str, str]) -> ServiceGraph:
    """Return the graph that the *files* describe."""
    return build_graph(facts_of(files))


def edges_of(graph: ServiceGraph) -> set[tuple[str, str, str]]:
    """Return kind, source and target of all edges."""
    return {(edge.kind, edge.source.name, edge.target.name) for edge in graph.dependencies}


def deployment(
    name: str, *env: str, image: str = "", namespace: str = "", service: str = "", extra: str = ""
) -> str:
    """Return a Deployment with a Service; each of *env* is an item of `env`, as flow YAML, or `KEY=value`."""
    items = ", ".join(item if item.startswith("{") else _variable(item) for item in env)
    space = f", namespace: {namespace}" if namespace else ""
    return f"""
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}{space}}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      containers:
        - {{name: main, image: "{image or f"shop/{name}:1"}", env: [{items}]{extra}}}
---
apiVersion: v1
kind: Service
metadata: {{name: {service or name}{space}}}
spec:
  selector: {{app: {name}}}
  ports: [{{port: 80}}]
"""


def _variable(item: str) -> str:
    key, _, value = item.partition("=")
    return f'{{name: {key}, value: "{value}"}}'
