"""A service that works as the database's superuser.

## Why is this bad?

Whatever goes wrong in the service, an injected query or a leaked password, has the whole server: all databases, all users, the files.

## How to fix

Give the service a user of its own that may do what the service does, and nothing else. Keep the superuser for migrations.
"""

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator

from archlint.api import (
    Bad,
    Configured,
    Context,
    Good,
    Problem,
    Service,
    ServiceGraph,
    Severity,
    infrastructure_roles,
    key_words,
    regex,
    rule,
)
from archlint.formats.spring import SpringConfig

_SUPERUSERS = frozenset(("root", "postgres", "sa", "admin", "administrator", "sys", "system", "dba", "mysql"))
_URI = regex(
    r"(?:postgres(?:ql)?|mysql|mariadb|mongodb(?:\+srv)?|sqlserver|oracle)[^:]*://(?P<user>[^:@/\s]+)(?::[^/\s]*)?@",
    re.IGNORECASE,
)
_PAIR = regex(r"(?:^|;)\s*(?:user id|uid|user|username)\s*=\s*(?P<user>[^;\s]+)", re.IGNORECASE)
_WORDS = regex(r"(?=.*\b(?:host|dbname|sslmode)=)(?:.*\s)?user=(?P<user>[^\s;]+)", re.IGNORECASE)
_USER_KEY = regex(
    r"(?:DATASOURCE|DATABASE|DB|POSTGRES|PG|MYSQL|MARIADB|MONGO(?:DB)?|SQL)(?:_\w+)?_?(?:USER|USERNAME)$"
)
_ROOTS_OWN = regex(r"^(?:MYSQL_ROOT|MONGO_INITDB_ROOT|MARIADB_ROOT|PGADMIN)")
_SERVERS_OWN = regex(r"^(?P<engine>POSTGRES|MYSQL)_USER(?:NAME)?$")
"""What a server's own image reads: it is a client's where the server's address stands beside it."""
_BESIDE = ("HOST", "HOSTNAME", "SERVER", "ADDR", "ADDRESS", "URL")
_SPRING = (
    "spring.datasource.username",
    "spring.datasource.hikari.username",
    "spring.r2dbc.username",
    "spring.data.mongodb.username",
)
_PRODUCTION = regex(
    r"(?:\A|[^a-z])(?:prod|production|live|staging|cloud|kubernetes|k8s)(?:[^a-z]|\Z)", re.IGNORECASE
)
_COMPOSE = """
services:
  orders:
    image: shop/orders
    environment:
      {key}: {value}
"""


