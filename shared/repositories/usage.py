"""What was used, as administrators see it, and the caps they set."""

from datetime import date

import msgspec

from shared.db import Pending, Unit


class UsageRow(msgspec.Struct, frozen=True):
    """One tenant's use of one price on one day (UTC): `quantity` in `unit`, money in micro-dollars."""

    tenant_id: str
    day: date
    kind: str
    provider: str
    model: str
    unit: str
    events: int
    quantity: int
    micro_usd: int


class DeploymentBudget(msgspec.Struct, frozen=True):
    """The state of a cap of the whole deployment, and the cap of a tenant that has none of its own, micro-dollars."""

    period: str
    spent: int
    reserved: int
    cap: int
    tenant_cap: int


class UsageRepository:
    """Usage and caps."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def administered(self, *, tenant_id: str | None, first: date, last: date) -> Pending[list[UsageRow]]:
        """Queue what one tenant used, or all the administrator reaches, from one day to another inclusive."""
        return self._unit.all(
            UsageRow,
            """-- cross-tenant: every tenant the administrator reaches
               SELECT tenant_id, day, kind, provider, model, unit, events, quantity, micro_usd
               FROM admin_usage(%(only_tenant)s::uuid, %(first)s, %(last)s)""",
            only_tenant=tenant_id,
            first=first,
            last=last,
        )

    def set_budget(self, period: str, cap_micro_usd: int | None) -> None:
        """Queue the cap of the unit's tenant; None leaves it with the deployment's for all tenants."""
        sql = "SELECT admin_set_budget(%(period)s, %(cap)s::bigint) -- for the tenant_id that entered"
        self._unit.run(sql, period=period, cap=cap_micro_usd)

    def set_deployment_budget(
        self, period: str, *, cap_micro_usd: int | None, tenant_cap_micro_usd: int | None
    ) -> None:
        """Queue caps of the whole deployment; None leaves one as it is."""
        self._unit.run(
            """-- cross-tenant: the deployment's own
               SELECT admin_set_deployment_budget(%(period)s, %(cap)s::bigint, %(tenant_cap)s::bigint)""",
            period=period,
            cap=cap_micro_usd,
            tenant_cap=tenant_cap_micro_usd,
        )

    def deployment_budgets(self) -> Pending[list[DeploymentBudget]]:
        """Queue the state of the deployment's caps for the running day and month."""
        return self._unit.all(
            DeploymentBudget,
            """-- cross-tenant: the deployment's own
               SELECT period, spent, reserved, cap, tenant_cap FROM admin_deployment_budgets()""",
        )
