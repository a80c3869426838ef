"""The form of beta tokens."""

import pytest

from shared.auth.beta_tokens import hash_beta_token, mint_beta_token, tenant_of_beta_token
from shared.errors import Unauthenticated
from tests.conftest import ALPHA_TENANT
from tests.support.identity import SECRET


def test_a_token_says_its_year_and_tenant() -> None:
    token = mint_beta_token(ALPHA_TENANT, 2026)
    assert token.startswith("uma_beta_2026_")
    assert tenant_of_beta_token(token) == ALPHA_TENANT
    assert token != mint_beta_token(ALPHA_TENANT, 2026)


@pytest.mark.parametrize(
    "token", ["", "uma_beta_", "uma_beta_2026", "uma_beta_2026_", "uma_beta_x_" + "A" * 54,
              "uma_beta_2026_" + "A" * 53,
              "uma_beta_2026_" + "A" * 55, "uma_beta_2026_" + "!" * 54,
              "beta_2026_" + "A" * 54, "uma_beta_2026_" + "é" * 54],
)  # fmt: skip
def test_another_form_is_no_token(token: str) -> None:
    with pytest.raises(Unauthenticated):
        tenant_of_beta_token(token)


def test_the_stored_hash_depends_on_the_deployment() -> None:
    token = mint_beta_token(ALPHA_TENANT, 2026)
    assert hash_beta_token(token, SECRET) == hash_beta_token(token, SECRET)
    assert hash_beta_token(token, SECRET) != hash_beta_token(token, SECRET[::-1])
    assert hash_beta_token(token, SECRET) != hash_beta_token(token + "x", SECRET)
