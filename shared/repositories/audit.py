"""The audit log: added to and read, never changed."""

from shared.db import Unit
from shared.ids import new_id


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
