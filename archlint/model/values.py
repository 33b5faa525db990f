"""From a configured value to what it refers to: hosts, ports, protocols, databases.

The forms and their confidences: a URI 0.9, host and port 0.8, a bare name under a key that says it is an address 0.75, a topic under a
key that says so 0.5. Keys that name the service itself, bind addresses, public URLs and origins never refer to anything.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import unquote

from archlint.model.stores import ENGINES_BY_SCHEME
from archlint.source.patterns import regex

_MOST_TEXT = 4_000
_DENIED = regex(
    r"(?:^|(?:^|_)(?:ADVERTISED|APP|APPLICATION|CONTAINER|EXTERNAL|INGRESS|INSTANCE|KC|KEYCLOAK|LOCAL|MACHINE|NODE|OWN|POD|PUBLIC|SELF|SERVER|SITE|VIRTUAL|WEB)_)HOST_?NAME$"
    r"|(?:^|_)(?:SERVICE_NAME|POD_NAME|POD_IP|NODE_NAME|APP_NAME|APPLICATION_NAME|CLIENT_ID|INSTANCE_ID|NAMESPACE|USER_?NAME|USER)$"
    r"|(?:^|_)(?:ADVERTISED_)?LISTENERS?(?:_|$)|^ASPNETCORE_URLS$|PUBLIC_(?:URL|URI|HOST)|(?:^|_)CORS(?:_|$)|ALLOWED_(?:HOSTS|ORIGINS)|ORIGINS?$"
    r"|(?:CALLBACK|REDIRECT|RETURN|LOGOUT|BASE_PATH|EXTERNAL)_?(?:URLS?|URI)?$|(?:^|_)BIND(?:_|$)|(?:^|_)LISTEN(?:_|$)|NO_PROXY$|JAVA_OPTS$|SITE_URL$"
    r"|(?:^|_)(?:IMAGE|IMAGE_NAME|TAG|VERSION|AUTH|CREDENTIALS?|PASSWORD|PASSWD|SECRET|TOKEN)$"
)
_ADDRESS_KEY = regex(
    r"(?:^|_)(?:HOSTS?|HOST_?NAME|ADDR|ADDRESS|ADDRESSES|ENDPOINTS?|URLS?|URI|URIS|SERVERS?|BROKERS?|DSN|CONNECT|CONNECTION|CONNECTION_?STRING|PEERS?|NODES?|SEEDS?|CONTACT_?POINTS?)$"
)
_SERVICE_KEY = regex(r"(?<!DD)(?<!OTEL)_(?:SERVICE|SVC)$")
_TOPIC_KEY = regex(r"(?:^|_)(?:TOPIC|QUEUE)(?:_NAME)?$")
_CAMEL = regex(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_HOST = regex(
    r"[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?)*\.?\Z"
)
_HOST_PORT = regex(r"(?P<host>[A-Za-z0-9][A-Za-z0-9_.-]*):(?P<port>\d{2,5})(?P<rest>/[^\s]*)?\Z")
_URI = regex(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<rest>[^\s\"'<>]+)\Z")
_URIS = regex(r"[a-z][a-z0-9+.-]*://[^\s,]+(?:,\s*[a-z][a-z0-9+.-]*://[^\s,]+)+\Z")
_JSON_LIST = regex(r"\[\s*\"[^\"\[\]]*\"\s*(?:,\s*\"[^\"\[\]]*\"\s*)*\]\Z")
_JSON_TEXT = regex(r"\"\s*([^\"]*?)\s*\"")
_URI_INSIDE = regex(r"(?<![A-Za-z0-9+.-])(?P<uri>[a-z][a-z0-9+.-]*://[^\s\"'<>,;|)}\]]+)")
_GO_DSN = regex(
    r"(?:[^@/\s]*@)?(?:tcp|unix)\((?P<host>[A-Za-z0-9_.-]+)(?::(?P<port>\d+))?\)/(?P<database>[A-Za-z0-9_-]*)"
)
_ORACLE = regex(
    r"oracle:thin:[^@]*@(?://)?(?P<host>[A-Za-z0-9_.-]+)(?::(?P<port>\d+))?[:/](?P<database>[A-Za-z0-9_.-]+)"
)
_DATE = regex(r"\d{4}-\d{2}-\d{2}T")
_LAST_PORT = 65_535
_FIRST_PORT = 1_024
_KNOWN_PORTS = frozenset((21, 22, 25, 53, 80, 88, 110, 143, 389, 443, 465, 514, 587, 636, 873, 993))
_RESOLVERS = frozenset(("dns", "passthrough", "xds"))
"""Schemes that tell clients of gRPC how to look up the host that follows (gRPC Name Resolution)."""
_FILES = (".db", ".sqlite", ".sqlite3", ".mdf")
_SELF = frozenset(("localhost", "127.0.0.1", "0.0.0.0", "*", "::", "::1", "host.docker.internal"))  # noqa: S104
_CLUSTER = frozenset(f"kubernetes.default{ending}" for ending in ("", ".svc", ".svc.cluster.local"))
_NO_SERVICE = _SELF | _CLUSTER
_ENGINE_KEYS = (
    ("SPRING_DATA_MONGODB_", "mongodb"),
    ("SPRING_MONGODB_", "mongodb"),
    ("SPRING_DATA_REDIS_", "redis"),
    ("SPRING_REDIS_", "redis"),
    ("SPRING_RABBITMQ_", "rabbitmq"),
    ("SPRING_KAFKA_BOOTSTRAP_SERVERS", "kafka"),
    ("SPRING_CLOUD_STREAM_KAFKA_BINDER_BROKERS", "kafka"),
    ("SPRING_DATA_CASSANDRA_CONTACT_POINTS", "cassandra"),
    ("SPRING_CASSANDRA_CONTACT_POINTS", "cassandra"),
    ("KAFKA_BOOTSTRAP_SERVERS", "kafka"),
    ("MP_MESSAGING_CONNECTOR_SMALLRYE_KAFKA_BOOTSTRAP_SERVERS", "kafka"),
    ("QUARKUS_MONGODB_HOSTS", "mongodb"),
    ("QUARKUS_REDIS_HOSTS", "redis"),
)
"""What addresses under keys of Spring, Kafka's clients and Quarkus are of, by how the keys begin."""
_OWN_NAMES = frozenset(("stork",))
"""Schemes of names that the settings of the same application give addresses."""
_COMPONENT = regex(
    r"DAPR_[A-Z]+_(?P<engine>REDIS|MONGODB|POSTGRES(?:QL)?|MYSQL|SQLSERVER|CASSANDRA|COCKROACHDB|MEMCACHED|RABBITMQ|KAFKA|MQTT|PULSAR)(?:_|\Z)"
)
"""A component of Dapr, by its building block and type."""
_NAMED = regex(
    r"(?:^|_)(?P<engine>MYSQL|MARIADB|POSTGRES(?:QL)?|PG(?:SQL)?|MONGO(?:DB)?|REDIS|RABBIT(?:_?MQ)?|AMQP|KAFKA|NATS|CASSANDRA|MEMCACHED)_?"
    r"(?:(?:DB|DATABASE|SERVICE|SERVER|BROKER|BOOTSTRAP|CLUSTER|MASTER|PRIMARY)_)?(?:HOSTS?|HOST_?NAME|ADDRS?|ADDRESS(?:ES)?|ENDPOINTS?|SERVERS?|BROKERS?|NODES?)$"
)
"""A key that says what kind of datastore its address is of."""
_SAME = {
    "postgres": "postgresql", "cockroachdb": "postgresql", "pg": "postgresql", "pgsql": "postgresql", "mariadb": "mysql", "mongo": "mongodb",
    "rabbit": "rabbitmq", "amqp": "rabbitmq",
}  # fmt: skip
_DATABASE_PARTS = ("NAME", "DATABASE", "DB", "SCHEMA", "DATABASE_NAME", "DB_NAME", "DBNAME")
_BARE_PARTS = tuple(part for part in _DATABASE_PARTS if part not in {"NAME", "SCHEMA"})
_DATABASE_KEYS = ("database", "initial catalog", "databasename", "dbname")
_WITH_USER = regex(r"[A-Za-z][A-Za-z0-9+.:-]*://(?:[^@/\s$]|\$\{[^{}\s]*\}|\$\([^()\s]*\))*@[^\s$]+")
_USER_KEYS = frozenset(("password", "pwd", "user id", "userid", "uid", "user", "username"))
_HOST_KEYS = ("server", "data source", "host", "address", "addr", "network address", "servername")


