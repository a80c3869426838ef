"""The form of a ticket, and what is kept of it."""

import pytest

from shared.auth.ws_tickets import PREFIX, hash_ticket, mint_ticket, tenant_of_ticket
from shared.errors import Unauthenticated
from tests.conftest import ALPHA_TENANT

SECRET = bytes(32)


def test_a_ticket_knows_its_tenant_and_no_two_are_alike() -> None:
    first, second = mint_ticket(ALPHA_TENANT), mint_ticket(ALPHA_TENANT)
    assert tenant_of_ticket(first) == tenant_of_ticket(second) == ALPHA_TENANT
    assert first != second


def test_the_hash_is_keyed() -> None:
    ticket = mint_ticket(ALPHA_TENANT)
    assert hash_ticket(ticket, SECRET) == hash_ticket(ticket, SECRET)
    assert hash_ticket(ticket, SECRET) != hash_ticket(ticket, bytes(31) + b"1")


@pytest.mark.parametrize(
    "text", ["", PREFIX, PREFIX + "A" * 53, PREFIX + "A" * 55, PREFIX + "é" * 54, "A" * 65, "\x00"]
)
def test_what_is_no_ticket(text: str) -> None:
    with pytest.raises(Unauthenticated):
        tenant_of_ticket(text)
