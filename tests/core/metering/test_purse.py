"""Money is there before a call, at most what the budgets hold, and nobody waits for it in the middle of a turn."""

import asyncio
import json
from itertools import islice

import psycopg
import pytest

from core.metering.purse import BudgetPurse
from core.metering.vendors import Maker
from core.pipeline.conversations import Visit
from core.providers import Providers
from core.providers.fallback import StandIn
from core.providers.llm.port import LanguageModel
from core.providers.mock import MockLanguageModel, MockTextToSpeech
from core.providers.tts.port import Voice
from core.speech.cache import SpeechCache
from shared.auth.caller import Caller
from shared.db import PUBLIC_TENANT
from shared.errors import BudgetExhausted, Unauthenticated, Unavailable
from shared.ids import new_id
from tests.conftest import ALPHA_TENANT
from tests.core.metering.conftest import CALLER, PROMPT, Till
from tests.fakes.vendors import FakeModel, FakeVoice

MODEL = Maker("fake-llm", "fake")
CHEAPER = """INSERT INTO price_book (provider, unit, micro_usd, per_quantity)
             VALUES ('fake-cheaper-tts', 'character', 1, 10)"""


async def think(llm: LanguageModel) -> None:
    async for _ in llm.reply(PROMPT):
        pass


async def say(providers: Providers, text: str) -> None:
    async for _ in providers.tts.speak(text, voice=Voice()):
        pass


async def test_of_200_concurrent_sessions_exactly_the_37_there_is_money_for_reach_the_vendor(till: Till) -> None:
    till.cap(37 * 200)
    till.llm.pause_at = 0
    sessions = [till.open() for _ in range(200)]
    calls = [asyncio.create_task(think(providers.llm)) for _, providers in sessions]
    for call in islice(asyncio.as_completed(calls), 163):
        with pytest.raises(BudgetExhausted):
            await call
    await till.metering.ledger.flush(10)
    assert len(till.llm.prompts) == 37
    assert (await till.day()).reserved == 37 * 200
    till.llm.may_go_on.set()
    await asyncio.gather(*calls, return_exceptions=True)
    for purse, _ in sessions:
        purse.close()
    day = await till.day()
    assert (day.spent, day.reserved) == (37 * 3, 0)


async def test_a_call_waits_for_no_round_trip_while_there_is_plenty(till: Till) -> None:
    purse, providers = till.open()
    await till.metering.ledger.flush(10)  # opening the session has reserved in advance
    for _ in range(10):
        drawing = purse.for_words(MODEL, {"input_token": 100, "output_token": 100})
        with pytest.raises(StopIteration) as drawn:
            drawing.send(None)
        drawn.value.value.settle({"input_token": 1})
    await say(providers, "Hello")
    purse.close()
    assert (await till.day()).spent == 15
    assert (await till.day()).reserved == 0


async def test_a_new_block_is_reserved_while_the_learner_speaks(till: Till) -> None:
    purse, _ = till.open()
    await till.metering.ledger.flush(10)
    first = await purse.for_words(MODEL, {"output_token": 6_000})
    purse.turn_begins()
    await till.metering.ledger.flush(10)
    drawing = purse.for_words(MODEL, {"output_token": 9_000})
    with pytest.raises(StopIteration) as drawn:
        drawing.send(None)
    first.settle({"output_token": 6_000})
    drawn.value.value.settle({"output_token": 1})
    purse.close()
    assert (await till.day()).spent == 6_001


async def test_close_to_a_cap_nothing_is_reserved_in_advance(till: Till) -> None:
    till.cap(100_000)
    purse, providers = till.open()
    await think(providers.llm)
    assert (await till.day()).reserved == 0
    purse.close()


async def test_what_one_call_left_is_used_by_the_next_and_given_back_at_the_end(till: Till) -> None:
    purse, providers = till.open()
    for _ in range(60):
        await think(providers.llm)
    assert len(till.llm.prompts) == 60
    purse.close()
    day = await till.day()
    assert (day.spent, day.reserved) == (180, 0)


