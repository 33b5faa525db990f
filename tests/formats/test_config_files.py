"""Files in ConfigMaps: TOML, what nginx passes requests on to; and options in scripts."""

import pytest
from conftest import Check

from archlint.formats.kubernetes.files import flatten

SYSTEM = """
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  {name}: |
{text}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: edge}}
spec:
  template:
    metadata: {{labels: {{app: edge}}}}
    spec:
      containers:
        - name: edge
          image: shop/edge
          volumeMounts: [{{name: settings, mountPath: /etc/edge}}]
          {more}
      volumes: [{{name: settings, configMap: {{name: settings}}}}]
---
apiVersion: v1
kind: Service
metadata: {{name: orders}}
spec: {{selector: {{app: orders}}, ports: [{{port: 8080}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: stock}}
spec: {{selector: {{app: stock}}, ports: [{{port: 8080}}]}}
"""
NGINX = """
upstream shop { server orders:8080 weight=2; }
# proxy_pass http://old;
server {
  location / { proxy_pass http://shop; }
  location /stock { proxy_pass http://stock:8080/; }
  location /other { proxy_pass http://$host; }
}
"""
TOML = """
[server]
listen = "0.0.0.0:80"
[[upstream]]
name = "orders"
url = "http://orders:8080"
[stock]
host = "stock"
"""


@pytest.mark.parametrize(
    ("name", "text", "lines"),
    [("default.conf", NGINX, (8, 12)), ("edge.toml", TOML, (12, 14))],
    ids=["nginx", "toml"],
)
def test_files_lead_to_others(check: Check, name: str, text: str, lines: tuple[int, int]) -> None:
    inner = "\n".join(f"    {line}" for line in text.strip().splitlines())
    outcome = check({"edge.yaml": SYSTEM.format(name=name, text=inner, more="env: []")})
    found = {edge.target.name: edge.evidence[-1].at.region for edge in outcome.graph.dependencies}
    assert {name: region and region.start_line for name, region in found.items()} == {
        "orders": lines[0],
        "stock": lines[1],
    }
    assert not outcome.graph.dangling


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("exec edge --orders=orders:8080 -stock stock:8080", ["orders", "stock"]),
        ("wait-for orders:8080 --orders=orders:8080", []),
        ("edge --image=orders:8080/x --v=1:2", []),
    ],
)
def test_options_in_scripts_lead_to_others(check: Check, script: str, expected: list[str]) -> None:
    more = f'command: [sh, -c, "{script}"]'
    outcome = check({"edge.yaml": SYSTEM.format(name="a", text="    b", more=more)})
    assert sorted(edge.target.name for edge in outcome.graph.dependencies) == expected


@pytest.mark.parametrize("text", ["a = ", "a = " + "[" * 5_000, "\ue000", "a = 1\n" * 100_000])
def test_broken_toml_says_nothing(text: str) -> None:
    assert list(flatten("a.toml", text)) == []
