"""A curriculum on its way into the database, and its larger pictures into the object store.

A file is in the store before the row that names it is committed, and removed after the row is gone, so that no row ever
names a file that is not there.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final

import msgspec

from shared.db import Pending, Unit
from shared.domain.curriculum import Curriculum, read_curriculum
from shared.domain.curriculum_check import curriculum_problems
from shared.domain.curriculum_files import local_files
from shared.domain.curriculum_phones import for_phones
from shared.domain.pictures import Picture
from shared.domain.shapes import refuse
from shared.errors import AppError, Unavailable
from shared.ids import new_id
from shared.logging import get_logger
from shared.repositories.assets import AssetRepository, RemovedAsset
from shared.repositories.authored_curricula import AuthoredCurriculumRepository
from shared.repositories.curricula import CurriculumDetail, CurriculumRepository
from shared.repositories.topics import TopicRepository
from shared.storage.port import ObjectStore

# Up to here a file costs less in its row than a fetch of its own.
MOST_IN_ROW: Final = 32_768

log = get_logger("curricula")

OpenUnit = Callable[[], AbstractContextManager[Unit]]


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """Under which a curriculum is saved.

    Attributes:
        trusted: the caller is on a trusted network without accounts. may_be_new: there need be none of this id yet.
        seen: the revision that was changed, where the caller said.
    """

    trusted: bool
    may_be_new: bool = False
    seen: int | None = None


def save_curriculum(
    open_unit: OpenUnit,
    store: ObjectStore | None,
    document: Mapping[str, Any],
    pictures: Sequence[Picture] = (),
    *,
    terms: Terms,
) -> CurriculumDetail:
    """Store a document, its topics and new files, and return it; files it no longer names go. All of it or nothing.

    Args:
        open_unit: opens a unit of work of the caller, in whose tenant the curriculum is or will be.
        store: of larger files; None keeps every file in its row.
    Raises: InvalidInput: every problem of the document, by JSON pointer. What `AuthoredCurriculumRepository.claim`
        refuses. Unavailable: the store or the database does not answer.
    """
    ready = ready_to_save(open_unit, store, document, pictures, terms=terms)
    try:
        with open_unit() as unit:
            saved = queue_saving(unit, ready, terms=terms)
    except AppError as error:
        undo(store, ready.files.keys.values(), error)
        raise
    discard(store, saved.discarded)
    return saved.detail.result


class Ready(msgspec.Struct, frozen=True):
    """A curriculum whose document is good and whose new files are stored, while no row names them yet."""

    curriculum: Curriculum
    document: Mapping[str, Any]
    files: "NewFiles"


class Saved(msgspec.Struct, frozen=True):
    """What a unit of work has queued: the curriculum as it will be, and the files that no row will name any more."""

    detail: Pending[CurriculumDetail]
    removed: Pending[list[RemovedAsset]]
    replaced: Sequence[str]

    @property
    def discarded(self) -> list[str]:
        """The keys of the objects to remove, once the unit of work has ended."""
        return [*self.replaced, *(row.object_key for row in self.removed.result if row.object_key)]


def ready_to_save(
    open_unit: OpenUnit,
    store: ObjectStore | None,
    document: Mapping[str, Any],
    pictures: Sequence[Picture] = (),
    *,
    terms: Terms,
) -> Ready:
    """Check a document and store its new files; see save_curriculum. Whoever goes no further discards those."""
    refuse(curriculum_problems(dict(document)), "curriculum")
    curriculum = read_curriculum(for_phones(document))
    # Whoever may not write it puts nothing into the store.
    new = _put(open_unit, store, curriculum.id, pictures, terms) if pictures else NewFiles()
    return Ready(curriculum, document, new)


def queue_saving(unit: Unit, ready: Ready, *, terms: Terms) -> Saved:
    """Queue a curriculum with its topics and files in a unit of work, whose other statements share its fate."""
    curriculum, new = ready.curriculum, ready.files
    _claim(unit, curriculum.id, terms)
    CurriculumRepository(unit).store(curriculum, ready.document)
    TopicRepository(unit).replace(curriculum.id, curriculum.topics)
    assets = AssetRepository(unit)
    for picture in new.pictures:
        assets.store(curriculum.id, picture, object_key=new.keys.get(picture.name))
    removed = assets.keep_only(curriculum.id, sorted(local_files(ready.document)))
    return Saved(CurriculumRepository(unit).get(curriculum.id), removed, new.replaced)


def undo(store: ObjectStore | None, keys: Iterable[str], error: AppError) -> None:
    """Remove files whose rows were refused.

    Where the database did not answer, it may have committed all the same: they stay, and if no row names them they are
    found by housekeeping.
    """
    if not isinstance(error, Unavailable):
        discard(store, keys)


def discard(store: ObjectStore | None, keys: Iterable[str]) -> None:
    """Remove files that no row names any more."""
    for key in keys:
        if store is not None:
            try:
                store.delete(key)
            except Unavailable:
                # What was asked for is done; a file too many is found by its key when the tenant is removed.
                log.warning("object_not_removed", key=key)


class NewFiles(msgspec.Struct, frozen=True):
    """Pictures that are not there yet, where the larger ones have been put by name, and what they replace there."""

    pictures: Sequence[Picture] = ()
    keys: Mapping[str, str] = msgspec.field(default_factory=dict[str, str])
    replaced: Sequence[str] = ()


def _claim(unit: Unit, curriculum_id: str, terms: Terms) -> None:
    own = AuthoredCurriculumRepository(unit, trusted=terms.trusted)
    own.claim(curriculum_id, may_be_new=terms.may_be_new, seen=terms.seen)


def _put(
    open_unit: OpenUnit, store: ObjectStore | None, curriculum_id: str, pictures: Sequence[Picture], terms: Terms
) -> NewFiles:
    """Put those of the pictures into the store that are new and large."""
    with open_unit() as unit:
        _claim(unit, curriculum_id, terms)
        facts = AssetRepository(unit).own_facts(curriculum_id)
        folder = f"tenants/{unit.tenant_id}/assets"
    held = {fact.file_name: fact for fact in facts.result}
    new = [p for p in pictures if p.name not in held or held[p.name].sha256 != p.sha256]
    old = [held[p.name].object_key for p in new if p.name in held]
    keys: dict[str, str] = {}
    for picture in new:
        if store is not None and len(picture.body) > MOST_IN_ROW:
            key = f"{folder}/{new_id()}"
            try:
                store.put(key, picture.body)
            except AppError:
                discard(store, keys.values())
                raise
            keys[picture.name] = key
    return NewFiles(new, keys, [key for key in old if key])
