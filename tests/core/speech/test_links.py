"""Signed addresses: whoever has one may listen for a while, and nobody can make one up."""

import pytest

from core.speech.links import Links
from shared import base64url
from shared.errors import NotFound

TENANT = "0190aaaa-0000-7000-8000-00000000000a"
HASH = "ab" * 32
NOON = 86_400 * 20_000 + 43_200


def token(links: Links, now: float = NOON) -> str:
    return links.address(TENANT, HASH, "mp3", now=now).partition("clip=")[2]


def test_an_address_is_read_back() -> None:
    links = Links(b"s" * 32)
    linked = links.read(token(links), now=NOON)
    assert (linked.tenant_id, linked.hash, linked.format) == (TENANT, HASH, "mp3")


def test_it_is_the_same_all_day_and_ends_after_the_next() -> None:
    links = Links(b"s" * 32)
    assert token(links) == token(links, NOON + 3_600)
    links.read(token(links), now=NOON + 86_400)
    with pytest.raises(NotFound):
        links.read(token(links), now=NOON + 2 * 86_400)


def test_no_bit_of_it_can_be_changed() -> None:
    links = Links(b"s" * 32)
    data = base64url.decode(token(links))
    for at in range(len(data)):
        forged = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        with pytest.raises(NotFound):
            links.read(base64url.encode(forged), now=NOON)


@pytest.mark.parametrize("text", ["", "x", "é" * 90, "=" * 90, "A" * 400, "%%%%"])
def test_anything_else_is_not_found(text: str) -> None:
    with pytest.raises(NotFound):
        Links(b"s" * 32).read(text, now=NOON)


def test_another_deployment_signs_otherwise() -> None:
    with pytest.raises(NotFound):
        Links(b"t" * 32).read(token(Links(b"s" * 32)), now=NOON)