async def test_speech_stops_first_then_everything_and_both_come_back(till: Till) -> None:
    till.cap(1_000)
    purse, providers = till.open()
    await say(providers, "x" * 700)
    with pytest.raises(BudgetExhausted) as refused:
        await say(providers, "x" * 201)
    assert refused.value.details["left_micro_usd"] == "200"
    await think(providers.llm)
    till.cap(800)
    with pytest.raises(BudgetExhausted):
        await think(providers.llm)
    with pytest.raises(BudgetExhausted):
        await say(providers, "x" * 201)
    till.cap(10_000)
    await think(providers.llm)
    await say(providers, "x" * 201)
    purse.close()
    assert [told.mode for told in till.told] == ["text", "exhausted", "text", "full"]
    assert {told.details.get("resets_at", "")[10:] for told in till.told[:2]} == {"T00:00:00Z"}
    assert till.told[-1].details == {}


async def test_within_a_turn_a_refusal_is_not_asked_for_twice(till: Till) -> None:
    till.cap(10)
    purse, providers = till.open()
    with pytest.raises(BudgetExhausted):
        await say(providers, "x" * 20)
    till.cap(1_000)
    with pytest.raises(BudgetExhausted):
        await say(providers, "x" * 20)
    await say(providers, "x" * 8)  # less than what was refused may fit
    purse.turn_begins()
    await say(providers, "x" * 20)
    purse.close()
    assert till.tts.pieces == ["x" * 8, "x" * 20]


async def test_a_cheaper_voice_speaks_where_the_finer_one_may_not(till: Till) -> None:
    till.cap(1_000)
    cheaper = FakeVoice()
    cheaper.name, cheaper.sample_rate = "fake-cheaper-tts", 8_000
    till.owner(CHEAPER)
    purse = till.open_for(CALLER)
    providers = purse.hire(Providers(till.stt, till.llm, till.tts, cheaper))
    cache = SpeechCache(till.tts).of(ALPHA_TENANT, providers.tts)
    await say(providers, "x" * 700)  # eight tenths are the finer voice's
    sounds: list[int] = []
    for _ in range(2):
        sound = [chunk async for chunk in cache.speak("y" * 101, voice=Voice(name="nova"))]
        assert all(isinstance(chunk, StandIn) for chunk in sound)
        sounds.append(sum(map(len, sound)))
    assert sounds == [2 * 640] * 2  # brought from 8 000 to 16 000 samples a second
    assert cheaper.pieces == ["y" * 101] * 2  # and not kept in the other's place
    with pytest.raises(BudgetExhausted):
        await say(providers, "z" * 1_900)
    await think(providers.llm)
    till.cap(700)
    with pytest.raises(BudgetExhausted):
        await think(providers.llm)
    till.cap(100_000)
    await think(providers.llm)
    await say(providers, "x" * 201)
    purse.close()
    assert [told.mode for told in till.told] == ["cheaper_voice", "text", "exhausted", "text", "full"]
    assert (await till.day()).reserved == 0


async def test_a_cheaper_voice_of_this_machine_speaks_without_any_money(till: Till) -> None:
    till.cap(0)
    purse = till.open_for(CALLER)
    providers = purse.hire(Providers(till.stt, till.llm, till.tts, MockTextToSpeech()))
    await say(providers, "Hello")
    purse.close()
    assert [told.mode for told in till.told] == ["cheaper_voice"]
    assert till.tts.pieces == []


@pytest.mark.parametrize(
    ("own", "deployment", "mode", "spoke"),
    [
        ("text", "full", "text", []),
        ("cheaper_voice", "text", "cheaper_voice", ["cheaper"]),
        (None, "text", "text", []),
        ("full", "text", "full", ["finer"]),
        (None, None, "full", ["finer"]),
    ],
)
async def test_administrators_set_the_most_that_is_spoken(
    till: Till, own: str | None, deployment: str | None, mode: str, spoke: list[str]
) -> None:
    for tenant_id, speech in ((ALPHA_TENANT, own), (PUBLIC_TENANT, deployment)):
        if speech is not None:
            settings = json.dumps({"speech": speech})
            till.owner("INSERT INTO feature_settings (tenant_id, settings) VALUES (%s, %s)", tenant_id, settings)
    till.owner(CHEAPER)
    cheaper = FakeVoice()
    cheaper.name = "fake-cheaper-tts"
    purse = till.open_for(CALLER)
    providers = purse.hire(Providers(till.stt, till.llm, till.tts, cheaper))
    refusals: list[dict[str, str]] = []
    try:
        await say(providers, "Hello")
    except BudgetExhausted as refused:
        refusals.append(refused.details)
    assert refusals == [{"scope": "tenant", "reason": "setting"}] * (not spoke)
    await think(providers.llm)
    purse.close()
    heard = [name for name, voice in (("finer", till.tts), ("cheaper", cheaper)) if voice.pieces]
    assert ([told.mode for told in till.told] or ["full"], heard) == ([mode], spoke)


