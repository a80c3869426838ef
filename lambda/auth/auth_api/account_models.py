"""Bodies of the operations on one's own account, devices and sign-ins."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from auth_api.models import Text
from shared.clock import iso
from shared.repositories.auth_sessions import LiveSession
from shared.repositories.devices import KnownDevice

Password = Annotated[str, Meta(max_length=1024)]
Link = Annotated[str, Meta(max_length=300)]


class AccountChanges(Struct, frozen=True, kw_only=True):
    """What to change; absent and null leave a field as it is. `name` and `display_name` are the same thing."""

    name: Text | None = None
    display_name: Text | None = None
    email: Text | None = None
    avatar_url: Annotated[str, Meta(max_length=500, pattern="^https://[!-~]+$")] | None = None
    locale: Annotated[str, Meta(pattern="^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$")] | None = None
    timezone: Annotated[str, Meta(max_length=64, pattern="^[A-Za-z][A-Za-z0-9_+/-]*$")] | None = None


class PasswordChange(Struct, frozen=True):
    """The password in use and the one to replace it."""

    current_password: Password | None = None
    new_password: Password | None = None


class AddressedMail(Struct, frozen=True):
    """Where a mail is wanted."""

    email: Text | None = None


class PasswordReset(Struct, frozen=True):
    """The token of the mail and the password to set."""

    token: Link | None = None
    new_password: Password | None = None


class Verification(Struct, frozen=True):
    """The token of the mail."""

    token: Link | None = None


class Farewell(Struct, frozen=True):
    """The password, unless the caller has just signed in."""

    password: Password | None = None


class DeviceItem(Struct, frozen=True, kw_only=True):
    """A device with every client's keys: the same moment is last_seen, last_seen_at and last_used."""

    id: str
    name: str
    type: str
    model: str
    os_version: str
    app_version: str
    is_trusted: bool
    is_current: bool
    created_at: str
    last_seen: str
    last_seen_at: str
    last_used: str

    @classmethod
    def of(cls, device: KnownDevice) -> "DeviceItem":
        """Return a device as the wire has it."""
        seen = iso(device.last_seen_at)
        return cls(
            id=device.id,
            name=device.name,
            type=device.type,
            model=device.model,
            os_version=device.os_version,
            app_version=device.app_version,
            is_trusted=device.is_trusted,
            is_current=device.is_current,
            created_at=iso(device.created_at),
            last_seen=seen,
            last_seen_at=seen,
            last_used=seen,
        )


class SessionDevice(Struct, frozen=True):
    """The device of a sign-in."""

    name: str
    type: str


class SessionItem(Struct, frozen=True, kw_only=True):
    """A sign-in with every client's keys."""

    id: str
    device_name: str
    device: SessionDevice
    ip_address: str | UnsetType = UNSET
    user_agent: str
    is_current: bool
    created_at: str
    last_activity_at: str
    last_used: str

    @classmethod
    def of(cls, session: LiveSession) -> "SessionItem":
        """Return a sign-in as the wire has it."""
        name = session.device_name or "Unknown device"
        used = iso(session.last_activity_at)
        return cls(
            id=session.id,
            device_name=name,
            device=SessionDevice(name, session.device_type or "unknown"),
            ip_address=session.ip_address or UNSET,
            user_agent=session.user_agent or "",
            is_current=session.is_current,
            created_at=iso(session.created_at),
            last_activity_at=used,
            last_used=used,
        )
