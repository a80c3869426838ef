"""The audit log: added to and read, never changed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from shared.db import Pending, Unit
from shared.ids import new_id


class AuditEntry(msgspec.Struct, frozen=True):
    """What happened.

    Attributes:
        actor_id: whose deed, a user or an administrator; None when nobody had proved who they are.
        administrator: the administrator's address; empty for others.
        details: what was asked for, or what was changed as `before` and `after`; never a secret.
    """

    tenant_id: str
    id: str
    at: datetime
    actor_id: str | None
    administrator: str
    action: str
    subject: str
    ip_address: str
    request_id: str
    details: Mapping[str, Any]


class AuditSearch(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries; None leaves a criterion out, `action` is how it begins."""

    tenant_id: str | None = None
    action: str | None = None
    administrator: str | None = None
    actor_id: str | None = None
    subject: str | None = None
    request_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class RefusedDeed(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt to administer that was refused.

    Attributes:
        proof: "session" with the hash of its token as `credential`, "access" or "password" with the `login`.
        operation: method and path of the route. target: the ids in the path. reason: the code of the refusal.
    """

    proof: str
    credential: str
    login: str
    operation: str
    target: str
    reason: str
    address: str
    request_id: str


class AuditRepository:
    """Entries of the unit's tenant."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def record(self, action: str, *, subject: str = "", address: str = "", request_id: str = "") -> None:
        """Queue an entry in the name of the unit's user.

        Args:
            action: what happened, such as "signed_in". subject: the id of what it happened to.
        """
        self._unit.run(
            """INSERT INTO audit_log (tenant_id, id, actor_id, action, subject, ip_address, request_id)
               VALUES (%(tenant_id)s, %(id)s, app_user(), %(action)s, %(subject)s, %(address)s, %(request_id)s)""",
            id=new_id(),
            action=action,
            subject=subject,
            address=address,
            request_id=request_id,
        )

    def record_refusal(self, refused: RefusedDeed, attempts: int) -> None:
        """Queue an entry in the deployment's log, where the attempt is somebody's whose identity is known."""
        self._unit.run(
            """-- cross-tenant: of the deployment
               SELECT note_refused_admin(%(proof)s, %(credential)s, %(login)s, %(operation)s, %(target)s, %(reason)s,
                                         %(attempts)s, %(address)s, %(of_request)s)""",
            proof=refused.proof,
            credential=refused.credential,
            login=refused.login,
            operation=refused.operation,
            target=refused.target,
            reason=refused.reason,
            attempts=attempts,
            address=refused.address,
            of_request=refused.request_id,
        )

    def search(self, wanted: AuditSearch, *, before: str | None, limit: int) -> Pending[list[AuditEntry]]:
        """Queue the read of entries an administrator reaches, the newest first, from the one behind `before`."""
        return self._unit.all(
            AuditEntry,
            """-- cross-tenant: every tenant the administrator reaches
               SELECT tenant_id, id, at, actor_id, administrator, action, subject, ip_address, request_id, details
               FROM admin_audit(%(only_tenant)s::uuid, %(action)s, %(administrator)s, %(actor_id)s::uuid, %(subject)s,
                                %(of_request)s, %(since)s::timestamptz, %(until)s::timestamptz, %(before)s::uuid,
                                %(most)s)""",
            only_tenant=wanted.tenant_id,
            action=wanted.action,
            administrator=wanted.administrator,
            actor_id=wanted.actor_id,
            subject=wanted.subject,
            of_request=wanted.request_id,
            since=wanted.since,
            until=wanted.until,
            before=before,
            most=limit,
        )
