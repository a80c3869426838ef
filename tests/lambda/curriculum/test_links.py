"""Addresses of pictures that need no credential."""

import pytest
from curriculum_api.links import ROUTE, AssetLinks

from shared.errors import NotFound
from shared.ids import new_id
from tests.conftest import ALPHA_TENANT
from tests.support.identity import SECRET

DAY = 86_400
NOON = 20_000 * DAY + DAY // 2


def token_of(address: str) -> str:
    assert address.startswith(f"{ROUTE}?file=")
    return address.partition("=")[2]


def test_an_address_names_a_file_for_a_week_and_is_the_same_all_day() -> None:
    asset_id = new_id()
    links = AssetLinks(SECRET, now=NOON)
    address = links.address(ALPHA_TENANT, asset_id)
    assert address == AssetLinks(SECRET, now=NOON + DAY // 3).address(ALPHA_TENANT, asset_id)
    linked = AssetLinks(SECRET, now=NOON + 7 * DAY).read(token_of(address))
    assert (linked.tenant_id, linked.asset_id, linked.is_thumbnail) == (ALPHA_TENANT, asset_id, False)
    assert links.read(token_of(links.address(ALPHA_TENANT, asset_id, thumbnail=True))).is_thumbnail
    with pytest.raises(NotFound):
        AssetLinks(SECRET, now=NOON + 8 * DAY).read(token_of(address))


def test_a_changed_or_foreign_address_names_nothing() -> None:
    links = AssetLinks(SECRET, now=NOON)
    token = token_of(links.address(ALPHA_TENANT, new_id()))
    other = token_of(AssetLinks(b"x" * 32, now=NOON).address(ALPHA_TENANT, new_id()))
    changed = [token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :] for at in range(0, len(token), 5)]
    for bad in ("", "ü", "A", token[:-4], token + "AAAA", other, *changed):
        with pytest.raises(NotFound, match="no such file"):
            links.read(bad)
