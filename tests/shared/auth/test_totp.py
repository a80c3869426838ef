"""One-time codes are RFC 6238's."""

import pytest

from shared.auth.totp import STEP_S, code_at, provisioning_uri, step_of, totp_key

RFC_KEY = b"12345678901234567890"


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_the_vectors_of_the_rfc(moment: int, code: str) -> None:
    assert code_at(RFC_KEY, moment // STEP_S) == code[-6:]


def test_a_code_stands_a_step_around_its_own() -> None:
    code = code_at(RFC_KEY, 100)
    found = [step_of(RFC_KEY, code, step * STEP_S) for step in (98, 99, 100, 101, 102)]
    assert found == [None, 100, 100, 100, None]
    assert step_of(RFC_KEY, "é", 3000) is None


def test_a_key_needs_both_the_secret_and_the_nonce() -> None:
    keys = {totp_key(secret, nonce) for secret in (b"a" * 32, b"b" * 32) for nonce in ("1", "2")}
    assert {len(key) for key in keys} == {20}
    assert len(keys) == 4


def test_an_authenticator_app_reads_the_link() -> None:
    uri = provisioning_uri(RFC_KEY, "ada@school.example")
    assert uri.startswith("otpauth://totp/UnaMentis:ada%40school.example?secret=GEZDGNBV")
