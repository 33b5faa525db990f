"""Variables in values, and addresses in committed Secrets."""

import base64

import pytest
from conftest import Check

from archlint.formats.kubernetes.secret_addresses import address_in
from archlint.model.variables import with_variables

SYSTEM = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: orders}}
spec:
  template:
    metadata: {{labels: {{app: orders}}}}
    spec:
      containers:
        - name: orders
          image: shop/orders
          {container}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {{name: db}}
spec:
  template:
    metadata: {{labels: {{app: db}}}}
    spec:
      containers: [{{name: db, image: "postgres:17"}}]
---
apiVersion: v1
kind: Service
metadata: {{name: db}}
spec: {{selector: {{app: db}}, ports: [{{port: 5432}}]}}
---
apiVersion: v1
kind: Secret
metadata: {{name: orders}}
stringData: {{DB_PASSWORD: s3cret99, {secret}}}
"""
PASSWORD = "{name: DB_PASSWORD, valueFrom: {secretKeyRef: {name: orders, key: DB_PASSWORD}}}"


def _edges(check: Check, container: str, secret: str = "A: b") -> list[str]:
    outcome = check({"system.yaml": SYSTEM.format(container=container, secret=secret)})
    return [edge.target.name for edge in outcome.graph.dependencies]


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("postgres://a:$(P)@db:5432/shop", {}, "postgres://a:$(P)@db:5432/shop"),
        ("postgres://$(U):$(P)@$(H):$(PORT)/$(N)", {"H": "db", "N": "shop"}, "postgres://$(U):$(P)@db/shop"),
        ("postgres://$(U):$(P)@db/$(N)", {}, "postgres://$(U):$(P)@db"),
        ("postgres://$(U):$(P)@$(H)/shop", {}, None),
        ("u:$(P)@tcp(db:3306)/$(N)", {}, "u:$(P)@tcp(db:3306)/"),
        ("u:$(P)@tcp($(H):3306)/$(N)", {"H": "db", "N": "shop"}, "u:$(P)@tcp(db:3306)/shop"),
        ("Server=$(H);Password=$(P)", {"H": "db"}, "Server=db;Password=$(P)"),
        ("http://$(H):8080", {"H": "stock"}, "http://stock:8080"),
        ("http://$(STOCK_SERVICE_HOST):$(STOCK_SERVICE_PORT)/v1", {}, "http://stock/v1"),
        ("$(H):$(PORT)", {"H": "db", "PORT": "5432"}, "db:5432"),
        ("$(A)", {"A": "$(A)"}, None),
        ("http://${H}/$(A)", {"A": "b"}, None),
        ("$(", {}, None),
    ],
)
def test_variables_are_put_in(text: str, values: dict[str, str], expected: str | None) -> None:
    assert with_variables(text, values) == expected


@pytest.mark.parametrize(
    "container",
    [
        "env: [" + PASSWORD + ', {name: DATABASE_URL, value: "postgres://a:$(DB_PASSWORD)@db:5432/shop"}]',
        'env: [{name: DATABASE_URL, value: "postgres://a:${DB_PASSWORD}@db:5432/shop"}]',
        'env: [{name: H, value: db}, {name: DATABASE_URL, value: "postgres://a:$(P)@$(H)/shop"}]',
        'args: ["--database=postgres://a:$(P)@db:5432/shop"]',
    ],
)
def test_a_value_with_variables_leads_somewhere(check: Check, container: str) -> None:
    assert _edges(check, container) == ["db/shop"]


@pytest.mark.parametrize(
    "container",
    [
        "envFrom: [{secretRef: {name: orders}}]",
        "env: [{name: URL, valueFrom: {secretKeyRef: {name: orders, key: DATABASE_URL}}}]",
    ],
)
@pytest.mark.parametrize(
    "secret",
    [
        'DATABASE_URL: "postgres://a:s3cret99@db:5432/shop?sslmode=disable"',
        'DATABASE_URL: "Host=db;Port=5432;Database=shop;Username=a;Password=s3cret99"',
    ],
)
def test_a_committed_secret_tells_where_it_leads(check: Check, container: str, secret: str) -> None:
    assert _edges(check, container, secret) == ["db/shop"]


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        ("URL", "amqp://u1:p4ssw0rd@mq:5672/", "amqp://mq:5672/"),
        ("URL", "postgres://shop:p4ssw0rd@db/shop", "postgres://shop@db/shop"),
        ("URL", "redis://:p4ssw0rd@cache:6379/0", "redis://cache:6379/0"),
        ("URL", "jdbc:sqlserver://db:1433;databaseName=shop;user=sa;password=p4ssw0rd", "jdbc:sqlserver://db:1433;databaseName=shop;user=sa"),
        ("DSN", "u:p4ssw0rd@tcp(db:3306)/shop?parseTime=true", "tcp(db:3306)/shop"),
        ("DSN", "host=db user=u password=p4ssw0rd dbname=shop", "host=db user=u dbname=shop"),
        ("DB_HOST", "db", "db"),
        ("DB_USERNAME", "shop", "shop"),
        ("DB_USERNAME", "4f7c9e1d2b8a", None),
        ("DB_PASSWORD", "db", None),
        ("TOKEN", "https://x", None),
        ("URL", "postgres://user:password@host:5432/db", None),
        ("KEY", "a b", None),
        ("URL", "", None),
    ],
)  # fmt: skip
def test_credentials_are_left_out(key: str, text: str, expected: str | None) -> None:
    assert address_in(key, text, encoded=False) == expected
    assert address_in(key, base64.b64encode(text.encode()).decode(), encoded=True) == expected


@pytest.mark.parametrize("value", ["%%%", "/w==", 5, None, [], "{{ .Values.url | b64enc }}"])
def test_no_text_is_no_address(value: object) -> None:
    assert address_in("URL", value, encoded=True) is None


@pytest.mark.parametrize(
    ("key", "expected"), [("STORE_HOSTNAME", ["db"]), ("HOSTNAME", []), ("KC_HOSTNAME", [])]
)
def test_hostnames_of_others_lead_somewhere(check: Check, key: str, expected: list[str]) -> None:
    assert _edges(check, "env: [{name: " + key + ", value: db}]") == expected


def test_a_name_beside_an_address_is_of_its_database(check: Check) -> None:
    env = 'env: [{name: ORDERS_DB_URI, value: "postgres://db:5432"}, {name: ORDERS_DB_NAME, value: shop}]'
    assert _edges(check, env) == ["db/shop"]


@pytest.mark.parametrize(
    ("key", "host", "expected"),
    [
        ("MYSQL_HOST", "data.example.com", ["data.example.com"]),
        ("CART_REDIS_ADDR", "data.example.com:6379", ["data.example.com"]),
        ("KAFKA_BOOTSTRAP_SERVERS", "data.example.com:9092", ["data.example.com"]),
        ("KAFKA_REST_ENDPOINT", "data.example.com", []),
        ("PAYMENT_HOST", "data.example.com", []),
    ],
)
def test_keys_name_the_datastore_of_their_address(
    check: Check, key: str, host: str, expected: list[str]
) -> None:
    assert _edges(check, "env: [{name: " + key + ', value: "' + host + '"}]') == expected