async def test_without_a_cheaper_voice_none_is_asked_for(till: Till) -> None:
    till.owner(
        "INSERT INTO feature_settings (tenant_id, settings) VALUES (%s, %s)",
        ALPHA_TENANT,
        '{"speech": "cheaper_voice"}',
    )
    purse, providers = till.open()
    await say(providers, "Hello")
    purse.close()
    assert (till.told, till.tts.pieces) == ([], ["Hello"])


async def test_each_warning_is_told_once_of_the_tenant_alone(till: Till, database_url: str) -> None:
    till.cap(1_000)
    listener = await psycopg.AsyncConnection.connect(database_url, autocommit=True)
    await listener.execute("LISTEN session_news")
    purse, providers = till.open()
    await say(providers, "x" * 500)
    await till.day()
    await say(providers, "x" * 300)
    await till.day()
    for _ in range(2):
        with pytest.raises(BudgetExhausted):
            await purse.for_words(MODEL, {"input_token": 201})
        purse.turn_begins()
    await till.day()
    purse.close()
    await listener.execute("NOTIFY session_news, 'no more'")
    told = [news.payload async for news in listener.notifies(stop_after=4, timeout=10)]
    await listener.close()
    warning = {"event": "budget_warning", "tenant": ALPHA_TENANT, "period": "day", "cap": 1_000}
    assert [json.loads(payload) for payload in told[:-1]] == [
        {**warning, "percent": percent, "spent": spent} for percent, spent in ((50, 500), (80, 800), (100, 800))
    ]
    assert told[-1] == "no more"


async def test_what_runs_here_is_counted_and_costs_nothing_even_without_money(till: Till) -> None:
    till.cap(0)
    purse, _ = till.open()
    providers = purse.hire(Providers(till.stt, MockLanguageModel(), till.tts))
    await think(providers.llm)
    purse.close()
    used = await till.used()
    assert set(used) == {"tokens_in", "tokens_out"}
    day = await till.day()
    assert (day.spent, day.reserved) == (0, 0)


async def test_money_reserved_for_a_call_that_was_cancelled_meanwhile_is_given_back(till: Till) -> None:
    till.cap(100_000)
    purse, _ = till.open()
    await till.metering.ledger.flush(10)
    drawing = asyncio.create_task(purse.for_words(MODEL, {"input_token": 300}))
    await asyncio.sleep(0)
    drawing.cancel()
    await asyncio.wait({drawing})
    purse.close()
    day = await till.day()
    assert (day.spent, day.reserved) == (0, 0)


async def test_a_revoked_caller_pays_for_nothing_more(till: Till) -> None:
    purse, _ = till.open()
    stranger: BudgetPurse = till.open_for(Caller("beta", ALPHA_TENANT, "0" * 64))
    with pytest.raises(Unauthenticated):
        await stranger.for_words(MODEL, {"input_token": 1})
    stranger.close()
    purse.close()


async def test_an_ended_session_reserves_nothing(till: Till) -> None:
    purse, providers = till.open()
    purse.close()
    with pytest.raises(Unavailable):
        await think(providers.llm)
    assert (await till.day()).reserved == 0


async def test_usage_names_the_learner_and_the_session(till: Till) -> None:
    till.llm = FakeModel("One.")
    purse, providers = till.open()
    await think(providers.llm)
    purse.close()
    await till.day()
    sql = """SELECT count(*) FROM usage_events WHERE tenant_id = %(tenant_id)s AND user_id = app_user()
             AND session_id = %(session_id)s::uuid"""
    assert await till.value(int, sql, session_id=till.sessions[-1]) == 2
    assert await till.value(int, sql, session_id=new_id()) == 0


async def test_a_single_call_reserves_for_itself_alone_and_belongs_to_no_session(till: Till) -> None:
    purse = till.metering.open(Visit("", CALLER), till.tell, ahead=False)
    providers = purse.hire(Providers(till.stt, till.llm, till.tts))
    await say(providers, "Hello")
    purse.close()
    day = await till.day()
    assert (day.spent, day.reserved) == (5, 0)
    sql = "SELECT array_agg(reserved) FROM reservations WHERE tenant_id = %(tenant_id)s"
    assert await till.value(list[int], sql) == [5]
