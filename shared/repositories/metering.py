"""Reservations, usage and budgets of a tenant."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from shared.db import Json, Pending, Unit
from shared.domain.usage import UsageEvent


@dataclass(frozen=True, slots=True)
class Threshold:
    """A share of a budget that was passed.

    Attributes:
        period: "day" or "month". percent: 50, 80 or 100. spent, cap: micro-dollars.
    """

    period: str
    percent: int
    spent: int
    cap: int


@dataclass(frozen=True, slots=True)
class PeriodUsage:
    """A budget's state: micro-dollars spent and reserved in the running day or month, and the cap."""

    period: str
    spent: int
    reserved: int
    cap: int


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

    def expire(self) -> Pending[int]:
        """Count every tenant's expired reservations whole and answer how many there were."""
        return self._unit.value(int, "SELECT expire_reservations() -- cross-tenant: housekeeping of all tenants")

    def thresholds(self) -> Pending[list[Threshold]]:
        """Answer each threshold the tenant passed since the last call; each is answered once."""
        sql = "SELECT period, percent, spent, cap FROM announce_thresholds() -- for the tenant_id that entered"
        return self._unit.all(Threshold, sql)

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
