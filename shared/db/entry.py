"""The first statement of a unit of work: it says for whom the rest runs."""

from collections.abc import Mapping
from typing import LiteralString, Protocol

import msgspec

# Everyone may read this tenant's content; only operators write it.
PUBLIC_TENANT = "00000000-0000-7000-8000-000000000001"


class Entry(Protocol):
    """Opens a unit of work by setting the tenant row-level security works with."""

    @property
    def tenant_id(self) -> str | None:
        """The tenant statements filter by; None before anybody is known (register, login)."""
        ...

    @property
    def statement(self) -> tuple[LiteralString, Mapping[str, object]]:
        """The SQL that enters, and its parameters; it raises SQLSTATE PT4xx to refuse."""
        ...


class CommandLine(msgspec.Struct, frozen=True):
    """Enters as whoever sits at the machine and owns the database; what is changed is noted like an administrator's.

    Attributes:
        operation: what the audit log calls it. tenant_id: where it works; the deployment itself unless given.
    """

    operation: str
    tenant_id: str | None = PUBLIC_TENANT

    @property
    def statement(self) -> tuple[LiteralString, Mapping[str, object]]:
        """Set the tenant and note the operation."""
        return (
            "SELECT command_line_enter(%(tenant_id)s::uuid, %(operation)s)",
            {"tenant_id": self.tenant_id, "operation": self.operation},
        )


class TenantEntry(msgspec.Struct, frozen=True):
    """Enters a tenant without a caller: the work of seeds, jobs and continued requests.

    Attributes:
        tenant_id: the tenant; None sees and writes no tenant row at all.
        user_id: whose name the work is done in, if anybody's.
    """

    tenant_id: str | None
    user_id: str | None = None

    @property
    def statement(self) -> tuple[LiteralString, Mapping[str, object]]:
        """Only set the tenant and the user: nothing is checked, limited or metered."""
        return (
            "SELECT app_enter(%(tenant_id)s::uuid, %(user_id)s::uuid)",
            {"tenant_id": self.tenant_id, "user_id": self.user_id},
        )
