"""Addresses and names of users that committed Secrets hold, without the credentials that stand beside them."""

import base64
import binascii
import re
from typing import Any

from archlint.api import credential_in, is_secret_key, key_words, regex
from archlint.formats.kubernetes.views import known_text

_MOST_TEXT = 2_000
_URI = regex(
    r"(?P<scheme>(?:[A-Za-z][A-Za-z0-9+.\-]*:)+//)(?:(?P<user>[^\s/?#:]*)(?::[^\s/?#]*)?@)?(?P<rest>[^\s?#@;]+)(?P<more>;\S*)?(?:[?#]\S*)?"
)
_GO = regex(r"[^\s@]*@(?P<rest>(?:tcp|unix)\([A-Za-z0-9_.:\-]+\)/[A-Za-z0-9_\-]*)(?:\?\S*)?")
_PART = regex(r"[A-Za-z0-9][A-Za-z0-9_.,:\-]*")
_PART_KEY = regex(
    r"(?:^|_)(?:HOSTS?|HOST_?NAME|ADDR|ADDRESS|ENDPOINT|SERVERS?|BROKERS?|PORT|NAME|DB|DATABASE|SCHEMA|DBNAME)$"
)
_NAME = regex(r"[a-z][a-z_]{1,15}")
"""A name of a user; longer ones, and ones with digits, may be tokens."""
_USER_KEY = regex(r"(?:^|_)(?:USER|USER_?NAME)$")
_NO_PART_KEY = regex(r"USER_?NAME$|(?:^|_)(?:ADMIN|LOGIN|ROOT)_?NAME$")
_PAIRS = frozenset((
    "user id", "uid", "user", "username", "server", "data source", "host", "address", "addr", "network address", "port", "database", "initial catalog", "databasename", "dbname",
))  # fmt: skip
_EXAMPLE = regex(r"(?:.*[/@(=])?(?:host(?:name)?|server|your[-_].*|<.*)(?:[:/)].*)?", re.IGNORECASE)


def address_in(key: str, value: Any, *, encoded: bool) -> str | None:
    """Return what the entry *key* of a Secret says of an address or its user, credentials left out; `None` where it says nothing."""
    text = known_text(value)
    if encoded and text:
        text = _decoded(text)
    text = text.strip() if text else ""
    if not text or len(text) > _MOST_TEXT or is_secret_key(key) or _EXAMPLE.fullmatch(text):
        return None
    found = _without_credentials(key, text)
    return found if found and not credential_in(key, found) else None


def _decoded(text: str) -> str:
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return ""


def _without_credentials(key: str, text: str) -> str:
    if match := _URI.fullmatch(text):
        more = _pairs(match["more"] or "", ";")
        user = f"{match['user']}@" if _NAME.fullmatch(match["user"] or "") else ""
        return f"{match['scheme']}{user}{match['rest']}{';' if more else ''}{more}"
    if match := _GO.fullmatch(text):
        return match["rest"]
    if "=" in text:
        return _pairs(text, ";" if ";" in text else " ")
    words = key_words(key)
    if _USER_KEY.search(words):
        return text if _NAME.fullmatch(text) else ""
    return (
        text if _PART_KEY.search(words) and not _NO_PART_KEY.search(words) and _PART.fullmatch(text) else ""
    )


def _pairs(text: str, sign: str) -> str:
    """Return the pairs of a connection string that tell where it leads."""
    parts = [part.strip() for part in text.split(sign)]
    return sign.join(part for part in parts if part.partition("=")[0].strip().lower() in _PAIRS)
