"""Charts that others depend on, whose templates are not here."""

import pytest
from conftest import Check

CHART = """
apiVersion: v2
name: shop
version: 1.0.0
dependencies:
  - {name: postgresql, version: 1.0.0, repository: "https://charts.example.com", condition: postgresql.enabled}
  - {name: redis-cluster, alias: cache, version: 1.0.0, repository: "https://charts.example.com"}
  - {name: common, version: 1.0.0, repository: "https://charts.example.com"}
  - broken
"""
TEMPLATE = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: orders}
spec:
  template:
    metadata: {labels: {app: orders}}
    spec:
      containers:
        - name: orders
          image: shop/orders
          env:
            - name: DATABASE_URL
              value: postgres://{{ .Values.postgresql.fullnameOverride | default (printf "%s-postgresql" .Release.Name) }}:5432/shop
            - name: DB_HOST
              value: {{ .Release.Name }}-cache-headless
"""


@pytest.mark.parametrize(
    ("values", "more", "expected"),
    [
        ("{}", {}, ["shop-cache", "shop-postgresql/shop"]),
        ("postgresql: {fullnameOverride: data}", {}, ["data/shop", "shop-cache"]),
        (
            "[]",
            {"charts/postgresql/Chart.yaml": "{name: postgresql}"},
            ["shop-cache", "shop-postgresql/shop"],
        ),
        ("cache: {nameOverride: memory}", {}, ["shop-postgresql/shop"]),
        ("postgresql: {enabled: false}", {}, ["shop-cache", "shop-postgresql/shop"]),
    ],
)
def test_datastores_of_charts_below(
    check: Check, values: str, more: dict[str, str], expected: list[str]
) -> None:
    files = {"Chart.yaml": CHART, "values.yaml": values, "templates/orders.yaml": TEMPLATE, **more}
    assert sorted(edge.target.name for edge in check(files).graph.dependencies) == expected


def test_what_a_chart_brings_along_is_not_missing(check: Check) -> None:
    files = {"Chart.yaml": CHART, "values.yaml": "{}", "templates/orders.yaml": TEMPLATE}
    engines = {store.name: store.engine for store in check(files).graph.datastores}
    assert engines == {
        "shop-cache": "redis",
        "shop-postgresql": "postgresql",
        "shop-postgresql/shop": "postgresql",
    }
    assert not check(files).graph.dangling


def test_requirements_of_charts_of_version_1(check: Check) -> None:
    head, _, rest = CHART.partition("dependencies:")
    files = {
        "Chart.yaml": head.replace("v2", "v1"),
        "requirements.yaml": f"dependencies:{rest}",
        "templates/orders.yaml": TEMPLATE,
    }
    assert not check(files).graph.dangling
