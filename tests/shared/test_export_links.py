"""Addresses of exports: whoever has one has that part for an hour, and nobody makes one up."""

import pytest

from shared.errors import NotFound
from shared.export_links import LASTS_S, ExportedPart, ExportLinks
from tests.conftest import ALPHA_TENANT, BETA_TENANT

PART = ExportedPart(ALPHA_TENANT, BETA_TENANT, 70_000)
LINKS = ExportLinks(bytes(32))
TOKEN = LINKS.address(PART, now=1_000).removeprefix("/media/export?part=")


def test_an_address_names_its_part_for_an_hour() -> None:
    assert LINKS.read(TOKEN, now=1_000) == PART
    assert LINKS.read(TOKEN, now=999 + LASTS_S) == PART
    with pytest.raises(NotFound):
        LINKS.read(TOKEN, now=1_000 + LASTS_S)


@pytest.mark.parametrize("token", ["", "x", TOKEN[:-1], TOKEN + "A", "B" + TOKEN[1:], "é", TOKEN[:40]])
def test_nobody_makes_one_up(token: str) -> None:
    with pytest.raises(NotFound):
        LINKS.read(token, now=1_000)


def test_another_deployments_is_none() -> None:
    with pytest.raises(NotFound):
        ExportLinks(bytes(31) + b"\x01").read(TOKEN, now=1_000)
