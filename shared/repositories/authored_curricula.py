"""A tenant's own curricula as its teachers work on them: changes, the archive, removal."""

from datetime import datetime
from typing import Final

import msgspec

from shared.db import Pending, Unit
from shared.repositories.curricula import StoredDocument


class Changed(msgspec.Struct, frozen=True):
    """A curriculum that was removed, or could be."""

    id: str
    title: str


class Archived(msgspec.Struct, frozen=True):
    """A curriculum in the archive."""

    id: str
    title: str
    description: str
    topic_count: int
    archived_at: datetime


_CLAIM: Final = """SELECT claim_curriculum(%(tenant_id)s, %(curriculum_id)s, %(trusted)s, %(may_be_new)s,
                                           %(in_archive)s::boolean, %(seen)s::int)"""


class AuthoredCurriculumRepository:
    """The curricula of the unit's own tenant.

    Args:
        trusted: the caller is on a trusted network without accounts, where everybody may write.
    """

    def __init__(self, unit: Unit, *, trusted: bool) -> None:
        self._unit = unit
        self._trusted = trusted

    def claim(self, curriculum_id: str, *, may_be_new: bool = False, seen: int | None = None) -> None:
        """Queue the check that the caller may change a curriculum, and lock it until the unit's end.

        Args:
            may_be_new: there need be none of this id yet.
            seen: the revision the caller last read, where they said.
        Raises (at the unit's end): Forbidden `not_an_author`, or `read_only` for shared content. NotFound. Conflict
            `archived`, or `edited_meanwhile` when its revision is another.
        """
        self._claim(curriculum_id, may_be_new=may_be_new, in_archive=False, seen=seen)

    def document(self, curriculum_id: str) -> Pending[StoredDocument]:
        """Queue the read of the tenant's own document."""
        return self._unit.one(
            StoredDocument,
            """SELECT c.document, c.revision FROM curricula c
               WHERE c.tenant_id = %(tenant_id)s AND c.id = %(curriculum_id)s""",
            curriculum_id=curriculum_id,
            missing=f"curriculum {curriculum_id} not found",
        )

    def archive(self, curriculum_id: str) -> Pending[Archived]:
        """Queue the move of a curriculum into the archive: no list shows it, sessions on it go on."""
        self.claim(curriculum_id)
        return self._unit.one(
            Archived,
            """UPDATE curricula c
               SET status_before = nullif(c.status, 'archived'), status = 'archived', archived_at = now()
               WHERE c.tenant_id = %(tenant_id)s AND c.id = %(curriculum_id)s
               RETURNING c.id, c.title, c.description, c.topic_count, c.archived_at""",
            curriculum_id=curriculum_id,
        )

    def unarchive(self, curriculum_id: str) -> None:
        """Queue the way back; what its document calls archived is published."""
        self._claim(curriculum_id, in_archive=True)
        self._unit.run(
            """UPDATE curricula c
               SET status = coalesce(c.status_before, 'published'), status_before = NULL, archived_at = NULL
               WHERE c.tenant_id = %(tenant_id)s AND c.id = %(curriculum_id)s""",
            curriculum_id=curriculum_id,
        )

    def archived(self) -> Pending[list[Archived]]:
        """Queue the read of the archive, the latest first."""
        return self._unit.all(
            Archived,
            """SELECT c.id, c.title, c.description, c.topic_count, c.archived_at FROM curricula c
               WHERE c.tenant_id = %(tenant_id)s AND c.archived_at IS NOT NULL
               ORDER BY c.archived_at DESC, c.id LIMIT 1000""",
        )

    def look_up(self, curriculum_id: str) -> Pending[Changed]:
        """Queue the read of a curriculum that the caller could remove."""
        self._claim(curriculum_id)
        return self._unit.one(
            Changed,
            "SELECT c.id, c.title FROM curricula c WHERE c.tenant_id = %(tenant_id)s AND c.id = %(curriculum_id)s",
            curriculum_id=curriculum_id,
        )

    def remove(self, curriculum_id: str, *, in_archive: bool | None = None) -> Pending[Changed]:
        """Queue the removal of a curriculum with its topics and files.

        Args:
            in_archive: it must be there, or must not be; None takes both.
        """
        self._claim(curriculum_id, in_archive=in_archive)
        return self._unit.one(
            Changed,
            """DELETE FROM curricula c WHERE c.tenant_id = %(tenant_id)s AND c.id = %(curriculum_id)s
               RETURNING c.id, c.title""",
            curriculum_id=curriculum_id,
        )

    def _claim(
        self,
        curriculum_id: str,
        *,
        may_be_new: bool = False,
        in_archive: bool | None = None,
        seen: int | None = None,
    ) -> None:
        self._unit.run(
            _CLAIM,
            curriculum_id=curriculum_id,
            trusted=self._trusted,
            may_be_new=may_be_new,
            in_archive=in_archive,
            seen=seen,
        )
