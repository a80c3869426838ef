"""What clients log. Callers see their own entries; those who teach or run the tenant see everybody's in it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec

from shared.db import Json, Pending, Unit
from shared.ids import new_id

Level = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]


class NewLog(msgspec.Struct, frozen=True, kw_only=True):
    """One entry, as its client made it; `logged_at` by the client's clock."""

    level: Level
    label: str
    message: str
    file: str
    function: str
    line: int
    metadata: Mapping[str, Any]
    logged_at: datetime


class Log(msgspec.Struct, frozen=True):
    """One stored entry."""

    id: str
    client_id: str
    client_name: str
    level: str
    label: str
    message: str
    file: str
    function: str
    line: int
    metadata: Mapping[str, Any]
    logged_at: datetime
    received_at: datetime


class LogFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries; None means any.

    Attributes:
        search: a part of the message, whatever its case.
        since: received at this moment or later.
    """

    levels: Sequence[str] | None = None
    search: str | None = None
    client_id: str | None = None
    label: str | None = None
    since: datetime | None = None


class ClientLogRepository:
    """The log entries of one unit of work's tenant."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def add(self, client_id: str, client_name: str, entries: Sequence[NewLog]) -> None:
        """Queue the storing of entries in their order."""
        # Ids made in one millisecond are in no order of their own.
        ids = sorted(new_id() for _ in entries)
        rows = [
            {
                "id": id_,
                "level": entry.level,
                "label": entry.label,
                "message": entry.message,
                "file": entry.file,
                "function": entry.function,
                "line": entry.line,
                "metadata": entry.metadata,
                "logged_at": entry.logged_at.isoformat(),
            }
            for id_, entry in zip(ids, entries, strict=True)
        ]
        self._unit.run(
            """INSERT INTO client_logs (tenant_id, id, user_id, client_id, client_name, level, label, message, file,
                                        function, line, metadata, logged_at)
               SELECT %(tenant_id)s, e.id, app_user(), %(client_id)s, %(client_name)s, e.level, e.label, e.message,
                      e.file, e.function, e.line, e.metadata, e.logged_at
               FROM jsonb_to_recordset(%(entries)s) AS e (
                   id uuid, level text, label text, message text, file text, function text, line int, metadata jsonb,
                   logged_at timestamptz)""",
            client_id=client_id,
            client_name=client_name,
            entries=Json(rows),
        )

    def find(self, wanted: LogFilter, *, limit: int, offset: int) -> Pending[list[Log]]:
        """Queue the read of a page, the newest entries first."""
        return self._unit.all(
            Log,
            """SELECT id, client_id, client_name, level, label, message, file, function, line, metadata, logged_at,
                      received_at
               FROM client_logs
               WHERE tenant_id = %(tenant_id)s AND (user_id = app_user() OR (SELECT app_teaches()))
                 AND (%(levels)s::text[] IS NULL OR level = ANY (%(levels)s))
                 AND (%(search)s::text IS NULL OR strpos(lower(message), lower(%(search)s)) > 0)
                 AND (%(client_id)s::text IS NULL OR client_id = %(client_id)s)
                 AND (%(label)s::text IS NULL OR label = %(label)s)
                 AND (%(since)s::timestamptz IS NULL OR received_at >= %(since)s)
               ORDER BY received_at DESC, id DESC LIMIT %(limit)s OFFSET %(offset)s""",
            **_params(wanted),
            limit=limit,
            offset=offset,
        )

    def count(self, wanted: LogFilter) -> Pending[int]:
        """Queue the count of all entries of `find`."""
        return self._unit.value(
            int,
            """SELECT count(*) FROM client_logs
               WHERE tenant_id = %(tenant_id)s AND (user_id = app_user() OR (SELECT app_teaches()))
                 AND (%(levels)s::text[] IS NULL OR level = ANY (%(levels)s))
                 AND (%(search)s::text IS NULL OR strpos(lower(message), lower(%(search)s)) > 0)
                 AND (%(client_id)s::text IS NULL OR client_id = %(client_id)s)
                 AND (%(label)s::text IS NULL OR label = %(label)s)
                 AND (%(since)s::timestamptz IS NULL OR received_at >= %(since)s)""",
            **_params(wanted),
        )

    def clear(self) -> Pending[int]:
        """Queue the deletion of every entry the caller sees and answer their number."""
        return self._unit.run(
            """DELETE FROM client_logs
               WHERE tenant_id = %(tenant_id)s AND (user_id = app_user() OR (SELECT app_teaches()))"""
        )


def _params(wanted: LogFilter) -> dict[str, object]:
    return {
        "levels": None if wanted.levels is None else list(wanted.levels),
        "search": wanted.search,
        "client_id": wanted.client_id,
        "label": wanted.label,
        "since": wanted.since,
    }