@dataclass(frozen=True, slots=True)
class Reference:
    """What a value refers to.

    `protocol` is the scheme; `engine` the datastore family it implies. `database` and `schema` are empty where not given.
    `read_only` tells replica endpoints. `topic` is set instead of `host` for channels.
    """

    host: str
    confidence: float
    port: int | None = None
    protocol: str = ""
    engine: str = ""
    database: str = ""
    schema: str = ""
    path: str = ""
    topic: str = ""


def key_words(key: str) -> str:
    """Return *key* in upper snake case: `spring.datasource.url`, `IdentityUrl` and `ConnectionStrings__Db` alike."""
    return re.sub(r"[^A-Z0-9]+", "_", _CAMEL.sub("_", key).upper()).strip("_")


def tells_host(text: str) -> bool:
    """Tell whether `${…}` stands in *text* only for credentials, so that its address is known all the same."""
    match = _WITH_USER.fullmatch(text)
    if match is not None:
        return True
    parts = [part.partition("=") for part in text.split(";")]
    names = {name.strip().lower() for name, _, _ in parts}
    open_ = {name.strip().lower() for name, _, value in parts if "$" in name or "$" in value}
    return bool(open_) and open_ <= _USER_KEYS and not names.isdisjoint(_HOST_KEYS)


def references(key: str, value: str) -> Iterator[Reference]:
    """Yield what the setting *key* = *value* refers to; own and bind addresses are left out."""
    text = value.strip().strip("\"'")
    words = key_words(key)
    if not text or len(text) > _MOST_TEXT or _DENIED.search(words):
        return
    if _TOPIC_KEY.search(words) and re.fullmatch(r"[\w.\-]+", text):
        yield Reference("", 0.5, topic=text)
        return
    engine = _engine_of(words)
    texts = _JSON_TEXT.findall(text) if _JSON_LIST.match(text) else [text]
    for found in (found for item in texts for found in _parse(words, item)):
        reference = (
            replace(found, engine=engine) if engine and not (found.engine or found.protocol) else found
        )
        host = reference.host
        if host.lower().strip("[].") in _NO_SERVICE or host.startswith("127.") or _is_placeholder(host):
            continue
        yield reference


