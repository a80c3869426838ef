"""Operators are told of the deployment's budgets when sessions and requests spend them, once for each share."""

import asyncio
from pathlib import Path

import pytest

from core.metering.platform import PlatformMeter
from shared.errors import BudgetExhausted
from shared.storage.objects import open_objects
from tests.core.metering.conftest import PROMPT, Till
from tests.support.log_lines import logged


def told(capsys: pytest.CaptureFixture[str]) -> list[tuple[str, int, int]]:
    """Return period, percent and cap of each new line about the deployment's budgets."""
    lines = logged(capsys, "deployment_budget_warning")
    return [(line["period"], line["percent"], line["cap_micro_usd"]) for line in lines]


async def think(till: Till) -> None:
    purse, providers = till.open()
    try:
        async for _ in providers.llm.reply(PROMPT):
            pass
    finally:
        purse.close()
        await till.metering.ledger.flush(10)


async def test_what_sessions_spend_and_what_is_refused_is_told(till: Till, capsys: pytest.CaptureFixture[str]) -> None:
    till.owner("UPDATE deployment_budgets SET cap_micro_usd = 400 WHERE period = 'day'")
    till.owner(
        "INSERT INTO deployment_spending (period, starts, spent) VALUES ('day', (now() AT TIME ZONE 'UTC')::date, 199)"
    )
    await think(till)
    assert told(capsys) == [("day", 50, 400)]
    for _ in range(2):
        with pytest.raises(BudgetExhausted):
            await think(till)
    assert told(capsys) == [("day", 100, 400)]


async def test_what_requests_cost_is_told(till: Till, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    till.owner("UPDATE deployment_budgets SET cap_micro_usd = 10 WHERE period = 'month'")
    till.owner(
        "INSERT INTO deployment_spending (period, starts, spent)"
        " VALUES ('month', date_trunc('month', now() AT TIME ZONE 'UTC')::date, 8)"
    )
    meter = PlatformMeter(till.database, open_objects(tmp_path.as_uri()))
    for _ in range(2):
        await asyncio.to_thread(meter.meter)
    assert told(capsys) == [("month", 80, 10)]
