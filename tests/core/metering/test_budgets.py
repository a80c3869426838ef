"""Money comes back or is counted, whatever becomes of the process that reserved it."""

import asyncio
import signal
import sys

from aiohttp import web

from core.metering.bank import Bank
from core.metering.budgets import BudgetMetering
from core.pipeline.conversations import Visit
from core.providers import Providers
from shared.ids import new_id
from tests.core.metering.conftest import CALLER, LONGEST_MS, PROMPT, Till


async def test_a_killed_process_leaves_nothing_reserved_and_nothing_uncounted(till: Till, database_url: str) -> None:
    till.cap(100_000)
    line = [sys.executable, "-m", "tests.support.killed_payer", database_url]
    process = await asyncio.create_subprocess_exec(*line, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    assert b"Light" in await process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    await process.wait()
    day = await till.day()
    assert (day.spent, day.reserved) == (0, 200)
    async with asyncio.TaskGroup() as sweeps:
        both = [sweeps.create_task(Bank(till.database).sweep()) for _ in range(2)]
    assert sum(sweep.result() for sweep in both) == 1
    day = await till.day()
    assert (day.spent, day.reserved) == (200, 0)


async def test_the_end_of_the_process_settles_what_its_sessions_spent(till: Till) -> None:
    bank = Bank(till.database)
    metering = BudgetMetering(bank, longest_utterance_ms=LONGEST_MS)
    async for _ in metering.run(web.Application()):
        purse = metering.open(Visit(new_id(), CALLER), till.tell)
        async for _ in purse.hire(Providers(till.stt, till.llm, till.tts)).llm.reply(PROMPT):
            pass
    day = await till.day()
    assert (day.spent, day.reserved) == (3, 0)


async def test_an_open_sessions_usage_is_seen_before_it_ends(till: Till) -> None:
    purse, providers = till.open()
    await till.metering.ledger.flush(10)
    async for _ in providers.llm.reply(PROMPT):
        pass
    now = asyncio.get_running_loop().time()
    purse.tidy(now + 19)
    assert (await till.day()).spent == 0
    purse.tidy(now + 21)
    assert (await till.day()).spent == 3
    assert (await till.day()).reserved > 0  # for speech, of which there was none yet
    purse.tidy(now + 61)
    assert (await till.day()).reserved == 0
    purse.close()


async def test_expired_reservations_are_swept_while_the_application_runs(till: Till) -> None:
    swept = asyncio.Event()

    class WatchedBank(Bank):
        async def sweep(self) -> int:
            expired = await super().sweep()
            if expired:
                swept.set()
            return expired

    bank = WatchedBank(till.database, lasts_s=0)
    metering = BudgetMetering(bank, longest_utterance_ms=LONGEST_MS, sweep_s=0.01)
    async for _ in metering.run(web.Application()):
        await bank.reserve(CALLER, new_id(), 70, 100)
        async with asyncio.timeout(10):
            await swept.wait()
    day = await till.day()
    assert (day.spent, day.reserved) == (70, 0)
