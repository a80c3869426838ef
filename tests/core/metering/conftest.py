import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import LiteralString, TypeVar

import psycopg
import pytest
from aiohttp import web

from core.metering.bank import Bank
from core.metering.budgets import BudgetMetering
from core.metering.purse import BudgetPurse
from core.pipeline.conversations import Visit
from core.pipeline.notices import ModeChanged, Notice
from core.providers import Providers
from core.providers.llm.port import Message, Prompt
from shared.auth.caller import Caller
from shared.db import Database
from shared.ids import new_id
from shared.repositories.metering import MeteringRepository, PeriodUsage
from tests.conftest import ALPHA, ALPHA_TENANT, ALPHA_USER
from tests.fakes.vendors import FakeModel, FakeRecogniser, FakeVoice

# An open network's learner needs no credential.
CALLER = Caller("open", ALPHA_TENANT, None, ALPHA_USER)
# What the fakes cost: a micro-dollar for each unit.
PRICES = """INSERT INTO price_book (provider, unit, micro_usd, per_quantity) VALUES
    ('fake-stt', 'audio_ms', 1, 1), ('fake-llm', 'input_token', 1, 1), ('fake-llm', 'output_token', 1, 1),
    ('fake-tts', 'character', 1, 1)"""
LONGEST_MS = 2_000
T = TypeVar("T")
AsOwner = Callable[..., None]
PROMPT = Prompt((Message("user", "x" * 92),), max_tokens=100)  # 200 micro-dollars at most


class Till:
    """Metering on a real database, and what a test wants to know of it."""

    def __init__(self, database: Database, owner: AsOwner) -> None:
        self.database = database
        self.owner = owner
        self.told: list[ModeChanged] = []
        self.sessions: list[str] = []
        self.stt = FakeRecogniser("yes")
        self.llm = FakeModel("Light", " scatters.")
        self.tts = FakeVoice(seconds=0.06)
        self.metering = BudgetMetering(Bank(database), longest_utterance_ms=LONGEST_MS, sweep_s=3600, tidy_s=3600)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        async for _ in self.metering.run(web.Application()):
            yield

    def open(self) -> tuple[BudgetPurse, Providers]:
        purse = self.metering.open(self._visit(CALLER), self.tell)
        return purse, purse.hire(Providers(self.stt, self.llm, self.tts))

    def open_for(self, caller: Caller) -> BudgetPurse:
        purse = self.metering.open(self._visit(caller), self.tell)
        purse.hire(Providers(self.stt, self.llm, self.tts))
        return purse

    def _visit(self, caller: Caller) -> Visit:
        self.sessions.append(new_id())
        return Visit(self.sessions[-1], caller)

    def tell(self, notice: Notice) -> None:
        assert isinstance(notice, ModeChanged)
        self.told.append(notice)

    def cap(self, day: int) -> None:
        self.owner("UPDATE deployment_budgets SET tenant_cap_micro_usd = %s WHERE period = 'day'", day)

    async def day(self) -> PeriodUsage:
        """Return today's spending once everything is settled."""
        await self.metering.ledger.flush(10)
        return await asyncio.to_thread(self._day)

    def _day(self) -> PeriodUsage:
        with self.database.unit(ALPHA) as unit:
            periods = MeteringRepository(unit).periods()
        return periods.result[0]

    async def used(self) -> dict[str, int]:
        """Return what was counted, by its kind, once everything is settled."""
        await self.metering.ledger.flush(10)
        sql = """SELECT coalesce(jsonb_object_agg(kind, total), '{}') FROM (
                     SELECT kind, sum(quantity) AS total FROM usage_events WHERE tenant_id = %(tenant_id)s GROUP BY kind
                 ) AS k"""
        return await self.value(dict[str, int], sql)

    async def value(self, kind: type[T], sql: LiteralString, **params: object) -> T:
        def work() -> T:
            with self.database.unit(ALPHA) as unit:
                found = unit.value(kind, sql, **params)
            return found.result

        return await asyncio.to_thread(work)


@pytest.fixture
def as_owner(database_url: str) -> AsOwner:
    def run(sql: str, *values: object) -> None:
        with psycopg.connect(database_url) as connection:
            connection.execute("SELECT app_enter(%s, NULL)", (ALPHA_TENANT,))
            connection.execute(sql.encode(), values)

    return run


@pytest.fixture
async def till(database: Database, as_owner: AsOwner) -> AsyncIterator[Till]:
    as_owner(PRICES)
    made = Till(database, as_owner)
    async with made.running():
        yield made
