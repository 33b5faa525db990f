"""A Secret with its values in the repository.

## Why is this bad?

The values of a Secret are only encoded, not encrypted: everybody who can read the repository can read them, now and in its history.

## How to fix

Commit a SealedSecret, an ExternalSecret or a file that SOPS encrypted, or create the Secret outside of the repository. Change the values: they
are known now.
"""

from base64 import b64decode
from collections.abc import Iterator
from typing import Any

from archlint.api import (
    Bad,
    Context,
    Good,
    Problem,
    Severity,
    credential_in,
    is_literal_secret,
    key_words,
    regex,
    rule,
)
from archlint.formats.kubernetes import Manifest

_SHAPED = frozenset(("kubernetes.io/service-account-token", "bootstrap.kubernetes.io/token"))
_NAMES = (
    "USERNAME",
    "USER",
    "LOGIN",
    "HOST",
    "PORT",
    "DATABASE",
    "DB",
    "NAME",
    "ENDPOINT",
    "REGION",
    "CRT",
    "CERT",
    "CA_PEM",
    "NAMESPACE",
    "EMAIL",
    "ENV",
    "ENVIRONMENT",
    "MODE",
    "LEVEL",
    "PROFILES_ACTIVE",
    "TYPE",
    "KIND",
    "PROJECT",
    "SERVER",
    "BUCKET",
    "BRANCH",
    "VERSION",
)
_ADDRESS = regex(r"(?!https?:)[a-z][a-z0-9+.:-]*://|https?://(?![^\s]*(?:[?#]|/[\w-]{16,}(?:/|\Z)))[^\s]*\Z")
"""The address of a datastore or of a page; one with a query or a long random part may be a secret itself."""
_SHOWN = 3
_MANIFEST = """
apiVersion: v1
kind: Secret
metadata: {{name: db{more}}}
{data}
"""


def _secret(data: str, more: str = "") -> str:
    return _MANIFEST.format(data=data, more=more)


@rule(
    id="plain-secret-committed",
    category="security",
    severity=Severity.WARNING,
    subject=Manifest,
    since="0.1.0",
    references=("https://kubernetes.io/docs/concepts/security/secrets-good-practices/",),
    tags=("security",),
    applies=lambda manifest: manifest.kind == "Secret" and manifest.group == "",
    examples=(
        Bad(_secret("data:\n  password: czNjcjN0  # <- the Secret `db` holds `password`")),
        Bad(
            _secret(
                "stringData:\n  user: orders\n  password: s3cr3t-Zebra  # <- the Secret `db` holds `password`"
            )
        ),
        Good(_secret('data:\n  password: ""'), "an empty template"),
        Good(
            _secret("stringData:\n  uri: mongodb://db-0.db/shop?replicaSet=rs0\n  APP_ENV: production"),
            "an address without a password",
        ),
        Good(
            _secret("stringData:\n  type: git\n  url: https://git.example.com/acme/shop.git"),
            "where Argo CD finds a repository",
        ),
        Bad(
            _secret(
                "stringData:\n  hook: https://hooks.slack.com/T0A/a1b2c3d4e5f6g7h8i9j0  # <- the Secret `db` holds `hook`"
            ),
            "an address that is a secret itself",
        ),
        Good(_secret("stringData:\n  password: <fill-me-in>"), "a placeholder"),
        Good(_secret("stringData:\n  password: '{{ .Values.password }}'"), "filled in when it is rendered"),
        Good(
            _secret("stringData:\n  password: ENC[AES256_GCM,data:abc=,type:str]\nsops: {version: 3.9.0}"),
            "encrypted by SOPS",
        ),
        Good(
            _secret(
                "type: kubernetes.io/service-account-token",
                ", annotations: {kubernetes.io/service-account.name: a}",
            ),
            "filled in by the cluster",
        ),
        Good(_secret("data:\n  username: b3JkZXJz"), "a name is no secret"),
        Good(_secret("stringData:\n  client.cert: MIIBszCCAVmgAwIBAgIUc2Vy"), "nor is a certificate"),
        Good(
            _secret("stringData:\n  password: abc12345", ", annotations: {helm.sh/hook: test}"), "of a test"
        ),
        Good(
            """
            apiVersion: bitnami.com/v1alpha1
            kind: SealedSecret
            metadata: {name: db}
            spec: {encryptedData: {password: AgBy3i4OJSWK}}
            """,
            "sealed",
        ),
    ),
)
def plain_secret_committed(manifest: Manifest, context: Context) -> Iterator[Problem]:
    """Report a Secret that holds at least one value that is neither empty, encrypted nor a placeholder."""
    del context
    if (
        manifest.get("type") in _SHAPED
        or "sops" in manifest.data
        or "test" in manifest.annotations.get("helm.sh/hook", "")
    ):
        return
    held = [
        (part, key)
        for part in ("data", "stringData")
        for key, value in manifest.mapping(part).items()
        if _is_plain(part, key, value)
    ]
    if not held:
        return
    named = ", ".join(f"`{key}`" for _, key in held[:_SHOWN]) + (
        f" and {len(held) - _SHOWN} more" if len(held) > _SHOWN else ""
    )
    yield Problem(
        f"the Secret `{manifest.name}` holds {named} in plain sight",
        manifest.at(*held[0]),
        help="seal or encrypt it, or create it outside of the repository; and change the values",
    )


def _is_plain(part: str, key: str, value: Any) -> bool:
    """Tell whether an entry holds a secret: for names and addresses, a credential inside; else any literal value."""
    if not isinstance(value, str):
        return False
    text = value.strip()
    if part == "data" and "{{" not in text:
        try:
            text = b64decode(text, validate=True).decode("utf-8", "replace").strip()
        except ValueError:
            return is_literal_secret(text)
    is_address = _ADDRESS.match(text) is not None or key_words(key).endswith(_NAMES)
    return bool(credential_in(key, text)) if is_address else is_literal_secret(text)
