"""What a credential looks like."""

import pytest

from archlint.model.credentials import credential_in


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("webhook-ca-secret", "orders-webhook-ca"),
        ("webhook-serving-secret", "orders-webhook-tls"),
        ("TLS_SECRET", "orders-tls"),
        ("imagePullSecret", "registry"),
    ],
)
def test_the_name_of_a_secret_with_a_certificate_is_no_credential(key: str, value: str) -> None:
    assert not credential_in(key, value)


def test_a_secret_of_a_client_is_a_credential() -> None:
    assert credential_in("client-secret", "s3cr3t-Zebra") == "credential"
