"""Lists of courses: the caller's own and those shared in the tenant."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from shared.db import Json, Pending, Unit
from shared.ids import new_id


class CourseList(msgspec.Struct, frozen=True):
    """A list without its items."""

    id: str
    name: str
    description: str
    is_shared: bool
    item_count: int
    created_at: datetime
    updated_at: datetime


class ListItem(msgspec.Struct, frozen=True):
    """A course of an import source in a list."""

    id: str
    source_id: str
    course_id: str
    course_title: str
    course_thumbnail_url: str | None
    notes: str | None
    added_at: datetime


class NewItem(msgspec.Struct, frozen=True):
    """A course to be added."""

    source_id: str
    course_id: str
    course_title: str
    course_thumbnail_url: str | None
    notes: str | None


class Membership(msgspec.Struct, frozen=True):
    """A list that holds a course."""

    course_id: str
    id: str
    name: str


_LISTS: Final = """SELECT l.id, l.name, l.description, l.is_shared,
    (SELECT count(*) FROM list_items i WHERE i.tenant_id = l.tenant_id AND i.list_id = l.id) AS item_count,
    l.created_at, l.updated_at
    FROM lists l WHERE l.tenant_id = %(tenant_id)s AND (l.user_id = app_user() OR l.is_shared)
"""


class ListRepository:
    """The lists the caller sees."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def all(self, *, limit: int) -> Pending[list[CourseList]]:
        """Queue the read of the lists the caller sees, the last changed first."""
        return self._unit.all(
            CourseList, _LISTS + " ORDER BY l.updated_at DESC, l.id DESC LIMIT %(limit)s", limit=limit
        )

    def get(self, list_id: str) -> Pending[CourseList]:
        """Queue the read of one list; NotFound when the caller sees none of this id."""
        sql = _LISTS + " AND l.id = %(list_id)s"
        return self._unit.one(CourseList, sql, list_id=list_id, missing=f"list {list_id} not found")

    def items(self, list_id: str) -> Pending[list[ListItem]]:
        """Queue the read of a list's items in the order they were added; none for a list the caller does not see."""
        return self._unit.all(
            ListItem,
            """SELECT i.id, i.source_id, i.course_id, i.course_title, i.course_thumbnail_url, i.notes, i.added_at
               FROM list_items i
               WHERE i.tenant_id = %(tenant_id)s AND i.list_id = %(list_id)s
                 AND EXISTS (SELECT FROM lists l WHERE l.tenant_id = %(tenant_id)s AND l.id = i.list_id
                                                   AND (l.user_id = app_user() OR l.is_shared))
               ORDER BY i.position""",
            list_id=list_id,
        )

    def add(self, *, name: str, description: str, is_shared: bool) -> str:
        """Queue a new list of the caller's and return its id."""
        list_id = new_id()
        self._unit.run(
            """INSERT INTO lists (tenant_id, id, user_id, name, description, is_shared)
               VALUES (%(tenant_id)s, %(id)s, app_user(), %(name)s, %(description)s, %(is_shared)s)""",
            id=list_id,
            name=name,
            description=description,
            is_shared=is_shared,
        )
        return list_id

    def change(self, list_id: str, *, name: str | None, description: str | None, is_shared: bool | None) -> None:
        """Queue other facts for a list; None leaves one as it is.

        Raises (at the unit's end): NotFound, Forbidden: as `claim_list` refuses.
        """
        self._claim(list_id)
        self._unit.run(
            """UPDATE lists l SET name = coalesce(%(name)s, l.name),
                      description = coalesce(%(description)s, l.description),
                      is_shared = coalesce(%(is_shared)s::boolean, l.is_shared), updated_at = now()
               WHERE l.tenant_id = %(tenant_id)s AND l.id = %(list_id)s""",
            list_id=list_id,
            name=name,
            description=description,
            is_shared=is_shared,
        )

    def remove(self, list_id: str) -> None:
        """Queue the removal of a list; refused as a change."""
        self._claim(list_id)
        self._unit.run("DELETE FROM lists l WHERE l.tenant_id = %(tenant_id)s AND l.id = %(list_id)s", list_id=list_id)

    def add_items(self, list_id: str, items: Sequence[NewItem]) -> Pending[list[ListItem]]:
        """Queue the addition of courses and answer those that were not in the list yet; refused as a change."""
        self._claim(list_id)
        rows = [
            {
                "id": new_id(),
                "source_id": item.source_id,
                "course_id": item.course_id,
                "course_title": item.course_title,
                "course_thumbnail_url": item.course_thumbnail_url,
                "notes": item.notes,
            }
            for item in items
        ]
        added = self._unit.all(
            ListItem,
            """INSERT INTO list_items (tenant_id, list_id, id, source_id, course_id, course_title,
                    course_thumbnail_url, notes)
               SELECT %(tenant_id)s, %(list_id)s, i.id, i.source_id, i.course_id, i.course_title,
                    i.course_thumbnail_url, i.notes
               FROM jsonb_to_recordset(%(rows)s) AS i(id uuid, source_id text, course_id text, course_title text,
                    course_thumbnail_url text, notes text)
               ON CONFLICT (tenant_id, list_id, source_id, course_id) DO NOTHING
               RETURNING id, source_id, course_id, course_title, course_thumbnail_url, notes, added_at""",
            list_id=list_id,
            rows=Json(rows),
        )
        self._touch(list_id)
        return added

    def remove_item(self, list_id: str, item_id: str) -> None:
        """Queue the removal of one item; refused as a change.

        Raises (at the unit's end): NotFound: the list has no such item.
        """
        self._claim(list_id)
        self._unit.run(
            """SELECT refuse('PT404', format('item %%s of list %%s not found', %(item_id)s::text, %(list_id)s::text))
               WHERE NOT EXISTS (SELECT FROM list_items i WHERE i.tenant_id = %(tenant_id)s
                                   AND i.list_id = %(list_id)s::uuid AND i.id = %(item_id)s::uuid)""",
            list_id=list_id,
            item_id=item_id,
        )
        self._unit.run(
            """DELETE FROM list_items i
               WHERE i.tenant_id = %(tenant_id)s AND i.list_id = %(list_id)s AND i.id = %(item_id)s""",
            list_id=list_id,
            item_id=item_id,
        )
        self._touch(list_id)

    def memberships(self, source_id: str, course_ids: Sequence[str]) -> Pending[list[Membership]]:
        """Queue the read of which of the caller's lists hold which of a source's courses."""
        return self._unit.all(
            Membership,
            """SELECT i.course_id, l.id, l.name FROM list_items i
               JOIN lists l ON l.tenant_id = i.tenant_id AND l.id = i.list_id
               WHERE i.tenant_id = %(tenant_id)s AND i.source_id = %(source_id)s
                 AND i.course_id = ANY(%(course_ids)s::text[]) AND (l.user_id = app_user() OR l.is_shared)
               ORDER BY i.course_id, l.name, l.id""",
            source_id=source_id,
            course_ids=list(course_ids),
        )

    def _claim(self, list_id: str) -> None:
        self._unit.run("SELECT claim_list(%(tenant_id)s, %(list_id)s::uuid)", list_id=list_id)

    def _touch(self, list_id: str) -> None:
        self._unit.run(
            "UPDATE lists l SET updated_at = now() WHERE l.tenant_id = %(tenant_id)s AND l.id = %(list_id)s",
            list_id=list_id,
        )
