"""What a learner used, and what is left for them."""

from datetime import date, datetime
from typing import Literal

from msgspec import Struct

from shared.api import Access, Request, Routes
from shared.api.csv import CsvReply, csv_reply, wants_csv
from shared.clock import iso, utc_now
from shared.domain.usage import FULL_SHARE, SPEECH_SHARE, mode, present_mode, report_days, resets_at
from shared.repositories.features import FeatureRepository
from shared.repositories.metering import MeteringRepository, PeriodUsage

routes = Routes("metrics")


class UsageRange(Struct, frozen=True):
    """Days (UTC), both inclusive; without them the running month.

    Attributes:
        format: csv is a table instead of JSON, as is what a request gets that accepts text/csv alone.
    """

    first: date | None = None
    last: date | None = None
    format: Literal["json", "csv"] | None = None


class Budget(Struct, frozen=True):
    """A cap of the tenant, for the running "day" or "month", in micro-dollars; `left` counts what is reserved as spent.

    `mode`: "full", "text" (no speech that costs) or "exhausted".
    """

    period: str
    cap_micro_usd: int
    spent_micro_usd: int
    reserved_micro_usd: int
    left_micro_usd: int
    mode: str
    resets_at: str


class Used(Struct, frozen=True):
    """What the caller used on a day, of one kind."""

    day: str
    kind: str
    unit: str
    quantity: int
    micro_usd: int


class Usage(Struct, frozen=True):
    """The tenant's budgets now, and what the caller used from one day to another, both inclusive (UTC).

    `mode`: what the tutor can do now, under every cap, the deployment's too, and as administrators set it: a budget's
    mode or, by their setting, "cheaper_voice".
    """

    mode: str
    budgets: list[Budget]
    first: str
    last: str
    total_micro_usd: int
    usage: list[Used]


def budget_answer(found: PeriodUsage, now: datetime) -> Budget:
    """Return a budget as clients read it."""
    left = max(0, found.cap - found.spent - found.reserved)
    return Budget(
        period=found.period,
        cap_micro_usd=found.cap,
        spent_micro_usd=found.spent,
        reserved_micro_usd=found.reserved,
        left_micro_usd=left,
        mode=mode(left, found.cap).value,
        resets_at=iso(resets_at(found.period, now)),
    )


@routes.get("/api/usage", access=Access.CLIENT)
def get_usage(request: Request, query: UsageRange) -> Usage | CsvReply:
    """Return what is left of the tenant's budgets, and what the caller used; as a table only the latter."""
    now = utc_now()
    first, last = report_days(query.first, query.last, now.date())
    with request.unit() as unit:
        metering = MeteringRepository(unit)
        periods, own = metering.periods(), metering.own_usage(first, last)
        words, speech = metering.left(FULL_SHARE), metering.left(SPEECH_SHARE)
        features = FeatureRepository(unit).get()
    used = [Used(row.day.isoformat(), row.kind, row.unit, row.quantity, row.micro_usd) for row in own.result]
    if wants_csv(request.http, query.format):
        columns = Used.__struct_fields__
        table = [[getattr(row, column) for column in columns] for row in used]
        return csv_reply(columns, table, f"usage-{first}-{last}.csv")
    budgets = [budget_answer(period, now) for period in periods.result]
    now_is = present_mode(words.result, speech.result, features.result.speech).value
    return Usage(now_is, budgets, first.isoformat(), last.isoformat(), sum(row.micro_usd for row in used), used)
