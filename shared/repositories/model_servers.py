"""Model servers that somebody of the tenant wrote down. They are records: nothing here calls them."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from shared.db import Pending, Unit


class ModelServer(msgspec.Struct, frozen=True):
    """One server; `type` is the operator's word for what it runs."""

    id: str
    name: str
    type: str
    url: str
    port: int
    models: list[str]
    created_at: datetime


class ModelServerRepository:
    """The servers of one unit of work's tenant."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def find(self) -> Pending[list[ModelServer]]:
        """Queue the read of all of them by name."""
        return self._unit.all(
            ModelServer,
            """SELECT id, name, type, url, port, models, created_at FROM model_servers
               WHERE tenant_id = %(tenant_id)s ORDER BY name LIMIT 1000""",
        )

    def add(
        self, server_id: str, *, name: str, type_: str, url: str, port: int, models: Sequence[str]
    ) -> Pending[ModelServer]:
        """Queue the writing down of a server.

        Raises (at the unit's end): Forbidden: the caller is a learner. Conflict: the name is taken.
        """
        self._unit.run("SELECT require_teacher() -- for the tenant_id that entered")
        return self._unit.one(
            ModelServer,
            """INSERT INTO model_servers (tenant_id, id, name, type, url, port, models)
               VALUES (%(tenant_id)s, %(server_id)s, %(name)s, %(type)s, %(url)s, %(port)s, %(models)s)
               RETURNING id, name, type, url, port, models, created_at""",
            server_id=server_id,
            name=name,
            type=type_,
            url=url,
            port=port,
            models=list(models),
        )

    def remove(self, server_id: str) -> None:
        """Queue the removal of a server.

        Raises (at the unit's end): Forbidden: the caller is a learner. NotFound.
        """
        self._unit.run("SELECT require_teacher() -- for the tenant_id that entered")
        self._unit.one(
            _Removed,
            "DELETE FROM model_servers WHERE tenant_id = %(tenant_id)s AND id = %(server_id)s RETURNING id",
            missing=f"server {server_id} not found",
            server_id=server_id,
        )


class _Removed(msgspec.Struct, frozen=True):
    id: str
