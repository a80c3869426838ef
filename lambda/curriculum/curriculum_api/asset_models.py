"""What is sent and answered about the visual assets of a topic."""

from typing import Annotated, Any

from msgspec import Meta, Struct, field

FileName = Annotated[str, Meta(min_length=1, max_length=200)]
MimeType = Annotated[str, Meta(min_length=1, max_length=100)]


class AnnouncedAsset(Struct, frozen=True):
    """An asset as the Android app names it: without its file, which is uploaded as a form."""

    filename: FileName
    mime_type: MimeType
    caption: Annotated[str, Meta(max_length=5_000)] | None = None
    position: Annotated[int, Meta(ge=0, le=100_000)] | None = None


class TopicAssets(Struct, frozen=True, kw_only=True):
    """The visual assets of a topic."""

    assets: list[dict[str, Any]]


class OneAsset(Struct, frozen=True, kw_only=True):
    """One visual asset."""

    asset: dict[str, Any]


class SavedAsset(Struct, frozen=True, kw_only=True):
    """A visual asset as it is after a change: for the console under `asset`, for Android at the top."""

    status: str
    asset: dict[str, Any]
    id: str
    filename: str
    mime_type: str
    local_path: str = field(name="localPath")


class RemovedAnswer(Struct, frozen=True, kw_only=True):
    """It is done."""

    status: str
