"""Reservations, usage and budgets of a tenant."""

from collections.abc import Sequence
from datetime import date

import msgspec

from shared.db import Json, Pending, Unit
from shared.domain.usage import Unit as Measure
from shared.domain.usage import UsageEvent


class Threshold(msgspec.Struct, frozen=True):
    """A share of a budget that was passed.

    Attributes:
        period: "day" or "month". percent: 50, 80 or 100. spent, cap: micro-dollars.
    """

    period: str
    percent: int
    spent: int
    cap: int


class PeriodUsage(msgspec.Struct, frozen=True):
    """A budget's state: micro-dollars spent and reserved in the running day or month, and the cap."""

    period: str
    spent: int
    reserved: int
    cap: int


class OwnUsage(msgspec.Struct, frozen=True):
    """What a learner used on one day (UTC) of one kind, in its unit, and what it cost in micro-dollars."""

    day: date
    kind: str
    unit: str
    quantity: int
    micro_usd: int


class Price(msgspec.Struct, frozen=True):
    """The price in force: `micro_usd` for every `per_quantity` units of what a provider does."""

    provider: str
    model: str
    unit: str
    micro_usd: int
    per_quantity: int

    def cost(self, quantity: int) -> int:
        """Return micro-dollars, a part of one counted whole, as the database charges it."""
        return -(-quantity * self.micro_usd // self.per_quantity)


class MeteringRepository:
    """Money of the unit's tenant; a cap that would be passed refuses with BudgetExhausted."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def reserve(self, reservation_id: str, micro_usd: int, *, lasts_s: int, share: int) -> Pending[int]:
        """Hold money for one provider call and answer what is left under the tightest cap.

        Args:
            reservation_id: UUID; repeating it holds nothing more.
            lasts_s: after this an unsettled reservation is counted whole.
            share: percentage of every cap this purpose may use.
        Raises: BudgetExhausted: a day's or month's cap, of the tenant or the deployment, would be passed.
        """
        sql = """SELECT reserve(%(id)s::uuid, %(micro_usd)s, make_interval(secs => %(lasts_s)s), %(share)s)
                 -- for the tenant_id that entered"""
        return self._unit.value(int, sql, id=reservation_id, micro_usd=micro_usd, lasts_s=lasts_s, share=share)

    def settle(self, reservation_id: str, events: Sequence[UsageEvent]) -> Pending[int]:
        """Count what the call really used, free the rest and answer what was charged; repeating it changes nothing.

        Raises: NotFound: no such reservation.
        """
        sql = "SELECT settle(%(id)s::uuid, %(events)s) -- for the tenant_id that entered"
        return self._unit.value(int, sql, id=reservation_id, events=Json(msgspec.to_builtins(events)))

    def left(self, share: int) -> Pending[int]:
        """Answer how many micro-dollars a share, in percent, of the tightest cap leaves; negative beyond it."""
        return self._unit.value(int, "SELECT budget_left(%(share)s) -- for the tenant_id that entered", share=share)

    def prices(self, wanted: Sequence[tuple[str, str, Measure]]) -> Pending[list[Price]]:
        """Answer the price in force of each provider, model and unit, by the names they were asked for."""
        providers, models, units = zip(*wanted, strict=True)
        return self._unit.all(
            Price,
            """SELECT w.provider, w.model, w.unit, coalesce((w.price).micro_usd, 0) AS micro_usd,
                      coalesce((w.price).per_quantity, 1) AS per_quantity
               FROM (SELECT u.*, price_of(u.provider, u.model, u.unit) AS price
                     FROM unnest(%(providers)s::text[], %(models)s::text[], %(units)s::text[])
                          AS u (provider, model, unit)) AS w -- cross-tenant: prices are everybody's""",
            providers=list(providers),
            models=list(models),
            units=list(units),
        )

    def expire(self) -> Pending[int]:
        """Count every tenant's expired reservations whole and answer how many there were."""
        return self._unit.value(int, "SELECT expire_reservations() -- cross-tenant: housekeeping of all tenants")

    def thresholds(self) -> Pending[list[Threshold]]:
        """Answer each threshold the tenant passed since the last call; each is answered once."""
        sql = "SELECT period, percent, spent, cap FROM announce_thresholds() -- for the tenant_id that entered"
        return self._unit.all(Threshold, sql)

    def announce(self) -> Pending[list[Threshold]]:
        """Answer each threshold the tenant passed since the last call, and write it into the audit log; once each."""
        return self._unit.all(
            Threshold,
            """WITH passed AS MATERIALIZED (SELECT * FROM announce_thresholds()), noted AS (
                   INSERT INTO audit_log (tenant_id, id, action, subject, details)
                   SELECT %(tenant_id)s, gen_random_uuid(), 'budget_warning', period, to_jsonb(passed) FROM passed)
               SELECT period, percent, spent, cap FROM passed""",
        )

    def announce_refusal(self, period: str) -> Pending[list[Threshold]]:
        """Answer that the budget of the "day" or "month" is used up, and write it into the audit log, once."""
        return self._unit.all(
            Threshold,
            """WITH passed AS MATERIALIZED (SELECT * FROM announce_refusal(%(period)s)), noted AS (
                   INSERT INTO audit_log (tenant_id, id, action, subject, details)
                   SELECT %(tenant_id)s, gen_random_uuid(), 'budget_warning', period, to_jsonb(passed) FROM passed)
               SELECT period, percent, spent, cap FROM passed""",
            period=period,
        )

    def announce_deployment(self, *, refused: str | None = None) -> Pending[list[Threshold]]:
        """Answer each threshold the deployment passed since the last call, and note it in the deployment's audit log.

        Args: refused: the "day" or "month" whose budget refused a call: it is used up, whatever was spent.
        """
        return self._unit.all(
            Threshold,
            """-- cross-tenant: the deployment's own
               SELECT period, percent, spent, cap FROM announce_deployment(%(refused)s)""",
            refused=refused,
        )

    def own_usage(self, first: date, last: date) -> Pending[list[OwnUsage]]:
        """Answer what the unit's user used from one day to another inclusive, by day and kind.

        Requests and storage are a tenant's: they are the user's own where the tenant is one person's.
        """
        return self._unit.all(
            OwnUsage,
            """SELECT (e.created_at AT TIME ZONE 'UTC')::date AS day, e.kind, e.unit,
                      sum(e.quantity)::bigint AS quantity, sum(e.micro_usd)::bigint AS micro_usd
               FROM usage_events e JOIN tenants t ON t.tenant_id = e.tenant_id
               WHERE e.tenant_id = %(tenant_id)s
                 AND (e.user_id = app_user() OR (e.user_id IS NULL AND t.kind = 'individual'))
                 AND e.created_at >= %(first)s::date::timestamp AT TIME ZONE 'UTC'
                 AND e.created_at < (%(last)s::date + 1)::timestamp AT TIME ZONE 'UTC'
               GROUP BY 1, 2, 3 ORDER BY 1, 2, 3""",
            first=first,
            last=last,
        )

    def periods(self) -> Pending[list[PeriodUsage]]:
        """Answer the state of the tenant's budgets for the running day and month."""
        return self._unit.all(
            PeriodUsage,
            """SELECT d.period, coalesce(s.spent, 0) AS spent, coalesce(s.reserved, 0) AS reserved,
                      coalesce(b.cap_micro_usd, d.tenant_cap_micro_usd) AS cap
               FROM deployment_budgets d
               LEFT JOIN budgets b ON b.tenant_id = %(tenant_id)s AND b.period = d.period
               LEFT JOIN spending s ON s.tenant_id = %(tenant_id)s AND s.period = d.period
                    AND s.starts = period_start(d.period, (now() AT TIME ZONE 'UTC')::date)
               ORDER BY d.period""",
        )
