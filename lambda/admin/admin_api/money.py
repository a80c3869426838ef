"""Budgets and usage, of a tenant and of the whole deployment."""

from msgspec import UNSET, UnsetType

from admin_api.answers import Budget, Budgets, Usage, Used, WholeBudget, WholeBudgets
from admin_api.requests import BudgetChange, DeploymentBudgetChange, UsageRange
from shared.api import Access, Request, Routes
from shared.api.csv import CsvReply, csv_reply, wants_csv
from shared.clock import utc_now
from shared.domain.usage import report_days
from shared.ids import known_id
from shared.repositories.metering import MeteringRepository
from shared.repositories.usage import UsageRepository

routes = Routes("admin")

COLUMNS = Used.__struct_fields__


@routes.get("/api/admin/tenants/{tenant_id}/budget", access=Access.ADMIN)
def get_budget(request: Request, tenant_id: str) -> Budgets:  # noqa: ARG001  the request has entered it
    """Return a tenant's caps and how much of them is used."""
    with request.unit() as unit:
        found = MeteringRepository(unit).periods()
    return Budgets([Budget.of(usage) for usage in found.result])


@routes.put("/api/admin/tenants/{tenant_id}/budget", access=Access.ADMIN)
def set_budget(request: Request, tenant_id: str, body: BudgetChange) -> Budgets:  # noqa: ARG001  as above
    """Set a tenant's own caps."""
    with request.unit() as unit:
        for period, cap in (("day", body.day_micro_usd), ("month", body.month_micro_usd)):
            if not isinstance(cap, UnsetType):
                UsageRepository(unit).set_budget(period, cap)
        found = MeteringRepository(unit).periods()
    return Budgets([Budget.of(usage) for usage in found.result])


@routes.get("/api/admin/budget", access=Access.ADMIN)
def get_deployment_budget(request: Request) -> WholeBudgets:
    """Return the deployment's caps and how much of them is used."""
    with request.unit() as unit:
        found = UsageRepository(unit).deployment_budgets()
    return WholeBudgets([WholeBudget.of(budget) for budget in found.result])


@routes.put("/api/admin/budget", access=Access.ADMIN, role="superadmin")
def set_deployment_budget(request: Request, body: DeploymentBudgetChange) -> WholeBudgets:
    """Set caps of the whole deployment, and of tenants that have none of their own."""
    caps = (
        ("day", body.day_micro_usd, body.tenant_day_micro_usd),
        ("month", body.month_micro_usd, body.tenant_month_micro_usd),
    )
    with request.unit() as unit:
        usage = UsageRepository(unit)
        for period, cap, tenant_cap in caps:
            usage.set_deployment_budget(
                period,
                cap_micro_usd=cap if cap is not UNSET else None,
                tenant_cap_micro_usd=tenant_cap if tenant_cap is not UNSET else None,
            )
        found = usage.deployment_budgets()
    return WholeBudgets([WholeBudget.of(budget) for budget in found.result])


@routes.get("/api/admin/usage", access=Access.ADMIN)
def get_usage(request: Request, query: UsageRange) -> Usage | CsvReply:
    """Return what the tenants used that the administrator reaches, as JSON or CSV."""
    return _usage(request, query, None)


@routes.get("/api/admin/tenants/{tenant_id}/usage", access=Access.ADMIN)
def get_tenant_usage(request: Request, tenant_id: str, query: UsageRange) -> Usage | CsvReply:
    """Return what a tenant used, as JSON or CSV."""
    return _usage(request, query, known_id(tenant_id, "tenant"))


def _usage(request: Request, query: UsageRange, tenant_id: str | None) -> Usage | CsvReply:
    first, last = report_days(query.first, query.last, utc_now().date())
    with request.unit() as unit:
        found = UsageRepository(unit).administered(tenant_id=tenant_id, first=first, last=last)
    rows = [Used.of(row) for row in found.result]
    if wants_csv(request.http, query.format):
        table = [[getattr(row, column) for column in COLUMNS] for row in rows]
        return csv_reply(COLUMNS, table, f"usage-{first}-{last}.csv")
    total = sum(row.micro_usd for row in rows)
    return Usage(first=first.isoformat(), last=last.isoformat(), total_micro_usd=total, usage=rows)
