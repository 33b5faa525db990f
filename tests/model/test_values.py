"""What configured values refer to, and what refers to nothing."""

import pytest

from archlint.model.values import Reference, key_words, references


def said(key: str, value: str) -> list[tuple[str, int | None, str, str, float]]:
    """Return host, port, engine or protocol, database and confidence of each reference."""
    return [
        (found.host, found.port, found.engine or found.protocol, found.database, found.confidence)
        for found in references(key, value)
    ]


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("ORDERS_URL", "http://orders.shop:8080/api", ("orders.shop", 8080, "http", "", 0.9)),
        ("anything", "http://orders", ("orders", None, "http", "", 0.9)),
        ("TARGET", '"https://user:p@ss@orders:443/x"', ("orders", 443, "https", "", 0.9)),
        ("GATEWAY", "lb://orders", ("orders", None, "lb", "", 0.9)),
        ("CART_SERVICE_ADDR", "cart:7070", ("cart", 7070, "", "", 0.8)),
        ("CART", "cart:7070/api", ("cart", 7070, "", "", 0.8)),
        ("DB_HOST", "orders-db", ("orders-db", None, "", "", 0.75)),
        ("spring.rabbitmq.host", "rabbit", ("rabbit", None, "rabbitmq", "", 0.75)),
        ("SPRING_DATA_MONGODB_HOST", "orders", ("orders", None, "mongodb", "", 0.75)),
        ("IdentityUrl", "identity-api/v1", ("identity-api", None, "", "", 0.75)),
        ("NAMED", "orders.shop.svc.cluster.local.:80", ("orders.shop.svc.cluster.local.", 80, "", "", 0.8)),
        ("DSN", "postgresql+psycopg://u:p@db/orders", ("db", None, "postgresql", "orders", 0.9)),
        ("X", "jdbc:postgresql://db:5432/orders?ssl=true", ("db", 5432, "postgresql", "orders", 0.9)),
        ("X", "r2dbc:pool:mariadb://db/orders", ("db", None, "mysql", "orders", 0.9)),
        ("X", "jdbc:mysql:aurora://db/orders", ("db", None, "mysql", "orders", 0.9)),
        ("X", "jdbc:oracle:thin:@//db:1521/ORDERS", ("db", 1521, "oracle", "orders", 0.9)),
        ("X", "sqlserver://db:1433;databaseName=orders", ("db", 1433, "sqlserver", "orders", 0.9)),
        ("X", "mongodb+srv://u:p@cluster/orders", ("cluster", None, "mongodb", "orders", 0.9)),
        ("X", "rediss://cache:6380/2", ("cache", 6380, "redis", "2", 0.9)),
        ("X", "amqp://guest:guest@rabbit:5672/%2Fshop", ("rabbit", 5672, "rabbitmq", "/shop", 0.9)),
        ("X", "u:p@tcp(db:3306)/orders?parseTime=true", ("db", 3306, "mysql", "orders", 0.9)),
        ("X", "host=db port=5433 dbname=orders user=u", ("db", 5433, "", "orders", 0.9)),
        ("X", "Host=db;Port=5432;Database=orders", ("db", 5432, "", "orders", 0.9)),
        (
            "X",
            "Server=tcp:sql,1433;Initial Catalog=Orders;User Id=sa",
            ("sql", 1433, "sqlserver", "Orders", 0.9),
        ),
        ("X", "Data Source=sql\\SQLEXPRESS;Database=o", ("sql", None, "sqlserver", "o", 0.9)),
        ("ConnectionStrings__Redis", "cache:6379,password=p,ssl=False", ("cache", 6379, "", "", 0.8)),
    ],
)
def test_one_reference(key: str, value: str, expected: tuple[str, int | None, str, str, float]) -> None:
    assert said(key, value) == [expected]


