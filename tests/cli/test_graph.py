"""`archlint graph`: policies on edges, groups, pictures, and what changed since a git ref."""

import json
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from commands import Archlint

_DEPLOYMENT = """---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: {space}}}
spec:
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      containers:
        - name: main
          image: shop/{name}
          env: [{{name: CALLED, value: "{url}"}}]
---
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: {space}}}
spec: {{selector: {{app: {name}}}, ports: [{{port: 80}}]}}
"""
_SYSTEM = (
    _DEPLOYMENT.format(name="web", space="front", url="http://orders.back")
    + _DEPLOYMENT.format(name="orders", space="back", url="http://stock")
    + _DEPLOYMENT.format(name="stock", space="back", url="")
)
_ROUTE = """apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: orders, namespace: back}
spec:
  hosts: [orders]
  http:
    - timeout: 2s
      retries: {attempts: 3, perTryTimeout: 500ms, retryOn: connect-failure}
      route: [{destination: {host: orders}}]
"""


@pytest.fixture
def system(project: Path) -> Path:
    """Return a project of three services with a route of the mesh."""
    (project / "system.yaml").write_text(_SYSTEM)
    (project / "route.yaml").write_text(_ROUTE)
    return project


def _commit(root: Path) -> None:
    settings = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    for arguments in (("init", "--quiet"), ("add", "."), ("commit", "--quiet", "-m", "x")):
        subprocess.run(("git", *settings, *arguments), cwd=root, check=True, capture_output=True)


@pytest.mark.usefixtures("system")
def test_an_edge_has_the_policies_of_its_route(archlint: Archlint) -> None:
    edges = json.loads(archlint("graph", ".", "--format", "json").out)["edges"]
    policies = {edge["target"]: edge["policies"] for edge in edges}
    assert policies["stock"] == []
    (policy,) = policies["orders"]
    assert (policy["tool"], policy["layer"]) == ("istio", "sidecar")
    assert policy["timeoutMs"] == {
        "value": 2000.0,
        "default": False,
        "path": "route.yaml",
        "line": 7,
        "pointer": "/spec/http/0/timeout",
    }
    assert policy["retries"]["value"] == 3
    assert "|calls, 2 s, 4 tries|" in archlint("graph", ".").out
    explained = archlint("graph", ".", "--explain", "web", "orders").out
    assert "  sidecar istio: perTryTimeoutMs 500 (route.yaml:8:" in explained


@pytest.mark.usefixtures("system")
def test_a_default_of_the_tool_is_told_as_one(archlint: Archlint) -> None:
    Path("route.yaml").write_text(
        _ROUTE.replace("    - timeout: 2s\n      retries", "    - headers: {}\n      retries")
    )
    explained = archlint("graph", ".", "--explain", "web", "orders").out
    assert "timeoutMs 0 (the default of istio)" in explained


@pytest.mark.usefixtures("system")
def test_elements_are_grouped(archlint: Archlint) -> None:
    lines = archlint("graph", ".", "--group-by", "namespace").out.splitlines()
    assert lines[1:7] == [
        '  subgraph g0["back"]',
        '    n0["orders"]',
        '    n1["stock"]',
        "  end",
        '  subgraph g1["front"]',
        '    n2["web"]',
    ]
    assert (
        'subgraph cluster_g0 { label="back";'
        in archlint("graph", ".", "--group-by", "namespace", "--format", "dot").out
    )


@pytest.mark.usefixtures("system")
def test_graphviz_draws_it(archlint: Archlint) -> None:
    if shutil.which("dot") is None:
        pytest.skip("Graphviz is not installed")
    picture = ET.fromstring(archlint("graph", ".", "--format", "svg").out)
    assert {"web", "orders", "stock"} <= {node.text for node in picture.iter() if node.text}


@pytest.mark.usefixtures("system")
def test_without_graphviz_it_is_mermaid(archlint: Archlint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    result = archlint("graph", ".", "--format", "svg")
    assert result.out.startswith("flowchart LR")
    assert "Graphviz is not installed" in result.err


def test_a_change_shows_the_edges_that_it_adds_and_removes(system: Path, archlint: Archlint) -> None:
    shutil.rmtree(system / ".git")
    _commit(system)
    assert archlint("graph", ".", "--diff", "HEAD").out == ""
    text = _SYSTEM.replace("http://orders.back", "http://stock.back").replace("shop/web", "shop/web:2")
    (system / "system.yaml").write_text(text)
    lines = archlint("graph", ".", "--diff", "HEAD").out.splitlines()
    assert [line.partition(" (")[0] for line in lines] == ["+ web calls stock", "- web calls orders"]
    data = json.loads(archlint("graph", ".", "--diff", "HEAD", "--format", "json").out)
    assert [edge["target"] for edge in data["added"]] == ["stock"]
    assert data["removed"][0]["evidence"][0]["path"] == "system.yaml"
    drawn = archlint("graph", ".", "--diff", "HEAD", "--format", "mermaid").out
    assert "linkStyle 0 stroke:#1a7f37" in drawn
    assert "linkStyle 1 stroke:#cf222e" in drawn


def test_what_a_ref_did_not_have_is_added(system: Path, archlint: Archlint) -> None:
    shutil.rmtree(system / ".git")
    (system / "later").mkdir()
    (system / "system.yaml").rename(system / "later" / "system.yaml")
    subprocess.run(("git", "init", "--quiet"), cwd=system, check=True)
    (system / ".gitignore").write_text("later\n")
    _commit(system)
    assert archlint("graph", "later", "--diff", "HEAD").out.count("\n+ ") + 1 == 2


@pytest.mark.usefixtures("system")
def test_a_ref_that_does_not_exist_is_a_usage_error(archlint: Archlint) -> None:
    result = archlint("graph", ".", "--diff", "nowhere")
    assert result.status == 2
    assert "`nowhere` is no commit of a git repository" in result.err
