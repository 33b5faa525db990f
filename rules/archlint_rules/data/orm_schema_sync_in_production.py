"""A service that changes its database's schema by itself when it starts.

## Why is this bad?

The mapper compares its classes with the tables and alters them: it drops what it does not know, locks tables at the first request of the day, and
several replicas do it at the same time. Nobody reviewed the change, and nothing can take it back.

## How to fix

Let the mapper only check (`validate`, `none`), and change the schema by migrations that are reviewed and run once (Flyway, Liquibase and the like).
"""

import re
from collections.abc import Iterator

from archlint.api import Bad, Context, Document, Good, Problem, Setting, Severity, key_words, regex, rule
from archlint.formats import compose, kubernetes, spring

_DDL = regex(
    r"(?:^|_)(?:JPA_HIBERNATE_DDL_?AUTO|HIBERNATE_HBM2DDL_AUTO|HBM2DDL_AUTO|HIBERNATE_ORM_DATABASE_GENERATION)$"
)
_SWITCH = regex(r"^(?:TYPEORM|ORM|SEQUELIZE)_(?:DB_)?(?:SYNC|SYNCHRONIZE)$")
_CHANGING = frozenset(("create", "create-drop", "create-only", "drop", "drop-and-create", "update"))
_TRUE = frozenset(("true", "1", "yes"))
_IN_MEMORY = regex(r"^(?:jdbc|r2dbc):(?:h2|hsqldb|derby)|^(?:jdbc:)?sqlite", re.IGNORECASE)
_NOT_PRODUCTION = regex(
    r"(?:^|[-_.,/ ])(?:test|tests|dev|develop|development|local|it|e2e|demo|h2|hsqldb)(?:$|[-_.,/ ])",
    re.IGNORECASE,
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
        - {{name: {name}, value: "{value}"}}{marker}
"""
_SPRING = """
spring:
  application: {{name: orders}}
  datasource: {{url: "{url}"}}
  jpa: {{hibernate: {{ddl-auto: {value}}}}}{marker}
"""


def _pod(name: str, value: str, marker: str = "") -> str:
    return _POD.format(name=name, value=value, marker=marker)


def _spring(value: str, url: str = "jdbc:postgresql://db/orders", marker: str = "") -> str:
    return _SPRING.format(value=value, url=url, marker=marker)


@rule(
    id="orm-schema-sync-in-production",
    category="data",
    severity=Severity.ERROR,
    subject=Document,
    since="0.1.0",
    references=("https://docs.spring.io/spring-boot/how-to/data-initialization.html",),
    applies=lambda document: document.format in {"kubernetes", "compose", "spring"},
    examples=(
        Bad(
            _pod(
                "SPRING_JPA_HIBERNATE_DDL_AUTO",
                "update",
                "  # <- `SPRING_JPA_HIBERNATE_DDL_AUTO` of `orders` is `update`",
            )
        ),
        Bad(_pod("TYPEORM_SYNCHRONIZE", "true", "  # <- `TYPEORM_SYNCHRONIZE` of `orders` is `true`")),
        Bad(
            _spring(
                "create-drop", marker="  # <- `spring.jpa.hibernate.ddl-auto` of `orders` is `create-drop`"
            )
        ),
        Bad(
            """
            services:
              orders:
                image: shop/orders
                environment: {SPRING_JPA_HIBERNATE_DDL_AUTO: create}  # <- `orders` is `create`
            """
        ),
        Good(_pod("SPRING_JPA_HIBERNATE_DDL_AUTO", "validate")),
        Good(_pod("TYPEORM_SYNCHRONIZE", "false")),
        Good(_spring("none")),
        Good(_spring("update", url="jdbc:h2:mem:orders"), "in memory, gone when it stops"),
        Good({"application-test.yml": _spring("create")}, "for tests"),
        Good(
            {"k8s/overlays/dev/orders.yaml": _pod("SPRING_JPA_HIBERNATE_DDL_AUTO", "update")},
            "for development",
        ),
    ),
)
def orm_schema_sync_in_production(document: Document, context: Context) -> Iterator[Problem]:
    """Report mappers that create or update the schema, but for tests, development and databases in memory; compose as a warning."""
    del context
    if _NOT_PRODUCTION.search(document.path):
        return
    settings = list(_settings(document))
    in_memory = {owner for setting, owner in settings if _IN_MEMORY.search(setting.value or "")}
    for setting, owner in settings:
        words, value = key_words(setting.key), (setting.value or "").strip().lower()
        changes = (bool(_DDL.search(words)) and value in _CHANGING) or (
            bool(_SWITCH.match(words)) and value in _TRUE
        )
        if changes and owner not in in_memory:
            yield Problem(
                f"`{setting.key}` of `{owner}` is `{value}`",
                setting.at,
                help="check the schema only, and change it by migrations",
                severity=Severity.WARNING if document.format == "compose" else None,
            )


def _settings(document: Document) -> Iterator[tuple[Setting, str]]:
    if document.format == "kubernetes":
        yield from kubernetes.settings_in(document)
    elif document.format == "spring":
        if not _NOT_PRODUCTION.search(spring.SpringConfig(document).profile):
            yield from spring.settings_in(document)
    elif (project := compose.project_of(document)) is not None:
        yield from compose.settings_in(project)
