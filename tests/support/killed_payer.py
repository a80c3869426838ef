"""A process that reserves money for a call and is killed in the middle of it: `python -m … <database url>`."""

import asyncio
import sys

from aiohttp import web

from core.metering.bank import Bank
from core.metering.budgets import BudgetMetering
from core.pipeline.conversations import Visit
from core.providers import Providers
from shared.db import Database
from shared.ids import new_id
from tests.core.metering.conftest import CALLER, LONGEST_MS, PROMPT
from tests.fakes.vendors import FakeModel, FakeRecogniser, FakeVoice


async def pay(url: str) -> None:
    """Ask the model, hear its first word, and never come to the end."""
    bank = Bank(Database(url, pool_size=2), lasts_s=0)
    metering = BudgetMetering(bank, longest_utterance_ms=LONGEST_MS, sweep_s=3600)
    async for _ in metering.run(web.Application()):
        llm = FakeModel("Light", " scatters.")
        llm.pause_at = 1
        purse = metering.open(Visit(new_id(), CALLER), lambda _: None)
        providers = purse.hire(Providers(FakeRecogniser(""), llm, FakeVoice()))
        async for item in providers.llm.reply(PROMPT):
            sys.stdout.write(f"{item}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(pay(sys.argv[1]))
