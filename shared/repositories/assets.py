"""The files of visual assets: small ones in their rows, the others in the object store."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from shared.db import Pending, Unit
from shared.domain.pictures import Picture


class AssetFacts(msgspec.Struct, frozen=True):
    """A file without its bytes.

    Attributes:
        id: of these bytes; a file that is replaced gets another. owner_id: the tenant it belongs to.
        sha256: hex, of the file. size: bytes. width, height: pixels, where they are known.
        object_key: where it is in the object store; None when it is in its row.
    """

    id: str
    owner_id: str
    file_name: str
    content_type: str
    size: int
    sha256: str
    width: int | None
    height: int | None
    has_thumbnail: bool
    object_key: str | None
    created_at: datetime


class Asset(AssetFacts, frozen=True):
    """One file; `body` is None when it is in the object store."""

    body: bytes | None
    thumbnail: bytes | None


class RemovedAsset(msgspec.Struct, frozen=True):
    """A file whose row is gone; the object is the caller's to remove."""

    object_key: str | None


_FACTS: Final = """SELECT a.id, a.tenant_id AS owner_id, a.file_name, a.content_type, a.size, a.sha256, a.width,
    a.height, a.thumbnail IS NOT NULL AS has_thumbnail, a.object_key, a.created_at
"""
_OF_CURRICULUM: Final = """
    FROM assets a
    WHERE a.curriculum_id = %(curriculum_id)s
      AND a.tenant_id = (SELECT c.tenant_id FROM curricula c
                         WHERE c.tenant_id = ANY(%(readable)s::uuid[]) AND c.id = %(curriculum_id)s
                         ORDER BY c.tenant_id = %(tenant_id)s DESC, c.tenant_id DESC LIMIT 1)
"""


class AssetRepository:
    """Asset files of the curricula the unit's tenant sees."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def get(self, curriculum_id: str, file_name: str) -> Pending[Asset]:
        """Queue the read of one file; NotFound when the curriculum has none of this name."""
        return self._unit.one(
            Asset,
            _FACTS + ", a.body, a.thumbnail" + _OF_CURRICULUM + " AND a.file_name = %(file_name)s",
            curriculum_id=curriculum_id,
            file_name=file_name,
            missing=f"asset {file_name} of curriculum {curriculum_id} not found",
        )

    def by_id(self, asset_id: str) -> Pending[Asset]:
        """Queue the read of one file of the unit's own tenant; NotFound when it is not there any more."""
        return self._unit.one(
            Asset,
            _FACTS + ", a.body, a.thumbnail FROM assets a WHERE a.tenant_id = %(tenant_id)s AND a.id = %(asset_id)s",
            asset_id=asset_id,
            missing="no such file",
        )

    def of_curriculum(self, curriculum_id: str) -> Pending[list[Asset]]:
        """Queue the read of every file of a curriculum."""
        sql = _FACTS + ", a.body, a.thumbnail" + _OF_CURRICULUM + " ORDER BY a.file_name"
        return self._unit.all(Asset, sql, curriculum_id=curriculum_id)

    def facts(self, curriculum_id: str) -> Pending[list[AssetFacts]]:
        """Queue the read of what files a curriculum has."""
        return self._unit.all(
            AssetFacts, _FACTS + _OF_CURRICULUM + " ORDER BY a.file_name", curriculum_id=curriculum_id
        )

    def own_facts(self, curriculum_id: str) -> Pending[list[AssetFacts]]:
        """Queue the read of what files the tenant's own curriculum of this id has."""
        sql = _FACTS + " FROM assets a WHERE a.tenant_id = %(tenant_id)s AND a.curriculum_id = %(curriculum_id)s"
        return self._unit.all(AssetFacts, sql, curriculum_id=curriculum_id)

    def named(self, object_keys: Sequence[str]) -> Pending[list[str]]:
        """Queue the search for those of the keys under which the unit's tenant has a file."""
        return self._unit.value(
            list[str],
            """SELECT ARRAY(SELECT a.object_key FROM assets a
                            WHERE a.tenant_id = %(tenant_id)s AND a.object_key = ANY(%(object_keys)s))""",
            object_keys=list(object_keys),
        )

    def store(self, curriculum_id: str, picture: Picture, *, object_key: str | None = None) -> None:
        """Queue the upsert of one file; the same bytes again change nothing.

        Args:
            object_key: where the bytes have been put; None keeps them in the row.
        """
        self._unit.run(
            """INSERT INTO assets AS held (tenant_id, curriculum_id, file_name, content_type, body, object_key, size,
                    sha256, width, height, thumbnail)
               VALUES (%(tenant_id)s, %(curriculum_id)s, %(name)s, %(content_type)s, %(body)s, %(object_key)s,
                    %(size)s, %(sha256)s, %(width)s, %(height)s, %(thumbnail)s)
               ON CONFLICT (tenant_id, curriculum_id, file_name) DO UPDATE SET
                    (id, content_type, body, object_key, size, sha256, width, height, thumbnail, created_at) =
                    (gen_random_uuid(), excluded.content_type, excluded.body, excluded.object_key, excluded.size,
                     excluded.sha256, excluded.width, excluded.height, excluded.thumbnail, now())
               WHERE held.sha256 <> excluded.sha256""",
            curriculum_id=curriculum_id,
            name=picture.name,
            content_type=picture.content_type,
            body=None if object_key else picture.body,
            object_key=object_key,
            size=len(picture.body),
            sha256=picture.sha256,
            width=picture.width,
            height=picture.height,
            thumbnail=picture.thumbnail,
        )

    def keep_only(self, curriculum_id: str, file_names: Sequence[str]) -> Pending[list[RemovedAsset]]:
        """Queue the removal of every file of the tenant's own curriculum that is not among these."""
        return self._unit.all(
            RemovedAsset,
            """DELETE FROM assets a
               WHERE a.tenant_id = %(tenant_id)s AND a.curriculum_id = %(curriculum_id)s
                 AND NOT a.file_name = ANY(%(file_names)s::text[])
               RETURNING a.object_key""",
            curriculum_id=curriculum_id,
            file_names=list(file_names),
        )