@rule(
    id="database-superuser",
    category="security",
    severity=Severity.WARNING,
    profile="strict",
    subject=(ServiceGraph, SpringConfig),
    since="0.1.0",
    references=("https://cheatsheetseries.owasp.org/cheatsheets/Database_Security_Cheat_Sheet.html",),
    tags=("security",),
    examples=(
        Bad(
            {
                "compose.yaml": _COMPOSE.format(
                    key="DATABASE_URL",
                    value="postgres://postgres@db/orders  # <- `orders` works as `postgres`",
                )
            }
        ),
        Bad(
            {
                "compose.yaml": _COMPOSE.format(
                    key="SPRING_DATASOURCE_USERNAME", value="root  # <- `orders` works as `root`"
                )
            }
        ),
        Bad(
            {
                "compose.yaml": _COMPOSE.format(
                    key="ConnectionString",
                    value="Server=db;Database=orders;User Id=sa  # <- `orders` works as `sa`",
                )
            }
        ),
        Bad(
            {
                "compose.yaml": _COMPOSE.format(
                    key="DSN", value="host=db user=postgres dbname=orders  # <- `orders` works as `postgres`"
                )
            },
            "the words of libpq",
        ),
        Bad(
            {
                "compose.yaml": _COMPOSE.replace(
                    "orders:\n    image: shop/orders", "cdc:\n    image: shop/cdc"
                ).format(key="READER_DATASOURCEUSERNAME", value="root  # <- `cdc` works as `root`")
            },
            "what follows changes needs the right to replicate, and no other",
        ),
        Bad(
            {
                "orders/src/main/resources/application-prod.yml": """
                    spring:
                      application: {name: orders}
                      datasource:
                        url: jdbc:mysql://db/orders
                        username: root  # <- `orders` works as `root`
                    """
            },
            "Spring, in production",
        ),
        Good(
            {
                "orders/src/main/resources/application.yml": """
                    spring:
                      application: {name: orders}
                      datasource: {url: "jdbc:mysql://localhost/orders", username: root}
                    ---
                    spring:
                      config: {activate: {on-profile: prod}}
                      datasource: {url: "jdbc:mysql://db/orders", username: "${DB_USER:root}"}
                    """
            },
            "a laptop's, and what the environment says",
        ),
        Bad(
            {
                "orders/src/main/resources/application.yml": """
                    spring:
                      application: {name: orders}
                      datasource:
                        url: jdbc:mysql://localhost/orders
                        username: root  # <- `orders` works as `root`
                    """,
                "compose.yaml": _COMPOSE.format(key="SPRING_DATASOURCE_URL", value="jdbc:mysql://db/orders"),
            },
            "the environment gives the address only",
        ),
        Good({"compose.yaml": _COMPOSE.format(key="DATABASE_URL", value="postgres://orders@db/orders")}),
        Good(
            {
                "compose.yaml": "services: {db: {image: 'postgres:17', environment: {POSTGRES_USER: postgres}}}"
            },
            "the server itself",
        ),
        Bad(
            {
                "compose.yaml": _COMPOSE.format(
                    key="POSTGRES_HOST",
                    value="db\n      POSTGRES_USER: postgres  # <- `orders` works as `postgres`",
                )
            },
            "a client that uses the names of the server's image",
        ),
        Good(
            {"compose.yaml": _COMPOSE.format(key="POSTGRES_USER", value="postgres")}, "it may be the server"
        ),
        Good(
            {
                "compose.yaml": _COMPOSE.replace("orders:\n    image", "db-migrate:\n    image").format(
                    key="DATABASE_URL", value="postgres://postgres@db/orders"
                )
            },
            "a migration",
        ),
    ),
)
def database_superuser(subject: ServiceGraph | SpringConfig, context: Context) -> Iterator[Problem]:
    """Report superusers in connection strings and user settings of services; in compose as info.

    Of Spring's files, those count that are for a profile of production, and what of the others is in force where the application runs.
    """
    del context
    yield from _of_services(subject) if isinstance(subject, ServiceGraph) else _of_spring(subject)


def _of_spring(config: SpringConfig) -> Iterator[Problem]:
    if not _PRODUCTION.search(config.profile):
        return
    for key in _SPRING:
        setting = config.setting(key)
        if setting is not None and (setting.value or "").lower() in _SUPERUSERS:
            yield Problem(
                f"`{config.application or config.document.source.name}` works as `{setting.value}`",
                setting.at,
                help="give the service a user of its own",
            )


def _of_services(graph: ServiceGraph) -> Iterator[Problem]:
    seen = set()
    keys: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for setting in graph.settings:
        workload = setting.workload
        keys[setting.service.id, workload.scope, workload.name].add(key_words(setting.key))
    for setting in graph.settings:
        service, workload = setting.service, setting.workload
        if not _is_judged(service) or workload.kind in {"Job", "CronJob"} or _is_told(setting):
            continue
        user = _user(setting, keys[service.id, workload.scope, workload.name])
        if user.lower() in _SUPERUSERS and setting.at.node not in seen:
            seen.add(setting.at.node)
            yield Problem(
                f"`{service.name}` works as `{user}`",
                setting.at,
                help="give the service a user of its own",
                severity=Severity.INFO if workload.kind == "compose" else None,
                identity=("superuser", service.id, workload.scope, setting.key),
            )


def _is_told(setting: Configured) -> bool:
    """Tell whether *setting* stands in a file of Spring's for production, which is judged by itself."""
    name = posixpath.basename(setting.at.path)
    return setting.key in _SPRING and "-" in name and bool(_PRODUCTION.search(name.partition("-")[2]))


def _is_judged(service: Service) -> bool:
    """Tell whether *service* has no need of a superuser, as tools have for a while."""
    if service.role == "cdc":
        return True
    return service.first_party and service.role not in infrastructure_roles()


def _user(setting: Configured, keys: set[str]) -> str:
    """Return the user that *setting* names; *keys* are those of all settings beside it."""
    for pattern in (_URI, _PAIR, _WORDS):
        match = pattern.search(setting.value)
        if match is not None:
            return match["user"].strip()
    words = key_words(setting.key)
    own = _SERVERS_OWN.search(words)
    if own is not None and not any(f"{own['engine']}_{part}" in keys for part in _BESIDE):
        return ""
    return setting.value.strip() if _USER_KEY.search(words) and not _ROOTS_OWN.search(words) else ""
