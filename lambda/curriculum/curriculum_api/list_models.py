"""What is sent and answered about lists of courses; camelCase, as the console reads it."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType, field

Name = Annotated[str, Meta(min_length=1, max_length=200)]
Prose = Annotated[str, Meta(max_length=5_000)]
Key = Annotated[str, Meta(min_length=1, max_length=300)]
Url = Annotated[str, Meta(max_length=2_000)]
MOST_ITEMS = 500


class NewList(Struct, frozen=True, rename="camel"):
    """A list to make; `isShared` shows it to everybody in the tenant."""

    name: Name
    description: Prose | None = None
    is_shared: bool | None = None


class ChangedList(Struct, frozen=True, rename="camel"):
    """Facts of a list to change; null and absent leave one as it is."""

    name: Name | None = None
    description: Prose | None = None
    is_shared: bool | None = None


class NewListItem(Struct, frozen=True, rename="camel"):
    """A course of an import source."""

    source_id: Key
    course_id: Key
    course_title: Key
    course_thumbnail_url: Url | None = None
    notes: Prose | None = None


class NewListItems(Struct, frozen=True):
    """Courses to add to a list; those that are in it already are left as they are."""

    items: Annotated[list[NewListItem], Meta(min_length=1, max_length=MOST_ITEMS)]


class FindMemberships(Struct, frozen=True):
    """Courses of a source, their ids separated by commas."""

    source_id: Annotated[str, Meta(max_length=300)] = ""
    course_ids: Annotated[str, Meta(max_length=20_000)] = ""


class ListAnswer(Struct, frozen=True, kw_only=True, rename="camel"):
    """A list without its items."""

    id: str
    name: str
    description: str
    is_shared: bool
    item_count: int
    created_at: str
    updated_at: str


class Lists(Struct, frozen=True, kw_only=True):
    """The lists the caller sees, the last changed first."""

    lists: list[ListAnswer]


class ItemAnswer(Struct, frozen=True, kw_only=True, rename="camel"):
    """A course in a list."""

    id: str
    source_id: str
    course_id: str
    course_title: str
    added_at: str
    course_thumbnail_url: str | UnsetType = UNSET
    notes: str | UnsetType = UNSET


class FullList(ListAnswer, frozen=True, kw_only=True, rename="camel"):
    """A list and its items, in the order they were added."""

    items: list[ItemAnswer]


class AddedItems(Struct, frozen=True, kw_only=True):
    """What was added; courses that were in the list already are not among them."""

    added_count: int = field(name="addedCount")
    items: list[ItemAnswer]


class Done(Struct, frozen=True, kw_only=True):
    """It is done."""

    success: bool


class MembershipAnswer(Struct, frozen=True, kw_only=True):
    """A list that holds a course."""

    id: str
    name: str


class Memberships(Struct, frozen=True, kw_only=True):
    """Lists by course; a course that is in none is left out."""

    memberships: dict[str, list[MembershipAnswer]]
