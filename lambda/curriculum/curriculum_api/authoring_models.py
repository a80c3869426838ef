"""What teachers send about whole curricula, and what they are answered."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from curriculum_api.models import Summary, Text

Prose = Annotated[str, Meta(max_length=50_000)]
Title = Annotated[str, Meta(min_length=1, max_length=500)]


class Seen(Struct, frozen=True):
    """The revision the editor last read: when it is not the present one any more, the change is refused with 409."""

    revision: Annotated[int, Meta(ge=1)] | None = None


class Removal(Struct, frozen=True):
    """`confirm=false` asks before anything is removed."""

    confirm: bool = True


class Facts(Struct, frozen=True):
    """Single facts of a curriculum to change; null and absent leave one as it is."""

    title: Title | None = None
    description: Prose | None = None
    difficulty: Text | None = None
    age_range: Text | None = None
    keywords: Annotated[list[Text], Meta(max_length=500)] | None = None


class ImportSource(Struct, frozen=True):
    """A document to import, as JSON; `url` is understood and refused: nothing is fetched from other machines."""

    content: object = None
    url: Annotated[str, Meta(max_length=2000)] | None = None


class Imported(Struct, frozen=True, kw_only=True):
    """A curriculum that was taken in; `file_path` is the name it is exported by."""

    status: str
    id: str
    title: str
    file_path: str
    version: str
    revision: int
    topic_count: int


class SavedCurriculum(Summary, frozen=True, kw_only=True):
    """A curriculum as it is after a change; `status` says what happened."""


class RemovedCurriculum(Struct, frozen=True, kw_only=True):
    """What was removed, or what would be: `status` is deleted or confirmation_required."""

    status: str
    id: str
    title: str


class ArchivedCurriculum(Struct, frozen=True, kw_only=True):
    """A curriculum in the archive; `file` and `file_name` are what the archive's other operations call it."""

    id: str
    title: str
    description: str
    file_name: str
    file: str
    topic_count: int
    archived_at: str
    original_id: str
    archived_path: str
    status: str | UnsetType = UNSET


class RemovedFile(Struct, frozen=True, kw_only=True):
    """What was removed from the archive."""

    status: str
    file_name: str


class PreloadedAsset(Struct, frozen=True, kw_only=True):
    """An asset, and why nothing was fetched for it."""

    asset_id: str
    status: str
    reason: str


class Preloaded(Struct, frozen=True, kw_only=True):
    """What was fetched: nothing ever is, the counters are for the console."""

    status: str
    downloaded: int
    failed: int
    skipped: int
    details: list[PreloadedAsset]
