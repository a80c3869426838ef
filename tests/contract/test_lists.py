"""Lists of section 8 of the contract, operation by operation."""

import pytest
from msgspec import UNSET, Struct, UnsetType

from shared.ids import new_id
from tests.conftest import BETA_TENANT
from tests.contract.conftest import World
from tests.contract.decoding import Int, Moment, Text, decode, refused
from tests.support.api import ApiClient

ITEM = {"sourceId": "ocw", "courseId": "8.01", "courseTitle": "Physics", "courseThumbnailUrl": None, "notes": "soon"}


class Item(Struct, rename="camel"):
    id: Text
    source_id: Text
    course_id: Text
    course_title: Text
    course_thumbnail_url: str | UnsetType = UNSET
    notes: str | UnsetType = UNSET


class CourseList(Struct, rename="camel"):
    id: Text
    name: Text
    description: str
    is_shared: bool
    item_count: Int
    created_at: Moment
    updated_at: Moment


class FullList(CourseList, rename="camel"):
    items: list[Item]


class Lists(Struct):
    lists: list[CourseList]


class Added(Struct, rename="camel"):
    added_count: Int
    items: list[Item]


class Done(Struct):
    success: bool


class Named(Struct):
    id: Text
    name: Text


class Memberships(Struct):
    memberships: dict[str, list[Named]]


def made(client: ApiClient, **facts: object) -> CourseList:
    return decode(client.post("/api/lists", {"name": "Mine", **facts}), CourseList, status=201)


def test_make_and_list(learner: ApiClient) -> None:
    assert decode(learner.get("/api/lists"), Lists).lists == []
    first = made(learner, name="  To   do ", description=None)
    assert (first.name, first.description, first.is_shared, first.item_count) == ("To do", "", False, 0)
    second = made(learner, isShared=True)
    found = decode(learner.get("/api/lists"), Lists).lists
    assert [row.id for row in found if row.id in {first.id, second.id}] == [second.id, first.id]
    refused(learner.post("/api/lists", {}), 400, "invalid_input", field="name")
    refused(learner.post("/api/lists", {"name": " "}), 400, "invalid_input", field="name")


def test_change_and_remove(learner: ApiClient) -> None:
    path = f"/api/lists/{made(learner, description='a').id}"
    changed = decode(learner.put(path, {"name": "Other", "description": None, "isShared": True}), CourseList)
    assert (changed.name, changed.description, changed.is_shared) == ("Other", "a", True)
    assert decode(learner.patch(path, {"description": ""}), CourseList).description == ""
    refused(learner.put(path, {"name": 7}), 400, "invalid_input", field="name")
    assert decode(learner.delete(path), Done).success
    for answer in (learner.get(path), learner.put(path, {"name": "x"}), learner.delete(path)):
        refused(answer, 404, "not_found")


def test_items(learner: ApiClient) -> None:
    path = f"/api/lists/{made(learner).id}"
    added = decode(learner.post(f"{path}/items", {"items": [ITEM, ITEM | {"courseId": "8.02"}]}), Added, status=201)
    assert added.added_count == len(added.items) == 2
    again = decode(learner.post(f"{path}/items", {"items": [ITEM]}), Added, status=201)
    assert (again.added_count, again.items) == (0, [])
    full = decode(learner.get(path), FullList)
    assert ([item.course_id for item in full.items], full.item_count) == (["8.01", "8.02"], 2)
    assert decode(learner.delete(f"{path}/items/{full.items[0].id}"), Done).success
    assert decode(learner.get(path), FullList).item_count == 1
    refused(learner.delete(f"{path}/items/{full.items[0].id}"), 404, "not_found")
    refused(learner.post(f"{path}/items", {"items": []}), 400, "invalid_input", field="items")
    refused(learner.post(f"/api/lists/{new_id()}/items", {"items": [ITEM]}), 404, "not_found")


def test_memberships(learner: ApiClient) -> None:
    mine = made(learner, name="Physics")
    course = f"c-{new_id()}"
    learner.post(f"/api/lists/{mine.id}/items", {"items": [ITEM | {"courseId": course}]})
    query = {"source_id": "ocw", "course_ids": f"{course},none"}
    found = decode(learner.get("/api/lists/memberships", query=query), Memberships).memberships
    assert {key: [(row.id, row.name) for row in rows] for key, rows in found.items()} == {
        course: [(mine.id, "Physics")]
    }
    assert decode(learner.get("/api/lists/memberships"), Memberships).memberships == {}


def test_what_is_shared_is_read_by_all_and_changed_by_teachers(learner: ApiClient, world: World) -> None:
    mine = made(learner, isShared=True)
    other, teacher = world.person(), world.person("teacher")
    assert decode(other.get(f"/api/lists/{mine.id}"), FullList).name == "Mine"
    refused(other.put(f"/api/lists/{mine.id}", {"name": "x"}), 403, "not_an_owner")
    refused(other.delete(f"/api/lists/{mine.id}"), 403, "not_an_owner")
    assert decode(teacher.put(f"/api/lists/{mine.id}", {"name": "Ours"}), CourseList).name == "Ours"


@pytest.mark.parametrize("elsewhere", [True, False], ids=["another tenant", "another learner"])
def test_what_is_not_shared_does_not_exist_for_others(learner: ApiClient, world: World, elsewhere: bool) -> None:
    mine = made(learner, isShared=elsewhere)
    other = world.person(tenant_id=BETA_TENANT) if elsewhere else world.person()
    for answer in (
        other.get(f"/api/lists/{mine.id}"),
        other.put(f"/api/lists/{mine.id}", {"name": "x"}),
        other.post(f"/api/lists/{mine.id}/items", {"items": [ITEM]}),
        other.delete(f"/api/lists/{mine.id}/items/{new_id()}"),
        other.delete(f"/api/lists/{mine.id}"),
        other.get("/api/lists/not-an-id"),
    ):
        refused(answer, 404, "not_found")
    assert mine.id not in {row.id for row in decode(other.get("/api/lists"), Lists).lists}
