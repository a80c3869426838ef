"""Lists of courses; the contract suite asks for the same over HTTP."""

import pytest

from shared.db import Database
from shared.errors import Forbidden, NotFound
from shared.ids import new_id
from shared.repositories.lists import ListRepository, NewItem
from tests.conftest import ALPHA, ALPHA_TENANT, BETA
from tests.support.people import add_person

PHYSICS = NewItem("ocw", "8.01", "Physics", None, "soon")
WAVES = NewItem("ocw", "8.03", "Waves", "https://pictures.example/w.png", None)


def make(database: Database, *, is_shared: bool = False) -> str:
    with database.unit(ALPHA) as unit:
        list_id = ListRepository(unit).add(name="Mine", description="", is_shared=is_shared)
        ListRepository(unit).add_items(list_id, [PHYSICS, WAVES])
    return list_id


def test_courses_stay_in_the_order_they_were_added_and_are_there_once(database: Database) -> None:
    list_id = make(database)
    with database.unit(ALPHA) as unit:
        again = ListRepository(unit).add_items(list_id, [WAVES, PHYSICS])
    with database.unit(ALPHA) as unit:
        found = ListRepository(unit).get(list_id)
        items = ListRepository(unit).items(list_id)
    assert again.result == []
    assert found.result.item_count == 2
    assert [(item.course_title, item.notes) for item in items.result] == [("Physics", "soon"), ("Waves", None)]


def test_a_list_shows_nothing_to_others_until_it_is_shared(database: Database) -> None:
    mate = add_person(database, ALPHA_TENANT)
    hidden, shared = make(database), make(database, is_shared=True)
    with database.unit(mate) as unit:
        lists = ListRepository(unit)
        every, items, within = lists.all(limit=10), lists.items(hidden), lists.memberships("ocw", ["8.01"])
    assert [row.id for row in every.result] == [shared]
    assert items.result == []
    assert [row.id for row in within.result] == [shared]
    with database.unit(BETA) as unit:
        elsewhere = ListRepository(unit).all(limit=10)
    assert elsewhere.result == []


def test_only_its_owner_and_teachers_change_a_shared_list(database: Database) -> None:
    list_id = make(database, is_shared=True)
    for person, refusal in ((add_person(database, ALPHA_TENANT), Forbidden), (BETA, NotFound)):
        with pytest.raises(refusal), database.unit(person) as unit:
            ListRepository(unit).remove(list_id)
    with database.unit(add_person(database, ALPHA_TENANT, "teacher")) as unit:
        ListRepository(unit).remove(list_id)
    with pytest.raises(NotFound), database.unit(ALPHA) as unit:
        ListRepository(unit).get(list_id)


def test_an_item_that_is_not_there_cannot_be_removed(database: Database) -> None:
    list_id = make(database)
    with pytest.raises(NotFound, match="item"), database.unit(ALPHA) as unit:
        ListRepository(unit).remove_item(list_id, new_id())
