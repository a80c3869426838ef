"""Lists of courses somebody wants to import or teach."""

from typing import Final

from msgspec import UNSET

from curriculum_api.list_models import (
    AddedItems,
    ChangedList,
    Done,
    FindMemberships,
    FullList,
    ItemAnswer,
    ListAnswer,
    Lists,
    MembershipAnswer,
    Memberships,
    NewList,
    NewListItems,
)
from shared.api import Access, Request, Routes
from shared.clock import iso
from shared.errors import InvalidInput
from shared.ids import known_id
from shared.repositories.lists import CourseList, ListItem, ListRepository, NewItem

routes = Routes("curriculum")

_MOST_LISTS: Final = 1_000


@routes.get("/api/lists", access=Access.CLIENT)
def list_lists(request: Request) -> Lists:
    """Return the caller's lists and those shared in the tenant."""
    with request.unit() as unit:
        rows = ListRepository(unit).all(limit=_MOST_LISTS)
    return Lists(lists=[_list(row) for row in rows.result])


@routes.post("/api/lists", access=Access.CLIENT, status=201)
def add_list(request: Request, body: NewList) -> ListAnswer:
    """Make a list."""
    with request.unit() as unit:
        lists = ListRepository(unit)
        list_id = lists.add(name=_name(body.name), description=body.description or "", is_shared=bool(body.is_shared))
        made = lists.get(list_id)
    return _list(made.result)


@routes.get("/api/lists/memberships", access=Access.CLIENT)
def find_memberships(request: Request, query: FindMemberships) -> Memberships:
    """Return which lists hold which of a source's courses."""
    wanted = [course for course in query.course_ids.split(",") if course]
    with request.unit() as unit:
        rows = ListRepository(unit).memberships(query.source_id, wanted)
    found: dict[str, list[MembershipAnswer]] = {}
    for row in rows.result:
        found.setdefault(row.course_id, []).append(MembershipAnswer(id=row.id, name=row.name))
    return Memberships(memberships=found)


@routes.get("/api/lists/{list_id}", access=Access.CLIENT)
def get_list(request: Request, list_id: str) -> FullList:
    """Return a list and its items."""
    list_id = known_id(list_id, "list")
    with request.unit() as unit:
        row = ListRepository(unit).get(list_id)
        items = ListRepository(unit).items(list_id)
    return _full(row.result, items.result)


@routes.put("/api/lists/{list_id}", access=Access.CLIENT)
@routes.patch("/api/lists/{list_id}", access=Access.CLIENT)
def change_list(request: Request, list_id: str, body: ChangedList) -> ListAnswer:
    """Change facts of a list."""
    list_id = known_id(list_id, "list")
    with request.unit() as unit:
        lists = ListRepository(unit)
        name = None if body.name is None else _name(body.name)
        lists.change(list_id, name=name, description=body.description, is_shared=body.is_shared)
        row = lists.get(list_id)
    return _list(row.result)


@routes.delete("/api/lists/{list_id}", access=Access.CLIENT)
def remove_list(request: Request, list_id: str) -> Done:
    """Remove a list and what is in it."""
    list_id = known_id(list_id, "list")
    with request.unit() as unit:
        ListRepository(unit).remove(list_id)
    return Done(success=True)


@routes.post("/api/lists/{list_id}/items", access=Access.CLIENT, status=201)
def add_list_items(request: Request, list_id: str, body: NewListItems) -> AddedItems:
    """Add courses to a list."""
    list_id = known_id(list_id, "list")
    items = [
        NewItem(item.source_id, item.course_id, item.course_title, item.course_thumbnail_url, item.notes)
        for item in body.items
    ]
    with request.unit() as unit:
        added = ListRepository(unit).add_items(list_id, items)
    return AddedItems(added_count=len(added.result), items=[_item(item) for item in added.result])


@routes.delete("/api/lists/{list_id}/items/{item_id}", access=Access.CLIENT)
def remove_list_item(request: Request, list_id: str, item_id: str) -> Done:
    """Take a course off a list."""
    list_id, item_id = known_id(list_id, "list"), known_id(item_id, "item")
    with request.unit() as unit:
        ListRepository(unit).remove_item(list_id, item_id)
    return Done(success=True)


def _name(given: str) -> str:
    name = " ".join(given.split())
    if not name:
        raise InvalidInput("name: must not be blank", details={"name": "must not be blank"})
    return name


def _list(row: CourseList) -> ListAnswer:
    return ListAnswer(
        id=row.id,
        name=row.name,
        description=row.description,
        is_shared=row.is_shared,
        item_count=row.item_count,
        created_at=iso(row.created_at),
        updated_at=iso(row.updated_at),
    )


def _full(row: CourseList, items: list[ListItem]) -> FullList:
    return FullList(
        id=row.id,
        name=row.name,
        description=row.description,
        is_shared=row.is_shared,
        item_count=row.item_count,
        created_at=iso(row.created_at),
        updated_at=iso(row.updated_at),
        items=[_item(item) for item in items],
    )


def _item(item: ListItem) -> ItemAnswer:
    return ItemAnswer(
        id=item.id,
        source_id=item.source_id,
        course_id=item.course_id,
        course_title=item.course_title,
        added_at=iso(item.added_at),
        course_thumbnail_url=item.course_thumbnail_url or UNSET,
        notes=item.notes or UNSET,
    )
