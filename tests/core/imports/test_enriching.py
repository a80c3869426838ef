"""What a language model's additions cost: told beforehand, paid from the budget, and counted on the job."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import psycopg
import pytest
from aiohttp import web

from core.imports.importing import CourseImport
from core.imports.mounting import hiring
from core.jobs.port import JobStopped
from core.metering.bank import Bank
from core.metering.budgets import BudgetMetering
from core.providers import Providers
from core.providers.llm.port import ModelUsage, Prompt, Token
from shared.errors import ProviderUnavailable
from tests.core.imports.conftest import TOPICS, WANTS, School, writing
from tests.fakes.jobs import RecordedJob
from tests.fakes.vendors import FakeRecogniser, FakeVoice
from tests.support.imports import MODEL, WritingModel

PRICES = """INSERT INTO price_book (provider, model, unit, micro_usd, per_quantity) VALUES
    (%(provider)s, %(model)s, 'input_token', 3, 1), (%(provider)s, %(model)s, 'output_token', 5, 1)"""


@dataclass
class Payer:
    """A tenant whose budget pays a model, and what its ledger has of that."""

    school: School
    url: str
    metering: BudgetMetering

    def handler(self, llm: WritingModel) -> CourseImport:
        providers = Providers(FakeRecogniser("yes"), llm, FakeVoice())
        return CourseImport(self.school.shop(hire=hiring(self.metering, providers)))

    async def paid(self) -> list[int]:
        """Return what each call was charged, once everything is settled."""
        await self.metering.ledger.flush(10)
        return await asyncio.to_thread(self._paid)

    def _paid(self) -> list[int]:
        with psycopg.connect(self.url) as connection:
            rows = connection.execute("SELECT micro_usd FROM usage_events WHERE kind IN ('tokens_in', 'tokens_out')")
            return [row[0] for row in rows]


@pytest.fixture
async def payer(school: School, database_url: str) -> AsyncIterator[Payer]:
    with psycopg.connect(database_url) as connection:
        connection.execute(PRICES, {"provider": MODEL[0], "model": MODEL[1]})
    metering = BudgetMetering(Bank(school.database), longest_utterance_ms=1_000, sweep_s=3_600, tidy_s=3_600)
    async with asynccontextmanager(metering.run)(web.Application()):
        yield Payer(school, database_url, metering)


def estimate_of(job: RecordedJob) -> int:
    return int(job.checkpoint["estimate_micros"])


def spent(jobs: Sequence[RecordedJob]) -> int:
    return sum(job.cost_micros for job in jobs)


async def test_the_job_says_what_it_is_to_cost_and_what_the_ledger_was_charged(payer: Payer) -> None:
    llm = WritingModel(writing)
    job = payer.school.job("/book.md", wants=WANTS)
    await payer.handler(llm).run(job)
    paid = await payer.paid()
    assert (len(llm.asked), len(paid)) == (3 * TOPICS, 6 * TOPICS)
    assert job.cost_micros == sum(paid) > 0
    (said,) = [facts for message, facts in job.said if "is to be asked" in message]
    assert said == {"calls": len(llm.asked), "estimated_micro_usd": estimate_of(job)}
    first = next(step for step in job.steps if step.cost_micros)
    assert first.checkpoint is not None
    assert first.checkpoint["estimate_micros"] == estimate_of(job) > 0


async def test_who_is_killed_between_two_topics_pays_for_each_once(payer: Payer) -> None:
    llm = WritingModel(writing)
    runs = [payer.school.job("/book.md", stop_at=1, wants=WANTS)]
    while True:
        try:
            await payer.handler(llm).run(runs[-1])
            break
        except JobStopped:
            runs.append(runs[-1].again(stop_at=1))
    assert len(llm.asked) == 3 * TOPICS
    assert spent(runs) == sum(await payer.paid())
    assert len({estimate_of(run) for run in runs if run.checkpoint.get("estimate_micros") is not None}) == 1


async def test_what_a_half_done_topic_has_cost_is_counted_too(payer: Payer) -> None:
    def fail_once(prompt: Prompt) -> str:
        # The third topic's problems are there already when its words fail.
        if "JSON array" in prompt.messages[0].content and len(llm.asked) == TOPICS + 6:
            raise ProviderUnavailable("the vendor is down")
        return writing(prompt)

    llm = WritingModel(fail_once)
    first = payer.school.job("/book.md", wants=WANTS)
    with pytest.raises(ProviderUnavailable):
        await payer.handler(llm).run(first)
    second = first.again()
    await payer.handler(llm).run(second)
    # The problems were asked for again, and paid again.
    assert len(llm.asked) == 3 * TOPICS + 2
    assert spent([first, second]) == sum(await payer.paid())


async def test_a_process_that_ends_in_the_middle_of_an_answer_tells_what_it_has_cost(payer: Payer) -> None:
    class Slow(WritingModel):
        """Does not come to an end with its second answer about a topic."""

        async def reply(self, prompt: Prompt) -> AsyncIterator[Token | ModelUsage]:
            async for item in super().reply(prompt):
                yield item
                if len(self.asked) == TOPICS + 2:
                    begun.set()
                    await asyncio.Event().wait()

    begun = asyncio.Event()
    llm = Slow(writing)
    job = payer.school.job("/book.md", wants=WANTS)
    running = asyncio.create_task(payer.handler(llm).run(job))
    await asyncio.wait_for(begun.wait(), 30)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert len(llm.asked) == TOPICS + 2
    assert job.cost_micros == sum(await payer.paid())
