"""The files of visual assets."""

import hashlib

import pytest

from shared.db import Database
from shared.errors import NotFound
from shared.repositories.assets import AssetRepository
from shared.repositories.content import store_curriculum
from tests.conftest import ALPHA, BETA
from tests.support.umcf import PICTURE, a_document


def test_a_file_comes_back_as_it_was(database: Database) -> None:
    png = b"\x89PNG\r\n\x1a\n\x00\xff'\\"
    with database.unit(ALPHA) as unit:
        store_curriculum(unit, a_document("mine"), {"p.svg": PICTURE, "q.png": png})
    with database.unit(ALPHA) as unit:
        one = AssetRepository(unit).get("mine", "q.png")
        every = AssetRepository(unit).of_curriculum("mine")
    assert (one.result.content_type, one.result.body) == ("image/png", png)
    assert one.result.sha256 == hashlib.sha256(png).hexdigest()
    assert [asset.file_name for asset in every.result] == ["p.svg", "q.png"]


def test_a_file_is_replaced(database: Database) -> None:
    for body in (PICTURE, PICTURE + b"\n"):
        with database.unit(ALPHA) as unit:
            store_curriculum(unit, a_document("mine"), {"p.svg": body})
    with database.unit(ALPHA) as unit:
        asset = AssetRepository(unit).get("mine", "p.svg")
    assert asset.result.body == PICTURE + b"\n"


def test_a_file_of_another_tenant_does_not_exist(database: Database) -> None:
    with database.unit(ALPHA) as unit:
        store_curriculum(unit, a_document("mine"), {"p.svg": PICTURE})
    with pytest.raises(NotFound, match=r"asset p\.svg of curriculum mine not found"), database.unit(BETA) as unit:
        AssetRepository(unit).get("mine", "p.svg")
    with database.unit(BETA) as unit:
        every = AssetRepository(unit).of_curriculum("mine")
    assert every.result == []
