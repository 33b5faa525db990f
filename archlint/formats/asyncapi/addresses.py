"""What a channel is called on its broker: bindings know it better than the address."""

from typing import Any

from archlint.api import regex

_NAMES = (
    ("kafka", "topic"),
    ("sqs", "queue", "name"),
    ("sns", "name"),
    ("jms", "destination"),
    ("ibmmq", "queue", "objectName"),
    ("googlepubsub", "topic"),
)
_FAMILIES = {
    "kafka-secure": "kafka",
    "secure-mqtt": "mqtt",
    "mqtts": "mqtt",
    "mqtt5": "mqtt",
    "amqps": "amqp",
    "wss": "ws",
    "https": "http",
    "stomps": "stomp",
    "rediss": "redis",
    "pulsar+ssl": "pulsar",
}
_ONLY_PARAMETER = regex(r"\{[^{}]*\}")
_LOCAL = frozenset(("localhost", "127.0.0.1", "[::1]", "example.com", ""))


def bound(address: str | None, bindings: dict[str, Any], tenant: str = "") -> str | None:
    """Return the name of a channel on its broker: the one in its *bindings*, else its *address*.

    An address that is one parameter is unknown. A routing key is told apart by its exchange, a topic of Pulsar by its *tenant* and namespace.
    """
    for names in _NAMES:
        if found := _text_at(bindings, *names):
            return found
    if _text_at(bindings, "amqp", "is") == "queue":
        return _text_at(bindings, "amqp", "queue", "name") or address
    if exchange := _text_at(bindings, "amqp", "exchange", "name"):
        return f"{exchange}/{address}" if address else exchange
    if address and _ONLY_PARAMETER.fullmatch(address):
        return None
    namespace = _text_at(bindings, "pulsar", "namespace")
    if namespace and address:
        return f"{tenant or 'public'}/{namespace}/{address}"
    return address


def protocol_of(protocols: list[str]) -> str:
    """Return the protocol of a channel without regard to encryption; empty where there are several."""
    names = {_FAMILIES.get(name, name) for name in protocols}
    return names.pop() if len(names) == 1 else ""


def broker_of(hosts: list[str]) -> str:
    """Return the broker behind the *hosts* of a channel's servers; empty where there are several, or only local ones."""
    names = {_host(host) for host in hosts}
    names = {name for name in names if "{" not in name and name.partition(":")[0] not in _LOCAL}
    return names.pop() if len(names) == 1 else ""


def _host(text: str) -> str:
    return text.rpartition("://")[2].partition("/")[0].lower()


def _text_at(value: Any, *keys: str) -> str:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""
