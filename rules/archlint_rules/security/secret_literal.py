"""A credential in plain sight.

## Why is this bad?

Whoever can read the repository, an image of it or a backup has the key: today's colleagues and all who come after. It stays in the history
when it is removed, and rotating it means a commit.

## How to fix

Keep it in a secret store, refer to it (`secretKeyRef`, `${VARIABLE}`, Docker secrets), and change the value: it is known now.
"""

import re
from collections.abc import Iterator

from archlint.api import (
    Bad,
    Context,
    Document,
    Good,
    Problem,
    Setting,
    Severity,
    credential_in,
    key_words,
    regex,
    rule,
)
from archlint.formats import compose, kubernetes, score, spring

_WEAK = frozenset(
    (
        "guest",
        "password",
        "postgres",
        "root",
        "admin",
        "secret",
        "test",
        "dev",
        "example",
        "mysql",
        "rabbitmq",
        "minio",
        "minioadmin",
        "changeit",
        "foobar",
        "123456",
        "12345678",
        "pass",
    )
)
_ISSUED = ("API_KEY", "APIKEY", "ACCESS_TOKEN", "AUTH_TOKEN")
_WORD = regex(r"[a-z]{1,8}")
_STAND_IN = regex(
    r"(?:change|replace)[-_ ]?(?:me|this|it|in)|your[-_ ]?|(?<![^:])example(?=@)|\Aexample\Z", re.IGNORECASE
)
"""What stands for a value until somebody chooses one; a compose file runs with it all the same."""
_CHOSEN = regex(
    r"(?:PASSWORD|PASSWD|PASS|PWD)(?:_?\d+)?\Z|(?:JWT|SESSION|COOKIE|SIGNING|ENCRYPTION|TOKEN|APP|AUTH|DJANGO|FLASK)_SECRET(?:_KEY)?\Z|\ASECRET(?:_KEY)?\Z|(?:URL|URI|DSN|CONNECTION_?STRING)\Z"
)
_FOREIGN = regex(
    r"(?:\A|_)(?:SMTP|MAIL|EMAIL|GMAIL|AWS|S3|AZURE|GCP|GOOGLE|GITHUB|GITLAB|STRIPE|PAYPAL|TWILIO|SENDGRID|CLIENT|OAUTH2?|OPENAI|SLACK|SENTRY)(?:_|\Z)"
)
"""What others issue: a stand-in for it works nowhere."""
_INSIDE = regex(
    r"://[^:@/\s]*:(?P<uri>[^/\s?]+)@|(?:^|[;\s])(?:password|pwd)\s*=\s*(?P<pair>[^;&\s]+)", re.IGNORECASE
)
_POD = """
apiVersion: v1
kind: Pod
metadata: {{name: orders}}
spec:
  containers:
    - name: orders
      image: shop/orders:1
      env:
        - name: {name}
          {value}
"""


def _pod(name: str, value: str) -> str:
    return _POD.format(name=name, value=value)


