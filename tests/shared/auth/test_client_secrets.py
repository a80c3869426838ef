import pytest

from shared.auth.client_secrets import (
    hash_client_secret,
    is_client_secret,
    mint_client_secret,
    tenant_of_client_secret,
)
from shared.errors import Unauthenticated
from tests.conftest import ALPHA_TENANT


def test_a_secret_knows_its_tenant_and_is_never_the_same() -> None:
    first, second = mint_client_secret(ALPHA_TENANT), mint_client_secret(ALPHA_TENANT)
    assert first != second
    assert is_client_secret(first)
    assert tenant_of_client_secret(first) == ALPHA_TENANT


@pytest.mark.parametrize("text", ["ek_", "ek_short", "ek_" + "§" * 54, "ek_" + "A" * 55, "uma_ticket_" + "A" * 54])
def test_anything_else_is_not_one(text: str) -> None:
    with pytest.raises(Unauthenticated):
        tenant_of_client_secret(text)


def test_the_hash_is_keyed() -> None:
    secret = mint_client_secret(ALPHA_TENANT)
    assert hash_client_secret(secret, b"a" * 32) != hash_client_secret(secret, b"b" * 32)
    assert secret not in hash_client_secret(secret, b"a" * 32)
