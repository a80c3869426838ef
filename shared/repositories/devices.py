"""What people sign in from."""

from dataclasses import dataclass

from shared.db import Unit


@dataclass(frozen=True, slots=True)
class DeviceFacts:
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
