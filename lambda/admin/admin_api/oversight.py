"""The audit log."""

from msgspec import UNSET

from admin_api.answers import Audit, Entry
from admin_api.requests import FindAudit
from admin_api.rules import wanted_id
from shared.api import Access, Request, Routes
from shared.api.cursors import Cursors
from shared.repositories.audit import AuditRepository, AuditSearch

routes = Routes("admin")


@routes.get("/api/admin/audit", access=Access.ADMIN)
def search_audit(request: Request, query: FindAudit) -> Audit:
    """Search what was done in the tenants the administrator reaches, the newest first."""
    cursors = Cursors(request.context.settings.secret, "audit")
    before = cursors.decode(query.cursor)
    wanted = AuditSearch(
        tenant_id=wanted_id(query.tenant_id, "tenant_id"),
        action=query.action,
        administrator=query.administrator,
        actor_id=wanted_id(query.actor_id, "actor_id"),
        subject=query.subject,
        request_id=query.request_id,
        since=query.since,
        until=query.until,
    )
    with request.unit() as unit:
        found = AuditRepository(unit).search(wanted, before=before, limit=query.limit)
    entries = found.result
    return Audit(
        entries=[Entry.of(entry) for entry in entries],
        next_cursor=cursors.encode(entries[-1].id) if len(entries) == query.limit else UNSET,
    )