def _is_placeholder(host: str) -> bool:
    """Tell whether *host* only says what is to be put there: `REDIS_CONNECTION_STRING`; hosts have no underscores between capitals."""
    return "_" in host and host.isupper()


def _engine_of(words: str) -> str:
    """Return the engine that a key says its address is of, or an empty string."""
    named = _COMPONENT.match(words) or _NAMED.search(words)
    if named is not None:
        name = named["engine"].lower().replace("_", "")
        return _SAME.get(name, name)
    return next((engine for key, engine in _ENGINE_KEYS if words.startswith(key)), "")


def completed(reference: Reference, key: str, values: Mapping[str, str]) -> Reference:
    """Return *reference* with the database that a setting of the same prefix names (`DB_HOST` or `DB_URI` with `DB_NAME`)."""
    if reference.database or (reference.protocol and not reference.engine):
        return reference
    prefix = key_words(key).rpartition("_")[0]
    for part in _DATABASE_PARTS if prefix else _BARE_PARTS:
        database = values.get(f"{prefix}_{part}" if prefix else part, "")
        if database and database.replace("_", "").replace("-", "").isalnum():
            port = values.get(f"{prefix}_PORT", "")
            number = int(port) if port.isdecimal() else reference.port
            return replace(reference, port=number, database=database)
    return reference


