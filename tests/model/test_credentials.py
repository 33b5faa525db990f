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


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("NEO4J_AUTH", "neo4j/s3cr3t-Zebra"),
        ("VAULT_DEV_ROOT_TOKEN_ID", "s3cr3t-Zebra"),
        ("requirepass", "s3cr3t-Zebra"),
        ("ENCRYPT_KEY", "s3cr3t-Zebra"),
    ],
)
def test_keys_of_servers_are_credentials(key: str, value: str) -> None:
    assert credential_in(key, value) == "credential"


def test_a_password_may_stand_in_quotes() -> None:
    text = 'org.apache.kafka.common.security.plain.PlainLoginModule required username="a" password="s3cr3t-Zebra";'
    assert credential_in("SASL_JAAS_CONFIG", text) == "password in a connection string"
    assert not credential_in("SASL_JAAS_CONFIG", text.replace("s3cr3t-Zebra", ""))


def test_a_server_without_accounts_has_no_credential() -> None:
    assert not credential_in("NEO4J_AUTH", "none")


def test_a_secret_of_a_client_is_a_credential() -> None:
    assert credential_in("client-secret", "s3cr3t-Zebra") == "credential"


@pytest.mark.parametrize("password", ["P@ssw0rd", "a@b@c", "p:w", "x1:y@2"])
def test_a_password_ends_where_the_host_begins(password: str) -> None:
    assert credential_in("ADDRESS", f"postgres://app:{password}@db:5432/orders") == "password in a URI"


@pytest.mark.parametrize(
    "address",
    ["postgres://app:<password>@db/a@b", "http://orders:8080/users/a@b", "http://a:80?mail=a@b", "P1D"],
)
def test_other_at_signs_begin_no_host(address: str) -> None:
    assert not credential_in("ADDRESS", address)