@rule(
    id="secret-literal",
    category="security",
    severity=Severity.ERROR,
    subject=Document,
    since="0.1.0",
    references=(
        "https://12factor.net/config",
        "https://cheatsheetseries.owasp.org/cheatsheets/Secrets_Management_Cheat_Sheet.html",
    ),
    tags=("security",),
    applies=lambda document: document.format in {"kubernetes", "compose", "spring", "score"},
    examples=(
        Bad(_pod("DB_PASSWORD", "value: s3cr3t-Zebra  # <- `DB_PASSWORD` of `orders` holds a credential")),
        Bad(
            _pod(
                "DATABASE_URL",
                "value: postgres://app:Zebra77@db/orders  # <- `DATABASE_URL` of `orders` holds a password in a URI",
            )
        ),
        Bad(
            _pod(
                "DB_URL",
                "value: postgres://app:P@ssw0rd@db/orders  # <- `DB_URL` of `orders` holds a password",
            ),
            "a password with an at sign",
        ),
        Bad(
            """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: settings}
            data:
              ConnectionString: Server=db;Database=orders;User Id=sa;Password=Zebra77;  # <- holds a password in a connection string
            """
        ),
        Bad(
            """
            services:
              orders:
                image: shop/orders
                environment:
                  STRIPE_API_KEY: sk_test_4eC39HqLyjWDarjtT1  # <- `STRIPE_API_KEY` of `orders` holds a credential
            """
        ),
        Bad(
            """
            services:
              orders:
                image: shop/orders
                command: ["serve", "--broker=amqp://orders:Zebra77@broker:5672"]  # <- holds a password in a URI
            """,
            "an argument",
        ),
        Bad(
            {
                "orders/src/main/resources/application.properties": """
                    spring.application.name=orders
                    spring.datasource.password=s3cr3t-Zebra # <- `spring.datasource.password` of `orders` holds a credential
                    """
            },
            "Spring",
        ),
        Bad(
            """
            spring:
              application: {name: orders}
              datasource:
                username: ${DB_USER:orders}
                password: ${DB_PASSWORD:s3cr3t-Zebra}  # <- `spring.datasource.password` of `orders` holds a credential
                url: jdbc:postgresql://${DB_HOST:db}/orders
            """,
            "the default of a placeholder",
        ),
        Bad(
            """
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata: {name: store}
            spec:
              type: state.postgresql
              metadata:
              - {name: connectionString, value: "user=app password=Zebra77 host=db"}  # <- `connectionString` of `store` holds a password
            """,
            "Dapr",
        ),
        Bad(
            """
            apiVersion: score.dev/v1b1
            metadata: {name: orders}
            containers:
              main:
                image: shop/orders
                variables: {API_TOKEN: Zebra77}  # <- `API_TOKEN` of `orders` holds a credential
            """,
            "Score",
        ),
        Bad(
            """
            services:
              orders:
                image: shop/orders
                environment:
                  JWT_SECRET: local-jwt-secret-change-me  # <- `JWT_SECRET` of `orders` holds a credential
                  MONGO_URL: mongodb://root:example@db:27017  # <- `MONGO_URL` of `orders` holds a password in a URI
                  Redis: cache:6379,ssl=false,password=Zebra77  # <- `Redis` of `orders` holds a password
                  APP_KEY: base64:3mXn0yJ2Zk1l8TqPp4r5s6t7u8v9w0x1y2z3A4B5C6E=  # <- `APP_KEY` of `orders` holds a key
              cache:
                image: redis:8
                command: redis-server --requirepass Zebra77  # <- `requirepass` of `cache` holds a credential
              db:
                image: mongo:8
                environment: {MONGO_INITDB_ROOT_PASSWORD: changeme}  # <- `MONGO_INITDB_ROOT_PASSWORD` of `db`
            """,
            "a file that runs as it is, whatever its passwords look like",
        ),
        Good(
            """
            services:
              orders:
                image: shop/orders
                environment: {S3_ACCESS_KEY: minio-orders, S3_SECRET_KEY: "${S3_SECRET_KEY}", SESSION_COOKIE: shop-session}
            """,
            "the names of a key and of a cookie",
        ),
        Good(
            """
            services:
              orders:
                image: shop/orders
                environment:
                  SMTP_PASSWORD: change-me
                  STRIPE_API_KEY: your-api-key
                  CLIENT_SECRET: changeme
                  DB_PASSWORD: <your-password>
                  JWT_SECRET: ${JWT_SECRET:-change-me}
                  DOCS_URL: https://example.com/your-orders
            """,
            "what others have to issue, or somebody has to fill in",
        ),
        Good(
            """
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata: {name: store}
            spec:
              type: state.redis
              metadata:
              - {name: redisHost, value: "redis:6379"}
              - {name: redisPassword, value: ""}
              - {name: redisPassword, secretKeyRef: {name: redis, key: password}}
            """,
            "a component that refers to a secret",
        ),
        Good(
            """
            spring:
              application: {name: orders}
              datasource: {password: "${DB_PASSWORD}", username: orders}
              security: {oauth2: {client: {registration: {web: {client-secret: "${SECRET:}"}}}}}
            """,
            "from the environment",
        ),
        Good(
            """
            spring:
              application: {name: orders}
              datasource: {password: "${DB_PASSWORD:changeme}"}
              rabbitmq: {password: "${RABBITMQ_PASSWORD:guest}"}
              mail: {password: "${MAIL_PASSWORD:${SMTP_PASSWORD}}"}
              ai: {openai: {api-key: "${OPENAI_API_KEY:demo}"}}
            """,
            "a placeholder's default that is a placeholder",
        ),
        Good(_pod("DB_PASSWORD", "valueFrom: {secretKeyRef: {name: db, key: password}}"), "a reference"),
        Good(_pod("DB_PASSWORD", 'value: "{{ .Values.password }}"'), "filled in when it is rendered"),
        Good(_pod("DB_PASSWORD", "value: <your-password>"), "a placeholder"),
        Good(_pod("DB_PASSWORD", "value: changeme"), "a placeholder"),
        Good(_pod("ACCESS_TOKEN", "value: 12h"), "how long a token lasts"),
        Good(_pod("REFRESH_TOKEN", "value: PT720H"), "how long a token lasts"),
        Good(_pod("DB_PASSWORD_FILE", "value: /run/secrets/db"), "a path"),
        Good(_pod("AWS_ACCESS_KEY_ID", "value: AKIAIOSFODNN7EXAMPLE"), "an id, not the key"),
        Good(_pod("TOKEN_URL", "value: https://login.example.com/token"), "an address"),
        Good(_pod("JWT_PUBLIC_KEY", "value: MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A"), "a public key"),
        Good(_pod("SECRET_STORE", "value: kubernetes"), "the name of a store"),
        Good(
            """
            services:
              orders:
                image: shop/orders
                environment:
                  DB_PASSWORD: ${DB_PASSWORD}
                  MQ_PASSWORD: ${MQ_PASSWORD:-guest}
                  API_TOKEN:
            """,
            "from the shell",
        ),
    ),
)
def secret_literal(document: Document, context: Context) -> Iterator[Problem]:
    """Report literal credentials in the environment, arguments and configuration; well-known defaults of laptops as a warning."""
    del context
    seen = set()
    found = list(_settings(document))
    names = {(owner, key_words(setting.key)) for setting, owner in found}
    for setting, owner in found:
        if _is_name_of_key(setting, owner, names):
            continue
        if setting.value is None or setting.via == "secret" or setting.at.node in seen:
            continue
        kind = credential_in(setting.key, setting.value)
        stands_in = not kind and document.format == "compose" and _runs_with(setting)
        if stands_in:
            kind = credential_in(setting.key, _STAND_IN.sub("word", setting.value))
        if not kind or _is_word(setting):
            continue
        seen.add(setting.at.node)
        weak = document.format != "kubernetes" and (stands_in or _is_default(setting.value))
        if weak and setting.source == "default":
            continue
        name = f"`{setting.key}` of `{owner}`" if setting.key else f"an argument of `{owner}`"
        yield Problem(
            f"{name} holds a {kind}",
            setting.at,
            help="refer to a secret store, and change the value",
            severity=Severity.WARNING if weak else None,
        )


