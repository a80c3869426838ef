"""Operators are told of the deployment's budgets when sessions and requests spend them, once for each share."""

import asyncio
from pathlib import Path

import pytest

from core.metering.platform import PlatformMeter
from shared.errors import BudgetExhausted
from shared.storage.objects import open_objects
from tests.core.metering.conftest import PROMPT, Till


def told(caplog: pytest.LogCaptureFixture) -> list[tuple[str, int, int]]:
    """Return period, percent and cap of each line about the deployment's budgets."""
    return [
        (record.period, record.percent, record.cap_micro_usd)  # type: ignore[attr-defined]  fields of the line
        for record in caplog.records
        if record.getMessage() == "deployment_budget_warning"
    ]


async def think(till: Till) -> None:
    purse, providers = till.open()
    try:
        async for _ in providers.llm.reply(PROMPT):
            pass
    finally:
        purse.close()
        await till.metering.ledger.flush(10)


async def test_what_sessions_spend_and_what_is_refused_is_told(till: Till, caplog: pytest.LogCaptureFixture) -> None:
    till.owner("UPDATE deployment_budgets SET cap_micro_usd = 400 WHERE period = 'day'")
    till.owner(
        "INSERT INTO deployment_spending (period, starts, spent) VALUES ('day', (now() AT TIME ZONE 'UTC')::date, 199)"
    )
    await think(till)
    assert told(caplog) == [("day", 50, 400)]
    for _ in range(2):
        with pytest.raises(BudgetExhausted):
            await think(till)
    assert told(caplog) == [("day", 50, 400), ("day", 100, 400)]


async def test_what_requests_cost_is_told(till: Till, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    till.owner("UPDATE deployment_budgets SET cap_micro_usd = 10 WHERE period = 'month'")
    till.owner(
        "INSERT INTO deployment_spending (period, starts, spent)"
        " VALUES ('month', date_trunc('month', now() AT TIME ZONE 'UTC')::date, 8)"
    )
    meter = PlatformMeter(till.database, open_objects(tmp_path.as_uri()))
    for _ in range(2):
        await asyncio.to_thread(meter.meter)
    assert told(caplog) == [("month", 80, 10)]
