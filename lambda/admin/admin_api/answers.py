"""What administrators read; nothing is ever null."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import UNSET, Struct, UnsetType

from shared.clock import iso
from shared.config import Settings
from shared.repositories import administration as stored
from shared.repositories.audit import AuditEntry
from shared.repositories.beta_tokens import BetaToken
from shared.repositories.metering import PeriodUsage
from shared.repositories.usage import DeploymentBudget, UsageRow


def moment(value: datetime | None) -> str | UnsetType:
    """Return a time as the wire has it; absent where there is none."""
    return UNSET if value is None else iso(value)


class Session(Struct, frozen=True, kw_only=True):
    """An opened session; expires_in is in seconds."""

    token: str
    token_type: str = "Bearer"  # noqa: S105  RFC 6750's name of the scheme
    expires_in: int


class Administrator(Struct, frozen=True, kw_only=True):
    """Who is asking; without `tenants` they reach all of them."""

    name: str
    role: str
    tenants: list[str] | UnsetType = UNSET


class Done(Struct, frozen=True):
    """That it was done."""

    status: str


class User(Struct, frozen=True, kw_only=True):
    """An account as the console reads it; `status` is active, inactive or suspended."""

    id: str
    email: str
    display_name: str
    role: str
    status: str
    created_at: str
    last_login: str | UnsetType = UNSET
    tenant_id: str

    @classmethod
    def of(cls, user: stored.ManagedUser) -> "User":
        """Return an account as the wire has it."""
        return cls(
            id=user.id,
            email=user.email or "",
            display_name=user.display_name,
            role=user.role,
            status="suspended" if user.is_locked else "active" if user.is_active else "inactive",
            created_at=iso(user.created_at),
            last_login=moment(user.last_login_at),
            tenant_id=user.tenant_id,
        )


class Users(Struct, frozen=True, kw_only=True):
    """A page of accounts; `count` is of all that fit."""

    users: list[User]
    count: int
    next_cursor: str | UnsetType = UNSET


class ChangedUser(Struct, frozen=True):
    """An account after what was done to it."""

    status: str
    user: User


class DeletedUser(Struct, frozen=True):
    """Which account is gone."""

    status: str
    user_id: str


class Tenant(Struct, frozen=True, kw_only=True):
    """A tenant; `parent_id` is there for a team of an organisation."""

    id: str
    kind: str
    name: str
    created_at: str
    parent_id: str | UnsetType
    members: int

    @classmethod
    def of(cls, tenant: stored.ManagedTenant) -> "Tenant":
        """Return a tenant as the wire has it."""
        return cls(
            id=tenant.tenant_id,
            kind=tenant.kind,
            name=tenant.name,
            created_at=iso(tenant.created_at),
            parent_id=tenant.parent_id or UNSET,
            members=tenant.members,
        )


class Tenants(Struct, frozen=True, kw_only=True):
    """A page of tenants; `count` is of all."""

    tenants: list[Tenant]
    count: int
    next_cursor: str | UnsetType = UNSET


class Member(Struct, frozen=True, kw_only=True):
    """Somebody's role in a tenant."""

    user_id: str
    email: str
    display_name: str
    role: str
    created_at: str

    @classmethod
    def of(cls, member: stored.Member) -> "Member":
        """Return a membership as the wire has it."""
        return cls(
            user_id=member.user_id,
            email=member.email or "",
            display_name=member.display_name,
            role=member.role,
            created_at=iso(member.created_at),
        )


class Members(Struct, frozen=True):
    """Everybody in a tenant."""

    members: list[Member]


class RequestLimits(Struct, frozen=True, kw_only=True):
    """Requests per minute of each account of a tenant and of all together.

    Attributes:
        granted: the names of those that were granted to it; the others are the deployment's.
    """

    account_per_minute: int
    tenant_per_minute: int
    granted: list[str]

    @classmethod
    def of(cls, found: stored.GrantedLimits | None, settings: Settings) -> "RequestLimits":
        """Return limits as the wire has them."""
        account = None if found is None else found.account_per_minute
        tenant = None if found is None else found.tenant_per_minute
        own = {"account_per_minute": account, "tenant_per_minute": tenant}
        return cls(
            account_per_minute=account or settings.requests_per_minute,
            tenant_per_minute=tenant or settings.tenant_requests_per_minute,
            granted=[name for name, value in own.items() if value is not None],
        )


