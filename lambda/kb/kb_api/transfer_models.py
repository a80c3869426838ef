"""The wire of packs as files."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from kb_api.edit_models import Id, Name
from kb_api.models import PackFields

Result = Literal["created", "updated", "unchanged", "shared", "refused"]


class ExportAs(Struct, frozen=True, kw_only=True):
    """The form of the file."""

    format: Literal["json", "csv"] = "json"


class ImportInto(Struct, frozen=True, kw_only=True):
    """Where a file's questions go: into an own pack, or a new one; `dry_run` only tells what would happen."""

    pack_id: Id | None = None
    name: Name | None = None
    dry_run: bool = False


class RowProblem(Struct, frozen=True, kw_only=True):
    """What is wrong with one field of a row; the whole row where `field` is empty."""

    field: str
    expected: str


class RowReport(Struct, frozen=True, kw_only=True):
    """What becomes of one row.

    `result`: created; updated or unchanged, an own question with this id; shared, one that everybody has and that is
    only linked; refused, for its problems.
    """

    row: int
    result: Result
    question_id: str | UnsetType = UNSET
    problems: Annotated[list[RowProblem], Meta(max_length=200)] | UnsetType = UNSET


class ImportReport(Struct, frozen=True, kw_only=True):
    """What an import did, or would do; `pack` is there when something was written."""

    is_valid: bool
    dry_run: bool
    created: int
    updated: int
    unchanged: int
    shared: int
    refused: int
    rows: list[RowReport]
    ignored_columns: list[str]
    pack: PackFields | UnsetType = UNSET
    success: bool = True
