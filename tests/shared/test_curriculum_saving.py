"""Pictures in the object store: there before their row, gone after it."""

import io
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from PIL import Image

from shared.curriculum_saving import MOST_IN_ROW, Terms, save_curriculum
from shared.db import Database, Unit
from shared.domain.pictures import Picture, read_picture
from shared.errors import Conflict, InvalidInput, Unavailable
from shared.repositories.assets import AssetRepository
from shared.storage.objects import Objects, open_objects
from tests.conftest import ALPHA, ALPHA_TENANT
from tests.support.archives import a_photo
from tests.support.umcf import PICTURE, a_document, a_topic

TERMS = Terms(trusted=True, may_be_new=True)


@pytest.fixture
def store() -> Objects:
    return open_objects("memory://")


def document(*names: str) -> dict[str, Any]:
    assets = [{"id": name, "type": "image", "alt": "-", "localPath": f"assets/{name}"} for name in names]
    return a_document("light", a_topic("rays", media={"embedded": assets}))


def save(database: Database, store: Objects, names: list[str], pictures: list[Picture], terms: Terms = TERMS) -> None:
    def unit() -> AbstractContextManager[Unit]:
        return database.unit(ALPHA)

    save_curriculum(unit, store, document(*names), pictures, terms=terms)


def keys(store: Objects) -> list[str]:
    return sorted(store.keys(f"tenants/{ALPHA_TENANT}/assets"))


def test_large_files_go_into_the_store_and_small_ones_into_their_row(database: Database, store: Objects) -> None:
    photo = read_picture("p.jpg", a_photo())
    assert len(photo.body) > MOST_IN_ROW
    save(database, store, ["p.jpg", "d.svg"], [photo, read_picture("d.svg", PICTURE)])
    with database.unit(ALPHA) as unit:
        found = AssetRepository(unit).of_curriculum("light")
    drawing, large = found.result
    assert (drawing.body, drawing.object_key) == (PICTURE, None)
    assert (large.body, [large.object_key]) == (None, keys(store))
    assert store.get(keys(store)[0]) == photo.body
    assert (large.width, large.height, large.size) == (900, 600, len(photo.body))
    assert large.thumbnail is not None
    assert max(Image.open(io.BytesIO(large.thumbnail)).size) == 320


def test_files_that_are_replaced_or_not_named_any_more_leave_the_store(database: Database, store: Objects) -> None:
    first, second = read_picture("p.jpg", a_photo()), read_picture("p.jpg", a_photo(800, 700))
    save(database, store, ["p.jpg"], [first])
    before = keys(store)
    save(database, store, ["p.jpg"], [first])
    assert keys(store) == before
    save(database, store, ["p.jpg"], [second])
    assert len(keys(store)) == 1
    assert keys(store) != before
    save(database, store, [], [])
    assert keys(store) == []


def test_what_is_refused_leaves_nothing_in_the_store(database: Database, store: Objects) -> None:
    photo = read_picture("p.jpg", a_photo())
    with pytest.raises(InvalidInput):
        save_curriculum(lambda: database.unit(ALPHA), store, {"umcf": "1.0.0"}, [photo], terms=TERMS)
    save(database, store, [], [])
    with pytest.raises(Conflict, match="changed by somebody else"):
        save(database, store, ["p.jpg"], [photo], Terms(trusted=True, seen=7))
    assert keys(store) == []


def test_files_stay_where_nobody_knows_whether_their_rows_are_there(database: Database, store: Objects) -> None:
    units = 0

    @contextmanager
    def losing_the_answer() -> Generator[Unit]:
        nonlocal units
        units += 1
        with database.unit(ALPHA) as unit:
            yield unit
        if units == 2:
            raise Unavailable("the connection broke after the commit")

    with pytest.raises(Unavailable):
        save_curriculum(losing_the_answer, store, document("p.jpg"), [read_picture("p.jpg", a_photo())], terms=TERMS)
    with database.unit(ALPHA) as unit:
        found = AssetRepository(unit).of_curriculum("light")
    assert [row.object_key for row in found.result] == keys(store)
