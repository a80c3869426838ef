"""The programs people use, as they name themselves.

Callers see their own; those who teach or run the tenant see everybody's in it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from shared.db import Json, Pending, Unit


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """What a client says of itself with one request; empty where it says nothing, which changes nothing.

    Attributes:
        activity: what it is doing; current_session_id: in which session, None when it is silent about it.
        address: the prefix of its network address.
        reports, logs: how many of them came with the request.
    """

    id: str
    name: str = ""
    platform: str = ""
    device_model: str = ""
    os_version: str = ""
    app_version: str = ""
    activity: str = ""
    current_session_id: str | None = None
    config: Mapping[str, Any] = msgspec.field(default_factory=dict[str, Any])
    address: str = ""
    reports: int = 0
    logs: int = 0


class Client(msgspec.Struct, frozen=True):
    """A program somebody used. `seconds_away`: since it was last seen."""

    id: str
    name: str
    platform: str
    device_model: str
    os_version: str
    app_version: str
    activity: str
    current_session_id: str | None
    config: Mapping[str, Any]
    address: str
    first_seen: datetime
    last_seen: datetime
    reports: int
    logs: int
    seconds_away: float


class ClientRepository:
    """The clients of one unit of work's tenant."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def seen(self, sighting: Sighting) -> None:
        """Queue the meeting of a client: a new row, or fresh facts on the caller's one of this id."""
        self._unit.run(
            """INSERT INTO clients AS c (tenant_id, user_id, id, name, platform, device_model, os_version, app_version,
                                         activity, current_session_id, config, address, reports, logs)
               VALUES (%(tenant_id)s, app_user(), %(id)s, %(name)s, %(platform)s, %(device_model)s, %(os_version)s,
                       %(app_version)s, %(activity)s, %(current_session_id)s, %(config)s, %(address)s, %(reports)s,
                       %(logs)s)
               ON CONFLICT (tenant_id, user_id, id) DO UPDATE
               SET last_seen = now(), name = coalesce(nullif(excluded.name, ''), c.name),
                   platform = coalesce(nullif(excluded.platform, ''), c.platform),
                   device_model = coalesce(nullif(excluded.device_model, ''), c.device_model),
                   os_version = coalesce(nullif(excluded.os_version, ''), c.os_version),
                   app_version = coalesce(nullif(excluded.app_version, ''), c.app_version),
                   activity = coalesce(nullif(excluded.activity, ''), c.activity),
                   current_session_id = coalesce(excluded.current_session_id, c.current_session_id),
                   config = c.config || excluded.config, address = excluded.address,
                   reports = c.reports + excluded.reports, logs = c.logs + excluded.logs""",
            id=sighting.id,
            name=sighting.name,
            platform=sighting.platform,
            device_model=sighting.device_model,
            os_version=sighting.os_version,
            app_version=sighting.app_version,
            activity=sighting.activity,
            current_session_id=sighting.current_session_id,
            config=Json(sighting.config),
            address=sighting.address,
            reports=sighting.reports,
            logs=sighting.logs,
        )

    def find(self, *, most: int) -> Pending[list[Client]]:
        """Queue the read of the clients last seen, the latest first."""
        return self._unit.all(
            Client,
            """SELECT id, name, platform, device_model, os_version, app_version, activity, current_session_id, config,
                      address, first_seen, last_seen, reports, logs,
                      extract(epoch FROM now() - last_seen)::float8 AS seconds_away
               FROM clients WHERE tenant_id = %(tenant_id)s AND (user_id = app_user() OR (SELECT app_teaches()))
               ORDER BY last_seen DESC, id LIMIT %(most)s""",
            most=most,
        )

    def get(self, client_id: str) -> Pending[Client]:
        """Queue the read of one client; of several people's clients of this id the one last seen.

        Raises (at the unit's end): NotFound: the caller sees no such client.
        """
        return self._unit.one(
            Client,
            """SELECT id, name, platform, device_model, os_version, app_version, activity, current_session_id, config,
                      address, first_seen, last_seen, reports, logs,
                      extract(epoch FROM now() - last_seen)::float8 AS seconds_away
               FROM clients
               WHERE tenant_id = %(tenant_id)s AND id = %(client_id)s
                 AND (user_id = app_user() OR (SELECT app_teaches()))
               ORDER BY last_seen DESC LIMIT 1""",
            missing=f"client {client_id} not found",
            client_id=client_id,
        )
