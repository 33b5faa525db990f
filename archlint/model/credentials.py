"""What a credential looks like: by the key's name and the value's shape together."""

import re

from archlint.model.values import key_words
from archlint.source.patterns import regex

_SECRET_KEY = regex(
    r"(?:^|_)(?:PASSWORD|PASSWD|PASSPHRASE|PWD|PASS|SECRET|SECRETS|TOKEN|APIKEY|API_KEY|ACCESS_KEY|SECRET_KEY|PRIVATE_KEY|ENCRYPTION_KEY|ENCRYPT_KEY|SIGNING_KEY|MASTER_KEY|"
    r"AUTH_KEY|CLIENT_SECRET|CREDENTIAL|CREDENTIALS|ERLANG_COOKIE|INSTRUMENTATION_?KEY|LICENSE_KEY|SESSION_KEY|ACCOUNT_KEY|SHARED_ACCESS_KEY|SAS_KEY|WEBHOOK_KEY)(?:_?\d+)?$"
    r"|(?:PASSWORD|PASSWD|SECRET|APIKEY|ACCESSKEY|PRIVATEKEY)$|(?:^|_)(?:SECRET|PASSWORD|PASS|TOKEN)(?:_VALUE|_STRING|_TEXT)$|^(?:REQUIREPASS|MASTERAUTH)$|(?:^|_)ROOT_TOKEN_ID$"
)
_NOT_SECRET_KEY = regex(
    r"(?:FILE|PATH|DIR|NAME|STORE|URL|URI|ENDPOINT|ISSUER|LENGTH|TTL|EXPIR\w*|EXPIRY|LIFETIME|DURATION|TYPE|POLICY|ROLE|HEADER|ALGORITHM|ENABLED|REQUIRED|MODE|PROVIDER|REF|KEY_ID|SIZE|AUDIENCE|VERSION|AUTOMOUNT\w*TOKEN|REQUESTS|LIMIT|MAX_TOKENS?)$"
    r"|^(?:ALLOW_EMPTY|ALLOW_ANONYMOUS)|PUBLIC_KEY$|ACCESS_KEY_ID$|(?:^|_)(?:TLS|SSL|CA|CERTS?|CERTIFICATE|SERVING|PULL)_SECRETS?$|MOUNT_SERVICE_ACCOUNT_TOKEN|TOKEN_(?:BUCKET|COUNT|LIMIT)"
)
_PLACEHOLDER = regex(
    r"<[^>]*>|\$\{|\$\(|\{\{|^\$[A-Z_]+$|^%[^%]+%$|^__.*__$|\.\.\.|^x{3,}$|^\*+$|"
    r"(?:change|replace|insert|enter|fill|put|add|set)[-_ ]?(?:me|this|it|your|in|here)|your[-_ ]|^your\w*(?:key|password|secret|token)|example|placeholder|todo\b|dummy[-_]?(?:value|key)|to[-_ ]?be[-_ ]",
    re.IGNORECASE,
)
_REFERENCE = regex(
    r"^(?:vault|secret|secrets|ref|ssm|arn|kms|keyvault|projects|op|aws|gcp|azure)[:/+]|^\{(?:bcrypt|argon2|pbkdf2|scrypt|sha\d*)[^}]*\}|^\$(?:2[abxy]?|argon2\w*|5|6|apr1)\$|^(?:/run/secrets|/etc/|/var/|/mnt/|\./|\.\./)|!Ref|^file:|^env:|^ENC\[|^\{cipher\}|^AgA",
    re.IGNORECASE,
)
_WORDS = frozenset((
    "true", "false", "yes", "no", "none", "null", "nil", "undefined", "optional", "required", "disabled", "enabled", "default", "string", "password_file",
    "basic", "bearer", "jwt", "oauth", "oauth2", "plain", "plaintext", "in-memory", "memory", "kubernetes", "env", "file",
))  # fmt: skip
_DURATION = regex(
    r"\d+(?:\.\d+)?\s*(?:ns|us|ms|s|m|h|d|w|sec|seconds?|min|minutes?|hours?|days?)|P(?=[\dT])(?:\d+D)?(?:T(?:\d+[HMS])+)?",
    re.IGNORECASE,
)
_URI_PASSWORD = regex(r"[a-z][a-z0-9+.-]*://(?P<user>[^:@/\s]*):(?P<password>[^/\s?]+)@", re.IGNORECASE)
_PAIR_PASSWORD = regex(
    r"(?:^|;|\s|&|\?)(?:password|pwd|accountkey|sharedaccesskey|sharedsecret|accesskey)\s*=\s*[\"']?(?P<password>[^;&\s\"']+)"
    r"|,\s*password\s*=\s*(?P<option>[^,;&\s\"']+)",
    re.IGNORECASE,
)
_NEO4J = regex(r"neo4j/(?P<password>\S+)\Z")
_KNOWN = regex(
    r"(?:AKIA|ASIA)[0-9A-Z]{16}\b|gh[pousr]_[A-Za-z0-9]{36}|sk_live_[A-Za-z0-9]{16,}|xox[abprs]-[A-Za-z0-9-]{10,}|-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----|AIza[0-9A-Za-z_-]{35}|^base64:[A-Za-z0-9+/]{43}=$"
)
_NAMED = regex(r"[a-z]+(?:[-_][a-z]+)*[-_](?:key|token|secret)")  # `access_key` as the value of `ACCESS_KEY`
_ACCESS_KEY_ID = regex(r"(?:AKIA|ASIA)[0-9A-Z]{16}\Z")


def is_secret_key(key: str) -> bool:
    """Tell whether the name *key* says that its value is a credential."""
    words = key_words(key)
    if key.endswith("]"):
        return False
    return bool(_SECRET_KEY.search(words)) and not _NOT_SECRET_KEY.search(words)


def is_literal_secret(value: str) -> bool:
    """Tell whether *value*, of a key that says it is a credential, is one rather than a placeholder, a reference or a word."""
    text = value.strip().strip("\"'")
    if not text or text.lower() in _WORDS or _PLACEHOLDER.search(text) or _REFERENCE.search(text):
        return False
    if _DURATION.fullmatch(text):  # how long a token lasts
        return False
    return not text.replace(".", "").isdecimal() or len(text) > 3  # noqa: PLR2004 - a number of three digits is a setting


def credential_in(key: str, value: str) -> str:
    """Return what kind of credential the setting *key* = *value* holds literally, or an empty string.

    One of `credential` (by its name), `password in a URI`, `password in a connection string`, `key` (by its shape).
    """
    words = key_words(key)
    uri = _URI_PASSWORD.search(value)
    if uri is not None and is_literal_secret(uri["password"]):
        return "password in a URI"
    pair = _PAIR_PASSWORD.search(value)
    if pair is not None and is_literal_secret(pair["password"] or pair["option"]):
        return "password in a connection string"
    if _KNOWN.search(value) and not (_ACCESS_KEY_ID.search(value.strip()) or words.endswith("ACCESS_KEY_ID")):
        return "key"
    if re.fullmatch(r"[A-Z][A-Z0-9_]*", value.strip()) and value.strip().startswith(words):
        return ""
    if _NAMED.fullmatch(value.strip()) and key_words(value) in words:
        return ""
    account = _NEO4J.match(value) if key.endswith("NEO4J_AUTH") else None
    if account is not None and is_literal_secret(account["password"]):
        return "credential"
    if is_secret_key(key) and is_literal_secret(value) and "\n" not in value.strip() and "://" not in value:
        return "credential"
    return ""
