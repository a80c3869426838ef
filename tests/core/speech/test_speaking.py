"""The job that speaks an order: killed at every step, short of money, beside another one, with a vendor that fails."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest

from core.jobs.port import JobStopped
from core.providers.errors import provider_error
from core.providers.tts.port import Voice
from core.speech.cache import SpeechCache
from core.speech.desk import SpeechDesk
from core.speech.estimates import Estimate
from core.speech.ordering import Prospect, place
from core.speech.scripts import Line, items_of
from core.speech.shelf import Shelf
from core.speech.speaking import Speaking
from shared.db import Database
from shared.errors import BudgetExhausted, Conflict, NotFound, ProviderUnavailable
from shared.ids import new_id
from shared.repositories.speech_items import Item, SpeechItemRepository
from shared.repositories.speech_orders import NewOrder, SpeechOrder, SpeechOrderRepository
from shared.storage.objects import open_objects
from shared.storage.port import ObjectStore
from tests.conftest import ALPHA, ALPHA_TENANT, BETA, BETA_TENANT
from tests.fakes.jobs import RecordedJob, an_order, run_killed_at_every_step
from tests.fakes.stores import FullStore
from tests.fakes.tts import FakeTextToSpeech
from tests.support.speech import priced_hire

TEXTS = [f"Sentence {number} of the lesson." for number in range(10)]
# What the price book says of a vendor it does not know, in micro-dollars.
A_CHARACTER = 30


@dataclass
class Workshop:
    """A process that speaks orders; several may share a store and a database."""

    database: Database
    store: ObjectStore
    tts: FakeTextToSpeech = field(default_factory=FakeTextToSpeech)

    def __post_init__(self) -> None:
        self.cache = SpeechCache(self.tts, self.store)
        self.desk = SpeechDesk(self.cache, Shelf(self.store), priced_hire(self.tts, micro_usd=A_CHARACTER))
        self.handler = Speaking(self.database, self.desk, pause_s=0.001)

    def order(self, texts: list[str] = TEXTS, *, owner_id: str = ALPHA_TENANT) -> str:
        items = items_of([Line(owner_id, text, f"custom/{text[:12]}") for text in texts], Voice("amy"))
        new = NewOrder(purpose="batch", name="Monday", source_type="custom")
        with self.database.unit(ALPHA) as unit:
            return place(unit, new, items, Prospect([], Estimate(0, 0, 0)))

    def job(self, order_id: str, **options: Any) -> RecordedJob:
        order = an_order(ALPHA_TENANT, "speak", {"order_id": order_id})
        return RecordedJob(order, database=self.database, **options)

    def read(self, order_id: str) -> SpeechOrder:
        with self.database.unit(ALPHA) as unit:
            found = SpeechOrderRepository(unit).get(order_id)
        return found.result

    def items(self, order_id: str) -> list[Item]:
        with self.database.unit(ALPHA) as unit:
            found = SpeechItemRepository(unit).find(order_id, limit=100)
        return found.result


@pytest.fixture
async def shop(database: Database) -> Workshop:
    return Workshop(database, open_objects("memory://"))


async def test_everything_is_spoken_once_and_counted(shop: Workshop) -> None:
    order_id = shop.order([*TEXTS, TEXTS[0]])
    job = shop.job(order_id)
    result = await shop.handler.run(job)
    cost = A_CHARACTER * sum(map(len, TEXTS))
    assert (result["total"], result["completed"], result["failed"]) == (11, 11, 0)
    assert result["estimate_micros"] == result["cost_micros"] == cost
    assert sorted(shop.tts.asked) == sorted(TEXTS)
    assert (job.cost_micros, shop.read(order_id).cost_micros) == (cost, cost)
    assert [step.progress for step in job.steps] == sorted(step.progress for step in job.steps)
    assert job.steps[-1].progress == 1
    spoken = shop.items(order_id)
    assert {item.status for item in spoken} == {"completed"}
    assert all(item.duration_ms > 0 for item in spoken)
    again = await shop.handler.run(shop.job(shop.order()))
    assert (again["cached"], again["cost_micros"], again["estimate_micros"]) == (10, 0, 0)
    assert len(shop.tts.asked) == len(TEXTS)


async def test_a_process_that_is_killed_at_every_step_pays_nothing_twice(shop: Workshop) -> None:
    order_id = shop.order()
    result, runs = await run_killed_at_every_step(shop.handler, shop.job(order_id, stop_at=1))
    assert (result["completed"], runs > 3) == (10, True)
    assert sorted(shop.tts.asked) == sorted(TEXTS)
    assert result["cost_micros"] == result["estimate_micros"] == A_CHARACTER * sum(map(len, TEXTS))


@pytest.mark.parametrize("reason", ["cancelled", "paused", "draining", "lost"])
async def test_a_run_that_is_stopped_keeps_what_it_has(shop: Workshop, reason: Any) -> None:
    order_id = shop.order()
    with pytest.raises(JobStopped):
        await shop.handler.run(shop.job(order_id, stop_at=2, reason=reason))
    asked = len(shop.tts.asked)
    assert 0 < asked < len(TEXTS)
    assert shop.tts.open == 0
    later = Workshop(shop.database, shop.store, shop.tts)  # another process, which remembers nothing
    result = await later.handler.run(later.job(order_id))
    assert result["completed"] == len(TEXTS)
    assert sorted(shop.tts.asked) == sorted(TEXTS)


async def test_without_money_it_says_what_helps_and_goes_on_later(shop: Workshop) -> None:
    order_id = shop.order()
    shop.tts.failure = BudgetExhausted("spent", details={"period": "day"})
    with pytest.raises(BudgetExhausted) as caught:
        await shop.handler.run(shop.job(order_id))
    assert caught.value.details["period"] == "day"
    assert "budget" in caught.value.details["remedy"]
    left = shop.items(order_id)
    assert ({item.status for item in left}, sum(item.attempts for item in left)) == ({"pending"}, 0)
    shop.tts.failure = None
    assert (await shop.handler.run(shop.job(order_id)))["completed"] == len(TEXTS)


async def test_a_vendor_that_is_down_ends_the_run_before_everything_has_failed(shop: Workshop) -> None:
    order_id = shop.order()
    shop.tts.failure = provider_error("fake", "timeout")
    with pytest.raises(ProviderUnavailable):
        await shop.handler.run(shop.job(order_id))
    order = shop.read(order_id)
    assert (order.failed, order.left, order.error) == (0, 10, "provider_unavailable")
    assert order.consecutive_failures >= 5
    shop.tts.failure = None
    assert (await shop.handler.run(shop.job(order_id)))["completed"] == len(TEXTS)
    assert shop.read(order_id).consecutive_failures == 0


async def test_a_text_nobody_can_speak_is_given_up_and_the_others_are_spoken(shop: Workshop) -> None:
    shop.tts.refuses = "unspeakable"
    order_id = shop.order([*TEXTS, "An unspeakable text."])
    result = await shop.handler.run(shop.job(order_id))
    assert (result["completed"], result["failed"]) == (10, 1)
    (bad,) = [item for item in shop.items(order_id) if item.status == "failed"]
    assert (bad.attempts, bad.error) == (3, "provider_unavailable")
    shop.tts.refuses = ""
    with shop.database.unit(ALPHA) as unit:
        SpeechItemRepository(unit).reset_failed(order_id)
    assert (await shop.handler.run(shop.job(order_id)))["failed"] == 0


async def test_what_another_voice_said_in_its_place_is_not_kept(shop: Workshop) -> None:
    shop.tts.stands_in = True
    order_id = shop.order(TEXTS[:1])
    result = await shop.handler.run(shop.job(order_id))
    assert (result["completed"], result["failed"]) == (0, 1)
    assert shop.items(order_id)[0].error == "voice_unavailable"


async def test_a_store_that_is_full_fails_the_text_and_not_the_listener(shop: Workshop) -> None:
    full = Workshop(shop.database, FullStore(shop.store), shop.tts)
    result = await full.handler.run(full.job(order_id := full.order(TEXTS[:1])))
    assert (result["completed"], result["failed"]) == (0, 1)
    assert full.items(order_id)[0].error == "store_unavailable"
    assert len(shop.tts.asked) == 1  # it is in memory: what was paid for is not paid for again


async def test_two_processes_that_speak_the_same_texts_pay_once(shop: Workshop) -> None:
    other = Workshop(shop.database, shop.store)
    shop.tts.slow = other.tts.slow = True
    results = await asyncio.gather(*(each.handler.run(each.job(each.order())) for each in (shop, other)))
    assert [result["completed"] for result in results] == [10, 10]
    assert sorted([*shop.tts.asked, *other.tts.asked]) == sorted(TEXTS)
    assert sum(int(str(result["cost_micros"])) for result in results) == A_CHARACTER * sum(map(len, TEXTS))


async def test_a_clip_that_a_killed_process_was_making_is_free_after_a_while(shop: Workshop, database_url: str) -> None:
    key = shop.desk.keys(ALPHA_TENANT, TEXTS[0], Voice("amy"))
    with shop.database.unit(BETA) as unit:
        claimed = SpeechItemRepository(unit).claim(key, new_id(), lasts_s=60)
    assert claimed.result == key
    job = shop.job(shop.order(TEXTS[:1]))
    running = asyncio.create_task(shop.handler.run(job))
    for _ in range(10_000):
        if len(job.steps) >= 4:  # it has asked for the clip again and again
            break
        await asyncio.sleep(0.001)
    assert (len(job.steps) >= 4, running.done(), shop.tts.asked) == (True, False, [])
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE speech_claims SET until = now() - interval '1 second'")
    assert (await asyncio.wait_for(running, 10))["completed"] == 1


async def test_an_order_that_is_gone_or_cancelled_is_not_spoken(shop: Workshop) -> None:
    with pytest.raises(NotFound):
        await shop.handler.run(shop.job(new_id()))
    order_id = shop.order()
    with shop.database.unit(ALPHA) as unit:
        SpeechOrderRepository(unit).cancel(order_id)
    with pytest.raises(Conflict):
        await shop.handler.run(shop.job(order_id))
    assert shop.tts.asked == []


async def test_another_tenants_order_does_not_exist(shop: Workshop) -> None:
    order_id = shop.order()
    job = RecordedJob(an_order(BETA_TENANT, "speak", {"order_id": order_id}), database=shop.database)
    with pytest.raises(NotFound):
        await shop.handler.run(job)
