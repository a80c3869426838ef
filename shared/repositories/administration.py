"""People, tenants and memberships as administrators see them: across tenants, as far as each of them reaches.

The functions behind this check the administrator of the transaction; who is none gets nothing.
"""

from datetime import datetime

import msgspec

from shared.db import Pending, Unit


class Administrator(msgspec.Struct, frozen=True):
    """Who administers: `tenants` None reaches all of them."""

    name: str
    role: str
    tenants: list[str] | None


class ManagedUser(msgspec.Struct, frozen=True):
    """An account; `total` counts all that fit, on whatever page."""

    tenant_id: str
    id: str
    email: str | None
    display_name: str
    role: str
    is_active: bool
    is_locked: bool
    created_at: datetime
    last_login_at: datetime | None
    total: int


class ManagedTenant(msgspec.Struct, frozen=True):
    """A tenant; `parent_id` is a team's organisation, `total` counts all the administrator reaches."""

    tenant_id: str
    kind: str
    name: str
    created_at: datetime
    parent_id: str | None
    members: int
    total: int


class GrantedLimits(msgspec.Struct, frozen=True):
    """Requests per minute that a tenant was granted, of each account and of all together; None is the deployment's."""

    account_per_minute: int | None
    tenant_per_minute: int | None


class Member(msgspec.Struct, frozen=True):
    """Somebody's role in the tenant at hand."""

    user_id: str
    email: str | None
    display_name: str
    role: str
    created_at: datetime


