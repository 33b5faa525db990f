"""Entries of Secrets that hold the addresses of datastores."""

from archlint.model.values import key_words
from archlint.source.patterns import regex

_STORE_SECRET = (
    "DATABASE_URL",
    "DATABASE_URI",
    "DB_URL",
    "DB_URI",
    "DSN",
    "CONNECTION_STRING",
    "MONGO_URL",
    "MONGODB_URI",
    "JDBC_URL",
)
_NO_DATABASE = regex(
    r"SENTRY|INSIGHTS|(?:SERVICE|EVENT|IOT)_?(?:BUS|HUB|GRID)|RABBIT|KAFKA|AMQP|NATS|BLOB|STORAGE|SIGNAL_?R|SMTP|MAIL|APP_?CONFIG"
)
"""What else has connection strings and DSNs: who shares a broker or the collector of errors shares no data."""


def addresses_store(key: str) -> bool:
    """Tell whether the setting *key* is, by its name, the address of a database."""
    words = key_words(key)
    other = words.endswith(("DSN", "CONNECTION_STRING")) and _NO_DATABASE.search(words)
    return words.endswith(_STORE_SECRET) and not other
