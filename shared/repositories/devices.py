"""What people sign in from."""

from datetime import datetime

import msgspec

from shared.db import Pending, Unit


class DeviceFacts(msgspec.Struct, frozen=True):
    """A device as its owner's client describes it; nothing here is trusted.

    Attributes:
        fingerprint: the same person with the same one is the same device.
        type: web, ios, android, desktop, or unknown.
    """

    fingerprint: str
    name: str
    type: str
    model: str = ""
    os_version: str = ""
    app_version: str = ""


class KnownDevice(msgspec.Struct, frozen=True):
    """A device as its owner sees it; `is_current` is the one they are looking from."""

    id: str
    name: str
    type: str
    model: str
    os_version: str
    app_version: str
    is_trusted: bool
    created_at: datetime
    last_seen_at: datetime
    is_current: bool


class DeviceRepository:
    """Devices of the unit's user."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def seen(self, device_id: str, facts: DeviceFacts) -> None:
        """Queue the meeting of a device: a new row, or fresh facts on the one with this fingerprint.

        Args:
            device_id: the id of a new row.
        """
        self._unit.run(
            """INSERT INTO devices AS d
                   (tenant_id, id, user_id, fingerprint, name, type, model, os_version, app_version)
               VALUES (%(tenant_id)s, %(device_id)s, app_user(), %(fingerprint)s, %(name)s, %(type)s, %(model)s,
                       %(os_version)s, %(app_version)s)
               ON CONFLICT (tenant_id, user_id, fingerprint) DO UPDATE
               SET last_seen_at = now(), name = excluded.name, type = excluded.type,
                   model = coalesce(nullif(excluded.model, ''), d.model),
                   os_version = coalesce(nullif(excluded.os_version, ''), d.os_version),
                   app_version = coalesce(nullif(excluded.app_version, ''), d.app_version)""",
            device_id=device_id,
            fingerprint=facts.fingerprint,
            name=facts.name,
            type=facts.type,
            model=facts.model,
            os_version=facts.os_version,
            app_version=facts.app_version,
        )

    def all(self, session_id: str | None) -> Pending[list[KnownDevice]]:
        """Queue the list of the user's devices, the last seen first.

        Args:
            session_id: the sign-in that asks, whose device is the current one.
        """
        return self._unit.all(
            KnownDevice,
            """SELECT d.id, d.name, d.type, d.model, d.os_version, d.app_version, d.is_trusted, d.created_at,
                      d.last_seen_at, s.id IS NOT NULL AS is_current
               FROM devices d
               LEFT JOIN auth_sessions s ON s.tenant_id = d.tenant_id AND s.id = %(session_id)s AND s.device_id = d.id
               WHERE d.tenant_id = %(tenant_id)s AND d.user_id = app_user()
               ORDER BY d.last_seen_at DESC, d.id""",
            session_id=session_id,
        )

    def forget(self, device_id: str, session_id: str | None) -> None:
        """Queue the removal of one of the user's devices and the end of its sign-ins.

        Raises at the unit's end: NotFound: it is nobody's or somebody else's. InvalidInput: the sign-in that asks is
            on it (`current_device`).
        """
        self._unit.run(
            "SELECT forget_device(%(device_id)s, %(session_id)s) -- for the tenant_id that entered",
            device_id=device_id,
            session_id=session_id,
        )