def _parse(words: str, text: str) -> Iterator[Reference]:
    bare = re.sub(r"^(?:jdbc|r2dbc):(?:pool:)?", "", text)
    bare = re.sub(r"^([a-z]+):[a-z]+://", r"\1://", bare)
    if match := _ORACLE.search(text):
        yield Reference(
            match["host"], 0.9, _port(match["port"]), "oracle", "oracle", match["database"].lower()
        )
    elif _URIS.match(text):
        for part in text.split(","):
            yield from _parse(words, part.strip())
    elif match := _URI.match(bare):
        yield from _uri(match["scheme"].lower(), match["rest"])
    elif match := _GO_DSN.search(text):
        yield Reference(match["host"], 0.9, _port(match["port"]), "mysql", "mysql", match["database"])
    elif (pairs := _pairs(text)) and any(name in pairs for name in _HOST_KEYS):
        yield from _from_pairs(pairs)
    elif "," in text and (parts := _listed(words, text)):
        for part in parts:
            yield from _parse(words, part)
    elif match := _HOST_PORT.match(text):
        host, port = match["host"], int(match["port"])
        is_number = host.replace(".", "").isdecimal() and "." not in host
        is_port = port >= _FIRST_PORT or port in _KNOWN_PORTS or _ADDRESS_KEY.search(words) is not None
        if not is_number and is_port and port <= _LAST_PORT and not _DATE.match(host):
            yield Reference(host, 0.8, port, path=match["rest"] or "")
    elif _ADDRESS_KEY.search(words) and _HOST.match(text) and not text.isdecimal():
        yield Reference(text.rstrip("."), 0.75)
    elif _SERVICE_KEY.search(words) and _HOST.match(text) and not text.isdecimal():
        yield Reference(text.rstrip("."), 0.7)
    elif (
        _ADDRESS_KEY.search(words)
        and "/" in text
        and _HOST.match(text.split("/", maxsplit=1)[0])
        and " " not in text
        and "." not in text.split("/", maxsplit=1)[0]
    ):
        yield Reference(text.split("/", maxsplit=1)[0], 0.75, path="/" + text.split("/", 1)[1])
    elif " " in text or ("://" in text and ("," in text or ";" in text)):
        for found in _URI_INSIDE.finditer(text):
            if match := _URI.match(found["uri"]):
                yield from _uri(match["scheme"].lower(), match["rest"])


def _listed(words: str, text: str) -> list[str]:
    """Return the addresses of a list with commas; options after them (`redis:6379,ssl=true`) are left out."""
    parts = [part.strip() for part in text.split(",")]
    addresses = [part for part in parts if "=" not in part]
    bare = bool(_ADDRESS_KEY.search(words))
    known = all(
        _HOST_PORT.match(part) or _URI.match(part) or (bare and _HOST.match(part)) for part in addresses
    )
    return addresses if known else []


def _uri(scheme: str, rest: str) -> Iterator[Reference]:
    base = scheme.partition("+")[0]
    if base in _OWN_NAMES:
        return
    if base in _RESOLVERS:  # dns:///host:port, dns://authority/host:port
        base, rest = "grpc", rest.rpartition("/")[2]
    engine = ENGINES_BY_SCHEME.get(base, "")
    authority, slash, tail = rest.partition("/")
    if ";" in authority:  # sqlserver://host:port;databaseName=x
        authority, _, properties = rest.partition(";")
        tail = _pairs(properties).get("databasename", "") or _pairs(properties).get("database", "")
    authority = authority.rpartition("@")[2]
    authority, _, query_here = authority.partition("?")
    path, _, query = tail.partition("?")
    options = dict(pair.split("=", 1) for pair in (query or query_here).split("&") if "=" in pair)
    database = unquote(path.partition("/")[0]) if engine else ""
    schema = options.get("currentSchema") or options.get("search_path") or options.get("schema") or ""
    for part in authority.split(","):
        name, _, port = part.rpartition(":") if part.rpartition(":")[2].isdecimal() else (part, "", "")
        name = name or part
        if _HOST.match(name):
            yield Reference(
                name.rstrip("."),
                0.9,
                _port(port),
                base,
                engine,
                database,
                schema,
                slash + path if slash else "",
            )


def _pairs(text: str) -> dict[str, str]:
    """Return the `name=value` pairs of an ADO.NET string (`;`) or a libpq one (spaces), names in lower case."""
    if "=" not in text:
        return {}
    parts = text.split(";") if ";" in text else text.split()
    pairs = (part.split("=", 1) for part in parts if "=" in part)
    return {name.strip().lower(): value.strip().strip("'\"") for name, value in pairs}


def _from_pairs(pairs: dict[str, str]) -> Iterator[Reference]:
    address = next(pairs[name] for name in _HOST_KEYS if name in pairs)
    address = re.sub(r"^(?:tcp|np|lpc):", "", address).partition("\\")[0]
    cut = "," if "," in address else ":"
    host, _, port = address.partition(cut)
    database = next((pairs[name] for name in _DATABASE_KEYS if name in pairs), "")
    if _HOST.match(host) and not host.lower().endswith(_FILES):
        engine = "sqlserver" if "initial catalog" in pairs or "data source" in pairs else ""
        yield Reference(
            host, 0.9, _port(port or pairs.get("port", "")), "", engine, database, pairs.get("searchpath", "")
        )


def _port(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None