class Token(Struct, frozen=True, kw_only=True):
    """A beta token without the token."""

    id: str
    user_id: str
    label: str
    requests_per_minute: int
    binds_device: bool
    device_id: str | UnsetType
    created_at: str
    expires_at: str | UnsetType
    revoked_at: str | UnsetType
    redeemed_at: str | UnsetType
    last_used_at: str | UnsetType
    last_platform: str
    last_version: str

    @classmethod
    def of(cls, token: BetaToken) -> "Token":
        """Return a token as the wire has it."""
        return cls(
            id=token.id,
            user_id=token.user_id,
            label=token.label,
            requests_per_minute=token.requests_per_minute,
            binds_device=token.binds_device,
            device_id=token.device_id or UNSET,
            created_at=iso(token.created_at),
            expires_at=moment(token.expires_at),
            revoked_at=moment(token.revoked_at),
            redeemed_at=moment(token.redeemed_at),
            last_used_at=moment(token.last_used_at),
            last_platform=token.last_platform,
            last_version=token.last_version,
        )


class Tokens(Struct, frozen=True):
    """A tenant's tokens."""

    tokens: list[Token]


class MintedToken(Struct, frozen=True):
    """The token itself, which is never shown again, and what is kept of it."""

    token: str
    details: Token


class Budget(Struct, frozen=True, kw_only=True):
    """A tenant's cap and what is used of it in the running day or month, micro-dollars."""

    period: str
    cap_micro_usd: int
    spent_micro_usd: int
    reserved_micro_usd: int

    @classmethod
    def of(cls, usage: PeriodUsage) -> "Budget":
        """Return a budget as the wire has it."""
        return cls(
            period=usage.period,
            cap_micro_usd=usage.cap,
            spent_micro_usd=usage.spent,
            reserved_micro_usd=usage.reserved,
        )


class Budgets(Struct, frozen=True):
    """A tenant's budgets."""

    budgets: list[Budget]


class WholeBudget(Struct, frozen=True, kw_only=True):
    """A cap of the deployment, its use, and the cap of a tenant that has none of its own, micro-dollars."""

    period: str
    cap_micro_usd: int
    spent_micro_usd: int
    reserved_micro_usd: int
    tenant_cap_micro_usd: int

    @classmethod
    def of(cls, budget: DeploymentBudget) -> "WholeBudget":
        """Return a budget as the wire has it."""
        return cls(
            period=budget.period,
            cap_micro_usd=budget.cap,
            spent_micro_usd=budget.spent,
            reserved_micro_usd=budget.reserved,
            tenant_cap_micro_usd=budget.tenant_cap,
        )


class WholeBudgets(Struct, frozen=True):
    """The deployment's budgets."""

    budgets: list[WholeBudget]


class Used(Struct, frozen=True, kw_only=True):
    """One tenant's use of one price on one day; `quantity` counts `unit`."""

    tenant_id: str
    day: str
    kind: str
    provider: str
    model: str
    unit: str
    events: int
    quantity: int
    micro_usd: int

    @classmethod
    def of(cls, row: UsageRow) -> "Used":
        """Return a row as the wire has it."""
        return cls(
            tenant_id=row.tenant_id,
            day=row.day.isoformat(),
            kind=row.kind,
            provider=row.provider,
            model=row.model,
            unit=row.unit,
            events=row.events,
            quantity=row.quantity,
            micro_usd=row.micro_usd,
        )


class Usage(Struct, frozen=True, kw_only=True):
    """What was used from one day to another, both inclusive (UTC)."""

    first: str
    last: str
    total_micro_usd: int
    usage: list[Used]


class Entry(Struct, frozen=True, kw_only=True):
    """One line of the audit log."""

    id: str
    at: str
    tenant_id: str
    action: str
    subject: str
    actor_id: str | UnsetType
    administrator: str
    ip_address: str
    request_id: str
    details: Mapping[str, Any]

    @classmethod
    def of(cls, entry: AuditEntry) -> "Entry":
        """Return an entry as the wire has it."""
        return cls(
            id=entry.id,
            at=iso(entry.at),
            tenant_id=entry.tenant_id,
            action=entry.action,
            subject=entry.subject,
            actor_id=entry.actor_id or UNSET,
            administrator=entry.administrator,
            ip_address=entry.ip_address,
            request_id=entry.request_id,
            details=entry.details,
        )


class Audit(Struct, frozen=True, kw_only=True):
    """A page of the audit log, the newest first."""

    entries: list[Entry]
    next_cursor: str | UnsetType = UNSET
