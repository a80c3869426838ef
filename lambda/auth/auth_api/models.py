"""Bodies of the auth service. What clients read are supersets of what each of them decodes; nothing is ever null."""

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from auth_api.rules import account_name, account_role
from shared.clock import iso
from shared.repositories import tenants
from shared.repositories.accounts import Account

Text = Annotated[str, Meta(max_length=200)]


class Device(Struct, frozen=True, kw_only=True):
    """What a client says about the device it runs on."""

    fingerprint: Text | None = None
    name: Text | None = None
    type: Text | None = None
    model: Text | None = None
    os_version: Text | None = None
    app_version: Text | None = None


class Credentials(Struct, frozen=True, kw_only=True):
    """What signs somebody in; clients send either `device` or `device_name` or neither.

    `known_device` is what the last answer to this device called so: it keeps others' failed attempts from delaying it.
    """

    email: str | None = None
    password: str | None = None
    device: Device | None = None
    device_name: Text | None = None
    known_device: Text | None = None


class Registration(Credentials, frozen=True, kw_only=True):
    """A new account; `name` and `display_name` are the same thing."""

    name: Text | None = None
    display_name: Text | None = None


class Refresh(Struct, frozen=True):
    """The token to exchange."""

    refresh_token: str | None = None


class LogOut(Struct, frozen=True):
    """Which sign-in ends beside the bearer token's, or whether all of them do."""

    refresh_token: str | None = None
    all_devices: bool | None = None


class Message(Struct, frozen=True):
    """A sentence for people."""

    message: str


class Tokens(Struct, frozen=True, kw_only=True):
    """What a signed-in client holds; expires_in is the access token's, in seconds."""

    access_token: str
    refresh_token: str
    token_type: str = "Bearer"  # noqa: S105  RFC 6750's name of the scheme
    expires_in: int


class User(Struct, frozen=True, kw_only=True):
    """A person as the web client reads them."""

    id: str
    email: str
    email_verified: bool
    display_name: str
    avatar_url: str | UnsetType = UNSET
    locale: str
    timezone: str
    role: str
    mfa_enabled: bool = False
    created_at: str
    last_login_at: str | UnsetType = UNSET

    @classmethod
    def of(cls, account: Account) -> "User":
        """Return an account as the wire has it."""
        return cls(
            id=account.id,
            email=account.email or "",
            email_verified=account.email_verified,
            display_name=account_name(account),
            avatar_url=account.avatar_url or UNSET,
            locale=account.locale,
            timezone=account.timezone,
            role=account_role(account),
            created_at=iso(account.created_at),
            last_login_at=_time(account.last_login_at),
        )


class Me(Struct, frozen=True, kw_only=True):
    """The account twice: flat for Android, inside `user` for the web client."""

    id: str
    email: str
    name: str
    created_at: str
    updated_at: str
    user: User

    @classmethod
    def of(cls, account: Account) -> "Me":
        """Return an account as the wire has it."""
        user = User.of(account)
        return cls(
            id=user.id,
            email=user.email,
            name=user.display_name,
            created_at=user.created_at,
            updated_at=iso(account.updated_at),
            user=user,
        )


class DeviceId(Struct, frozen=True):
    """The device a sign-in belongs to."""

    id: str


class SignedIn(Tokens, frozen=True, kw_only=True):
    """The answer to register and login: tokens flat for Android and inside `tokens` for the web client."""

    id: str
    email: str
    name: str
    created_at: str
    user: User
    tokens: Tokens
    device: DeviceId | UnsetType = UNSET
    known_device: str


class WsTicket(Struct, frozen=True):
    """What opens one WebSocket once; expires_in is in seconds."""

    ticket: str
    expires_in: int


class Workplace(Struct, frozen=True, kw_only=True):
    """A tenant somebody belongs to; `is_default` is the one a request without X-Tenant-ID works in."""

    id: str
    kind: str
    name: str
    role: str
    parent_id: str | UnsetType = UNSET
    is_default: bool

    @classmethod
    def of(cls, tenant: tenants.Workplace, default: str) -> "Workplace":
        """Return a tenant as the wire has it.

        Args:
            default: the id of the default one.
        """
        return cls(
            id=tenant.tenant_id,
            kind=tenant.kind,
            name=tenant.name,
            role=tenant.role,
            parent_id=tenant.parent_id or UNSET,
            is_default=tenant.tenant_id == default,
        )


class Workplaces(Struct, frozen=True):
    """Where somebody may work."""

    tenants: list[Workplace]


class Refreshed(Tokens, frozen=True, kw_only=True):
    """The answer to refresh, in both forms."""

    tokens: Tokens


def _time(moment: datetime | None) -> str | UnsetType:
    return UNSET if moment is None else iso(moment)
