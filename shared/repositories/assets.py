"""The files of visual assets."""

from dataclasses import dataclass

from shared.db import Pending, Unit


@dataclass(frozen=True, slots=True)
class Asset:
    """One file; `sha256` is the hex digest of its body."""

    file_name: str
    content_type: str
    body: bytes
    sha256: str


class AssetRepository:
    """Asset files of the curricula the unit's tenant sees."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def get(self, curriculum_id: str, file_name: str) -> Pending[Asset]:
        """Queue the read of one file; NotFound when the curriculum has none of this name."""
        return self._unit.one(
            Asset,
            """SELECT a.file_name, a.content_type, a.body, a.sha256 FROM assets a
               WHERE a.curriculum_id = %(curriculum_id)s AND a.file_name = %(file_name)s
                 AND a.tenant_id = (SELECT c.tenant_id FROM curricula c
                                    WHERE c.tenant_id = ANY(%(readable)s::uuid[]) AND c.id = %(curriculum_id)s
                                    ORDER BY c.tenant_id = %(tenant_id)s DESC LIMIT 1)""",
            curriculum_id=curriculum_id,
            file_name=file_name,
            missing=f"asset {file_name} of curriculum {curriculum_id} not found",
        )

    def of_curriculum(self, curriculum_id: str) -> Pending[list[Asset]]:
        """Queue the read of every file of a curriculum."""
        return self._unit.all(
            Asset,
            """SELECT a.file_name, a.content_type, a.body, a.sha256 FROM assets a
               WHERE a.curriculum_id = %(curriculum_id)s
                 AND a.tenant_id = (SELECT c.tenant_id FROM curricula c
                                    WHERE c.tenant_id = ANY(%(readable)s::uuid[]) AND c.id = %(curriculum_id)s
                                    ORDER BY c.tenant_id = %(tenant_id)s DESC LIMIT 1)
               ORDER BY a.file_name""",
            curriculum_id=curriculum_id,
        )

    def store(self, curriculum_id: str, file_name: str, content_type: str, body: bytes) -> None:
        """Queue the upsert of one file."""
        self._unit.run(
            """INSERT INTO assets (tenant_id, curriculum_id, file_name, content_type, body)
               VALUES (%(tenant_id)s, %(curriculum_id)s, %(file_name)s, %(content_type)s, %(body)s)
               ON CONFLICT (tenant_id, curriculum_id, file_name) DO UPDATE SET
                    content_type = excluded.content_type, body = excluded.body""",
            curriculum_id=curriculum_id,
            file_name=file_name,
            content_type=content_type,
            body=body,
        )
