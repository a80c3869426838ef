import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.base64url import decode, encode


@given(st.binary(max_size=80))
def test_what_is_written_is_read(data: bytes) -> None:
    assert decode(encode(data)) == data


@pytest.mark.parametrize("text", ["QQ==", "QR", "Q", "Q Q", "QQ\n", "+/8", "é", "QQ\u0000", "QUI=", "QUJ!D"])
def test_there_is_one_spelling(text: str) -> None:
    with pytest.raises(ValueError, match=r"base64url|spelling"):
        decode(text)
