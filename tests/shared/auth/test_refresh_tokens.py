"""The form of refresh tokens and the chain they make."""

import pytest

from shared.auth.refresh_tokens import LONGEST_CHAIN, PREFIX, RefreshToken
from shared.errors import Unauthenticated
from shared.ids import new_id
from tests.conftest import ALPHA_TENANT
from tests.support.identity import SECRET


def test_a_token_survives_being_written_down() -> None:
    session_id = new_id()
    token = RefreshToken.first(ALPHA_TENANT, session_id)
    assert RefreshToken.read(token.text) == token
    assert (token.tenant_id, token.auth_session_id, len(token.secret)) == (ALPHA_TENANT, session_id, 32)
    assert "secret" not in repr(token)


def test_the_chain_follows_from_a_token_and_the_deployment() -> None:
    token = RefreshToken.first(ALPHA_TENANT, new_id())
    chain = token.successors(SECRET)
    assert len({one.text for one in [token, *chain]}) == LONGEST_CHAIN + 1
    assert chain == token.successors(SECRET)
    assert chain[0].successors(SECRET)[0] == chain[1]
    assert chain[0] != token.successors(SECRET[::-1])[0]
    assert {one.auth_session_id for one in chain} == {token.auth_session_id}


def test_hashes_differ_between_tokens_and_deployments() -> None:
    token, other = (RefreshToken.first(ALPHA_TENANT, new_id()) for _ in range(2))
    assert len({token.hash(SECRET), other.hash(SECRET), token.hash(SECRET[::-1])}) == 3


@pytest.mark.parametrize(
    "text", ["", PREFIX, PREFIX + "A" * 85, PREFIX + "A" * 87, "A" * 98, PREFIX + "!" * 86, PREFIX + "é" * 86]
)
def test_another_form_is_no_token(text: str) -> None:
    with pytest.raises(Unauthenticated):
        RefreshToken.read(text)


def test_another_spelling_of_the_same_bytes_is_no_token() -> None:
    text = RefreshToken(ALPHA_TENANT, ALPHA_TENANT, bytes(32)).text
    assert text.endswith("A")
    with pytest.raises(Unauthenticated):
        RefreshToken.read(text[:-1] + "B")