def _settings(document: Document) -> Iterator[tuple[Setting, str]]:
    if document.format == "kubernetes":
        yield from kubernetes.settings_in(document)
        return
    if document.format == "score":
        yield from score.settings_in(document)
        return
    if document.format == "spring":
        yield from spring.settings_in(document)
        return
    project = compose.project_of(document)
    if project is not None:
        yield from compose.settings_in(project)


def _is_word(setting: Setting) -> bool:
    """Tell whether a key that somebody has to issue is a short word (`demo`): no such key was ever issued."""
    return key_words(setting.key).endswith(_ISSUED) and _WORD.fullmatch(setting.value or "") is not None


def _is_name_of_key(setting: Setting, owner: str, names: set[tuple[str, str]]) -> bool:
    """Tell whether *setting* is an access key of S3, which is no secret: the secret of the pair is another setting of *owner*."""
    prefix, ending, rest = key_words(setting.key).rpartition("ACCESS_KEY")
    pair = (f"{prefix}SECRET_KEY", f"{prefix}SECRET_ACCESS_KEY", f"{prefix}ACCESS_SECRET", f"{prefix}SECRET")
    return bool(ending) and not rest and any((owner, name) in names for name in pair)


def _runs_with(setting: Setting) -> bool:
    """Tell whether the containers of a compose file run with *setting* as it is: nobody but they has to know it."""
    words = key_words(setting.key)
    return setting.source != "default" and bool(_CHOSEN.search(words)) and not _FOREIGN.search(words)


def _is_default(value: str) -> bool:
    """Tell whether *value* is, or has inside, one of the passwords that everybody starts with on a laptop."""
    match = _INSIDE.search(value)
    return (match["uri"] or match["pair"] if match else value.strip()).lower() in _WEAK
