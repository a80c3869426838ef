"""Tokens of mails: what they follow from, and what is no token."""

import pytest

from shared.auth.one_time_tokens import OneTimeToken
from shared.errors import InvalidInput
from tests.conftest import ALPHA_TENANT, BETA_TENANT
from tests.support.identity import SECRET

TOKEN = OneTimeToken.make(SECRET, "verify_email", ALPHA_TENANT, BETA_TENANT)


def test_it_reads_back_as_it_was_written() -> None:
    assert OneTimeToken.read(TOKEN.text) == TOKEN


def test_it_follows_from_secret_purpose_and_ids_alone() -> None:
    assert OneTimeToken.make(SECRET, "verify_email", ALPHA_TENANT, BETA_TENANT) == TOKEN
    others = [
        OneTimeToken.make(bytes(32), "verify_email", ALPHA_TENANT, BETA_TENANT),
        OneTimeToken.make(SECRET, "reset_password", ALPHA_TENANT, BETA_TENANT),
        OneTimeToken.make(SECRET, "verify_email", BETA_TENANT, BETA_TENANT),
        OneTimeToken.make(SECRET, "verify_email", ALPHA_TENANT, ALPHA_TENANT),
    ]
    assert len({token.mac for token in [TOKEN, *others]}) == 5


def test_its_hash_needs_the_secret() -> None:
    assert TOKEN.hash(SECRET) != TOKEN.hash(bytes(32))
    assert TOKEN.text not in TOKEN.hash(SECRET)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "uma_once_",
        TOKEN.text[:-1],
        TOKEN.text + "A",
        TOKEN.text.replace("uma_once_", ""),
        f" {TOKEN.text}",
        "é" * 95,
    ],
)
def test_anything_else_is_refused_alike(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        OneTimeToken.read(text)
    assert refused.value.error_code == "invalid_link"


def test_another_spelling_of_the_same_bytes_is_not_the_token() -> None:
    # 80 bytes leave two bits of the last letter unused.
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    twin = TOKEN.text[:-1] + letters[letters.index(TOKEN.text[-1]) ^ 1]
    with pytest.raises(InvalidInput):
        OneTimeToken.read(twin)