class AdministrationRepository:
    """What the administrator who entered reaches."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def administrator(self) -> Pending[Administrator]:
        """Queue the read of the administrator."""
        return self._unit.one(
            Administrator, "SELECT name, role, tenants FROM admin_self() -- cross-tenant: of the deployment"
        )

    def users(
        self, *, tenant_id: str | None, search: str | None, before: str | None, limit: int
    ) -> Pending[list[ManagedUser]]:
        """Queue the read of accounts, the newest first, from the one behind `before`."""
        return self._unit.all(
            ManagedUser,
            """-- cross-tenant: of every tenant the administrator reaches
               SELECT tenant_id, id, email, display_name, role, is_active, is_locked, created_at, last_login_at, total
               FROM admin_users(%(only_tenant)s::uuid, %(search)s, %(before)s::uuid, %(most)s)""",
            only_tenant=tenant_id,
            search=search,
            before=before,
            most=limit,
        )

    def user(self, user_id: str) -> Pending[ManagedUser]:
        """Queue the read of one account.

        Raises at the unit's end: NotFound.
        """
        return self._unit.one(
            ManagedUser,
            """-- cross-tenant: of every tenant the administrator reaches
               SELECT tenant_id, id, email, display_name, role, is_active, is_locked, created_at, last_login_at, total
               FROM admin_users(NULL, NULL, NULL, NULL) WHERE id = %(user_id)s""",
            missing="user not found",
            user_id=user_id,
        )

    def add_user(
        self,
        user_id: str,
        *,
        tenant_id: str,
        own_tenant: bool,
        email: str,
        password_hash: str,
        display_name: str,
        role: str,
    ) -> None:
        """Queue the making of an account in a tenant, which is made for it when it is its own.

        Raises at the unit's end: Conflict: the address has an account already. NotFound: no such tenant.
        """
        self._unit.run(
            """-- cross-tenant: into a tenant the administrator reaches
               SELECT admin_add_user(%(user_id)s, %(tenant)s, %(own_tenant)s, %(email)s, %(hash)s, %(name)s,
                                     %(role)s)""",
            user_id=user_id,
            tenant=tenant_id,
            own_tenant=own_tenant,
            email=email,
            hash=password_hash,
            name=display_name,
            role=role,
        )

    def lock_user(self, user_id: str, *, locked: bool) -> Pending[bool]:
        """Queue the locking or unlocking of an account and answer whether there is one."""
        return self._unit.value(
            bool,
            "SELECT admin_lock_user(%(user_id)s, %(locked)s) -- cross-tenant: of a tenant the administrator reaches",
            user_id=user_id,
            locked=locked,
        )

    def delete_user(self, user_id: str) -> Pending[bool]:
        """Queue the removal of an account with everything of it and answer whether there was one."""
        return self._unit.value(
            bool,
            "SELECT admin_delete_user(%(user_id)s) -- cross-tenant: of a tenant the administrator reaches",
            user_id=user_id,
        )

    def tenants(self, *, before: str | None, limit: int) -> Pending[list[ManagedTenant]]:
        """Queue the read of tenants, the newest first."""
        return self._unit.all(
            ManagedTenant,
            """-- cross-tenant: every tenant the administrator reaches
               SELECT tenant_id, kind, name, created_at, parent_id, members, total
               FROM admin_tenants(%(before)s::uuid, %(most)s)""",
            before=before,
            most=limit,
        )

    def add_tenant(self, tenant_id: str, *, kind: str, name: str, parent_id: str | None = None) -> None:
        """Queue the making of a tenant.

        Args: parent_id: the organisation of a team that belongs to one.
        Raises at the unit's end: InvalidInput: it has no organisation, or there is none of this id.
        """
        self._unit.run(
            """-- cross-tenant: a tenant that is being made
               SELECT admin_add_tenant(%(new_id)s, %(kind)s, %(name)s, %(parent_id)s::uuid)""",
            new_id=tenant_id,
            kind=kind,
            name=name,
            parent_id=parent_id,
        )

    def tenant(self, tenant_id: str) -> Pending[ManagedTenant]:
        """Queue the read of one tenant.

        Raises at the unit's end: NotFound.
        """
        return self._unit.one(
            ManagedTenant,
            """-- cross-tenant: every tenant the administrator reaches
               SELECT tenant_id, kind, name, created_at, parent_id, members, total
               FROM admin_tenants(NULL, NULL) WHERE tenant_id = %(wanted)s""",
            missing="tenant not found",
            wanted=tenant_id,
        )

    def rename_tenant(self, name: str | None) -> None:
        """Queue a new name for the unit's tenant; None leaves it."""
        self._unit.run("UPDATE tenants SET name = coalesce(%(name)s, name) WHERE tenant_id = %(tenant_id)s", name=name)

    def members(self) -> Pending[list[Member]]:
        """Queue the read of the unit's tenant's members."""
        return self._unit.all(
            Member,
            """SELECT user_id, email, display_name, role, created_at FROM admin_memberships()
               -- for the tenant_id that entered""",
        )

    def put_member(self, user_id: str, role: str) -> Pending[bool]:
        """Queue a role in the unit's tenant; answers whether there is such an account.

        Raises at the unit's end: Conflict: it would take the tenant's last owner (`last_owner`).
        """
        sql = "SELECT admin_put_membership(%(user_id)s, %(role)s) -- for the tenant_id that entered"
        return self._unit.value(bool, sql, user_id=user_id, role=role)

    def delete_member(self, user_id: str) -> Pending[bool]:
        """Queue the end of a membership of the unit's tenant; answers whether there was one.

        Raises at the unit's end: Conflict: it would take the tenant's last owner (`last_owner`).
        """
        sql = "SELECT admin_delete_membership(%(user_id)s) -- for the tenant_id that entered"
        return self._unit.value(bool, sql, user_id=user_id)

    def limits(self) -> Pending[GrantedLimits | None]:
        """Queue the read of what the unit's tenant was granted; None where it never was anything."""
        return self._unit.maybe(
            GrantedLimits,
            "SELECT account_per_minute, tenant_per_minute FROM tenant_limits WHERE tenant_id = %(tenant_id)s",
        )

    def set_limits(self, *, account_per_minute: int | None, tenant_per_minute: int | None) -> None:
        """Queue the limits the unit's tenant has instead of the deployment's; None leaves it with those."""
        sql = "SELECT admin_set_limits(%(account)s::int, %(everybody)s::int) -- for the tenant_id that entered"
        self._unit.run(sql, account=account_per_minute, everybody=tenant_per_minute)
