"""A transaction over several databases or services.

## Why is this bad?

Two-phase commit keeps locks in every participant until all have answered: the slowest decides how long, one that is down stops all, and a coordinator that dies
between the phases leaves rows locked until somebody decides by hand. Most brokers and many databases do not take part.

## How to fix

Keep transactions inside one service and its database. Across services use a saga with compensations, and an outbox for the messages that belong to a change.
"""

from collections import defaultdict
from collections.abc import Iterator

from archlint.api import Bad, Context, Document, Good, Problem, Setting, Severity, regex, rule
from archlint.formats import compose, kubernetes
from archlint.formats.spring import SpringConfig

_FORMATS = frozenset(("kubernetes", "compose", "spring"))
_JTA = ("spring.jta.", "narayana.", "com.atomikos.", "atomikos.", "bitronix.")
_JMS = (
    "spring.activemq.",
    "spring.artemis.",
    "spring.jms.",
    "spring.jta.atomikos.connectionfactory.",
    "ibm.mq.",
)
_GROUPS = ("seata.txservicegroup", "spring.cloud.alibaba.seata.txservicegroup")
_XA = regex(r"XADataSource\b")
_SEVERAL = 2


@rule(
    id="distributed-transaction-manager",
    category="services",
    severity=Severity.WARNING,
    subject=Document,
    since="0.1.0",
    profile="strict",
    references=(
        "https://microservices.io/patterns/data/saga.html",
        "https://docs.spring.io/spring-boot/reference/io/jta.html",
        "https://seata.apache.org/docs/overview/what-is-seata/",
    ),
    applies=lambda document: document.format in _FORMATS,
    examples=(
        Bad(
            """
            spring:
              application: {name: orders}
              jta:
                log-dir: /var/tx  # <- `orders` spans 2 resources with one transaction
              datasource:
                orders: {url: "jdbc:mysql://db/orders"}
                stock: {url: "jdbc:mysql://db/stock"}
            """
        ),
        Bad(
            """
            spring:
              application: {name: orders}
              datasource:
                url: jdbc:postgresql://db/orders
                xa:
                  data-source-class-name: org.postgresql.xa.PGXADataSource  # <- `orders` spans 2 resources with one transaction
              activemq: {broker-url: "tcp://broker:61616"}
            """,
            "a database and a broker",
        ),
        Bad(
            """
            spring:
              application: {name: orders}
              datasource: {url: "jdbc:mysql://db/orders"}
            seata:
              tx-service-group: shop  # <- `orders` takes part in transactions that Seata coordinates
            """
        ),
        Bad(
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: orders}
            spec:
              template:
                spec:
                  containers:
                    - name: orders
                      image: shop/orders:1
                      env:
                        - {name: SEATA_TX_SERVICE_GROUP, value: shop}  # <- `orders` takes part in transactions that Seata coordinates
            """
        ),
        Good(
            """
            spring:
              application: {name: orders}
              jta: {log-dir: /var/tx}
              datasource: {url: "jdbc:mysql://db/orders"}
            """,
            "a single resource",
        ),
        Good(
            """
            spring:
              application: {name: orders}
              jta: {enabled: false}
              datasource: {a: {url: "jdbc:mysql://db/a"}, b: {url: "jdbc:mysql://db/b"}}
            """,
            "switched off",
        ),
        Good(
            """
            spring:
              application: {name: orders}
              datasource: {a: {url: "jdbc:mysql://db/a"}, b: {url: "jdbc:mysql://db/b"}}
            """,
            "a transaction for each",
        ),
        Good(
            """
            spring: {application: {name: orders}}
            seata: {tx-service-group: shop, enable-auto-data-source-proxy: false}
            """,
            "sagas or confirmations, not locks",
        ),
        Good("spring: {application: {name: orders}}\nseata: {enabled: false, tx-service-group: shop}\n"),
    ),
)
def distributed_transaction_manager(document: Document, context: Context) -> Iterator[Problem]:
    """Report JTA or XA over two resources or more, and clients of Seata whose databases it locks."""
    del context
    for owner, settings in _by_owner(document).items():
        known = {key: setting.value or "" for key, setting in settings.items()}
        found = _seata(settings, known) or _jta(settings, known)
        if found is not None:
            setting, what = found
            yield Problem(
                f"`{owner}` {what}",
                setting.at,
                help="keep a transaction in one database, and use a saga across services",
            )


def _by_owner(document: Document) -> dict[str, dict[str, Setting]]:
    """Return the settings of each application by their relaxed keys; of Spring, those of the document before what stands beside it."""
    found: dict[str, dict[str, Setting]] = defaultdict(dict)
    if document.format == "spring":
        config = SpringConfig(document)
        owner = config.application or document.source.name
        for other in config.beside:
            for setting in other.settings.values():
                found[owner].setdefault(_relaxed(setting.key), setting)
        own = {_relaxed(setting.key) for setting in config.settings.values()}
        if not any(key.startswith(_JTA) or key in _GROUPS or _is_xa(found[owner][key]) for key in own):
            return {}
        return dict(found)
    if document.format == "kubernetes":
        pairs = kubernetes.settings_in(document)
    else:
        project = compose.project_of(document)
        pairs = compose.settings_in(project) if project is not None else iter(())
    for setting, owner in pairs:
        found[owner].setdefault(_relaxed(setting.key), setting)
    return found


def _relaxed(key: str) -> str:
    """Return *key* as `spring.jta.logdir`, written in a file or as a variable."""
    dotted = key.replace("_", ".") if key.isupper() else key
    relaxed = dotted.replace("-", "").replace("_", "").lower()
    return relaxed.replace("tx.service.group", "txservicegroup").replace(
        "enable.auto.data.source.proxy", "enableautodatasourceproxy"
    )


def _seata(settings: dict[str, Setting], known: dict[str, str]) -> tuple[Setting, str] | None:
    group = next((settings[key] for key in _GROUPS if key in settings), None)
    if group is None or known.get("seata.enabled") == "false":
        return None
    if known.get("seata.enableautodatasourceproxy") == "false":
        return None
    return group, "takes part in transactions that Seata coordinates"


def _jta(settings: dict[str, Setting], known: dict[str, str]) -> tuple[Setting, str] | None:
    if known.get("spring.jta.enabled") == "false":
        return None
    signs = [setting for key, setting in settings.items() if key.startswith(_JTA) or _is_xa(setting)]
    databases = {value.partition("?")[0] for value in known.values() if value.startswith("jdbc:")}
    brokers = any(key.startswith(_JMS) for key in settings)
    resources = len(databases) + brokers
    if not signs or resources < _SEVERAL:
        return None
    return signs[0], f"spans {resources} resources with one transaction"


def _is_xa(setting: Setting) -> bool:
    return _XA.search(setting.value or "") is not None