@pytest.mark.parametrize(
    ("key", "value", "hosts"),
    [
        ("KAFKA_BOOTSTRAP_SERVERS", "k1:9092, k2:9092", ["k1", "k2"]),
        ("DISCOVERY_SEED_HOSTS", "es1,es2", ["es1", "es2"]),
        ("CASSANDRA_CONTACT_POINTS", "c1,c2", ["c1", "c2"]),
        ("POSTGRES_SEEDS", "db", ["db"]),
        ("MODEL", "llama:70", []),
        ("REDIS_ADDR", "REDIS_CONNECTION_STRING", []),
        ("MAIL_SERVER", "mail:26", ["mail"]),
        ("BLOBS", "AccountName=a;AccountKey=b;BlobEndpoint=http://blobs:10000/a;", ["blobs"]),
        ("NATS_SERVERS", '["nats://n1:4222", "n2:4222"]', ["n1", "n2"]),
        ("ALLOWED", '["a b", "*"]', []),
        ("X", "mongodb://u:p@m1:27017,m2:27017/shop?replicaSet=r", ["m1", "m2"]),
        ("X", "http://orders:80,http://stock:80", ["orders", "stock"]),
        ("OPTIONS", "--orders=http://orders:80 --stock=http://stock:80", ["orders", "stock"]),
        ("X", "jdbc:mysql:loadbalance://a:3306,b:3306/shop", ["a", "b"]),
    ],
)
def test_several_references(key: str, value: str, hosts: list[str]) -> None:
    assert [found.host for found in references(key, value)] == hosts


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("POSTGRES_DB", "orders"),
        ("EVENTS_PROVIDER", "rabbitmq"),
        ("RABBIT_USERNAME", "rabbitmq"),
        ("HOSTNAME", "orders"),
        ("OTEL_SERVICE_NAME", "orders"),
        ("KAFKA_LISTENERS", "PLAINTEXT://kafka:9092"),
        ("ASPNETCORE_URLS", "http://orders:80"),
        ("ORDERS_PUBLIC_URL", "http://orders:80"),
        ("CORS_ORIGINS", "http://shop"),
        ("ALLOWED_HOSTS", "shop"),
        ("CALLBACK_URL", "http://orders/callback"),
        ("NO_PROXY", "orders:80"),
        ("ORDERS_URL", "http://localhost:8080"),
        ("ORDERS_URL", "http://127.0.0.1:8080"),
        ("API_SERVER", "https://kubernetes.default.svc:443"),
        ("ORDERS_ADDR", "0.0.0.0:8080"),
        ("LISTEN_ADDR", ":8080"),
        ("ORDERS_URL", "http://${ORDERS_HOST}:8080"),
        ("ORDERS_URL", "http://{{ .Values.orders }}:8080"),
        ("ORDERS_URL", ""),
        ("PORT", "8080"),
        ("RATIO", "10:30"),
        ("POSTGRES_IMAGE", "postgres:17"),
        ("ADMIN_AUTH", "admin:12345"),
        ("START", "2026-01-01T10:20"),
        ("RANGE", "a:99999"),
        ("DATA", "file:///var/data"),
        ("DATABASE", "Data Source=app.db;Cache=Shared"),
        ("DATABASE_URL", "postgres:///orders?host=/var/run"),
        ("ORDERS_URL", "http://orders " + "x" * 5_000),
    ],
)
def test_no_reference(key: str, value: str) -> None:
    assert not said(key, value)


def test_a_topic_is_a_name_of_a_channel() -> None:
    assert list(references("ORDERS_TOPIC", "orders.placed")) == [Reference("", 0.5, topic="orders.placed")]


@pytest.mark.parametrize("option", ["currentSchema", "search_path", "schema"])
def test_the_schema_is_part_of_what_is_used(option: str) -> None:
    (found,) = references("X", f"postgres://u:p@db/shop?ssl=true&{option}=orders")
    assert (found.database, found.schema) == ("shop", "orders")


@pytest.mark.parametrize(
    "key",
    ["spring.datasource.url", "SPRING_DATASOURCE_URL", "Spring__Datasource__Url", "springDatasourceURL"],
)
def test_keys_of_all_spellings_are_one(key: str) -> None:
    assert key_words(key) == "SPRING_DATASOURCE_URL"
