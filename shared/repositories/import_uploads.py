"""Files people brought to be imported: what they are; their bytes are in the object store."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from shared.db import Pending, Unit


class ImportUpload(msgspec.Struct, frozen=True, kw_only=True):
    """A file. revision: the hex of its SHA-256. topics: how many it makes."""

    id: str
    name: str
    title: str
    size: int
    revision: str
    license: str
    topics: int
    object_key: str
    created_at: datetime


class ImportUploadRepository:
    """The files of one unit of work's tenant."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def add(
        self,
        upload_id: str,
        *,
        name: str,
        title: str,
        size: int,
        revision: str,
        license_name: str,
        topics: int,
        object_key: str,
    ) -> Pending[ImportUpload]:
        """Queue the note of a file that has been stored, and its read."""
        self._unit.run(
            """INSERT INTO import_uploads (tenant_id, id, name, title, size, revision, license, topics, object_key,
                                           created_by)
               VALUES (%(tenant_id)s, %(id)s, %(name)s, %(title)s, %(size)s, %(revision)s, %(license)s, %(topics)s,
                       %(object_key)s, (SELECT m.user_id FROM memberships m
                                        WHERE m.tenant_id = %(tenant_id)s AND m.user_id = app_user()))""",
            id=upload_id,
            name=name,
            title=title,
            size=size,
            revision=revision,
            license=license_name,
            topics=topics,
            object_key=object_key,
        )
        return self.get(upload_id)

    def get(self, upload_id: str) -> Pending[ImportUpload]:
        """Queue the read of one file; NotFound at the unit's end where there is none."""
        return self._unit.one(
            ImportUpload,
            """SELECT id, name, title, size, revision, license, topics, object_key, created_at FROM import_uploads
               WHERE tenant_id = %(tenant_id)s AND id = %(id)s""",
            id=upload_id,
            missing=f"upload {upload_id} not found",
        )

    def all(self, *, limit: int) -> Pending[list[ImportUpload]]:
        """Queue the read of the files, the newest first."""
        return self._unit.all(
            ImportUpload,
            """SELECT id, name, title, size, revision, license, topics, object_key, created_at FROM import_uploads
               WHERE tenant_id = %(tenant_id)s ORDER BY created_at DESC, id DESC LIMIT %(limit)s""",
            limit=limit,
        )

    def named(self, object_keys: Sequence[str]) -> Pending[list[str]]:
        """Queue the search for those of the keys under which the unit's tenant has a file."""
        return self._unit.value(
            list[str],
            """SELECT ARRAY(SELECT u.object_key FROM import_uploads u
                            WHERE u.tenant_id = %(tenant_id)s AND u.object_key = ANY(%(object_keys)s))""",
            object_keys=list(object_keys),
        )

    def remove(self, upload_id: str) -> None:
        """Queue the removal of a file's note; the object is the caller's to remove."""
        self._unit.run("DELETE FROM import_uploads WHERE tenant_id = %(tenant_id)s AND id = %(id)s", id=upload_id)
