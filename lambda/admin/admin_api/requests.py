"""What administrators send. Money is in whole micro-dollars: 1 000 000 is one US dollar."""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from shared.api.job_answers import FindJobs

Line = Annotated[str, Meta(min_length=1, max_length=200)]
Id = Annotated[str, Meta(max_length=64)]
Money = Annotated[int, Meta(ge=0, le=1_000_000_000_000)]
Rate = Annotated[int, Meta(ge=1, le=1_000_000)]
PageSize = Annotated[int, Meta(ge=1, le=1_000)]
Cursor = Annotated[str, Meta(max_length=500)]
Role = Literal["learner", "teacher", "admin", "owner"]
TenantKind = Literal["individual", "team", "organisation"]
Moment = Annotated[datetime, Meta(tz=True)]


class SignIn(Struct, frozen=True, forbid_unknown_fields=True):
    """An administrator's password, and the six digits their authenticator app shows."""

    email: Annotated[str, Meta(max_length=500)]
    password: Annotated[str, Meta(max_length=1_000)]
    code: Annotated[str, Meta(pattern=r"^\d{6}$")]


class FindUsers(Struct, frozen=True):
    """Which accounts: of one tenant, and with `q` in the address or name."""

    tenant_id: Id | None = None
    q: Line | None = None
    limit: PageSize = 1_000
    cursor: Cursor | None = None


class NewUser(Struct, frozen=True, forbid_unknown_fields=True):
    """An account; without a tenant it gets one of its own. The console says "user" for a learner."""

    email: Annotated[str, Meta(max_length=500)]
    password: Annotated[str, Meta(max_length=1_000)]
    display_name: Line | None = None
    role: Role | Literal["user"] = "user"
    tenant_id: Id | None = None


class Page(Struct, frozen=True):
    """Which page."""

    limit: PageSize = 200
    cursor: Cursor | None = None


class NewTenant(Struct, frozen=True, forbid_unknown_fields=True):
    """A tenant; `parent_id` is the organisation of a team that belongs to one."""

    kind: TenantKind
    name: Line
    parent_id: Id | None = None


class TenantChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What changes; absent or null leaves it."""

    name: Line | None = None


class TenantRemoval(Struct, frozen=True, forbid_unknown_fields=True):
    """The name of the tenant that is to be removed, so that a wrong id removes nothing."""

    name: Line


class Membership(Struct, frozen=True, forbid_unknown_fields=True):
    """A role in the tenant."""

    role: Role


class LimitChange(Struct, frozen=True, forbid_unknown_fields=True):
    """Requests per minute of each account of a tenant and of all together; absent or null is the deployment's."""

    account_per_minute: Rate | None = None
    tenant_per_minute: Rate | None = None


class NewToken(Struct, frozen=True, forbid_unknown_fields=True):
    """A beta token for a member; `binds_device` ties it to the first device that uses it."""

    user_id: Id
    label: Annotated[str, Meta(max_length=200)] = ""
    requests_per_minute: Rate = 600
    expires_at: Moment | None = None
    binds_device: bool = False


class TokenChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What changes; absent leaves it, and null takes an expiry away."""

    label: Annotated[str, Meta(max_length=200)] | UnsetType = UNSET
    requests_per_minute: Rate | UnsetType = UNSET
    expires_at: Moment | UnsetType | None = UNSET


class BudgetChange(Struct, frozen=True, forbid_unknown_fields=True):
    """A tenant's own caps; absent leaves one, null gives it the deployment's for all tenants."""

    day_micro_usd: Money | UnsetType | None = UNSET
    month_micro_usd: Money | UnsetType | None = UNSET


class DeploymentBudgetChange(Struct, frozen=True, forbid_unknown_fields=True):
    """Caps of the whole deployment, and of a tenant that has none of its own; absent leaves one."""

    day_micro_usd: Money | UnsetType = UNSET
    month_micro_usd: Money | UnsetType = UNSET
    tenant_day_micro_usd: Money | UnsetType = UNSET
    tenant_month_micro_usd: Money | UnsetType = UNSET


class UsageRange(Struct, frozen=True):
    """Days (UTC), both inclusive; without them the running month.

    Attributes:
        format: csv is a table instead of JSON, as is what a request gets that accepts text/csv alone.
    """

    first: date | None = None
    last: date | None = None
    format: Literal["json", "csv"] | None = None


class FindAudit(Struct, frozen=True):
    """Which entries; `action` is how it begins, `since` is inclusive and `until` is not."""

    tenant_id: Id | None = None
    action: Line | None = None
    administrator: Line | None = None
    actor_id: Id | None = None
    subject: Line | None = None
    request_id: Line | None = None
    since: Moment | None = None
    until: Moment | None = None
    limit: PageSize = 100
    cursor: Cursor | None = None


class FindTenantJobs(FindJobs, frozen=True):
    """Which jobs, of which tenant."""

    tenant_id: Id | None = None


Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Version = Annotated[str, Meta(pattern=r"^\d{1,6}(\.\d{1,6}){0,3}$")]


class Features(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A tenant's feature settings; what is set wins over the deployment's.

    Attributes:
        speech: the most that learners hear, whatever the budget leaves: everything, sentences by the cheaper voice, or
            none but those in the speech cache.
    """

    speech: Literal["full", "cheaper_voice", "text"] | None = None


class DeploymentFeatures(Features, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The deployment's, and the least version of the app each platform may have, such as {"android": "1.4.0"}."""

    minimum_versions: Annotated[dict[Name, Version], Meta(max_length=20)] = {}
