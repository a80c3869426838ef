"""A conversation over /ws/audio while its tenant's money runs out and comes back."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from core.assembly import Parts, assemble
from core.conversations import StoredConversations
from core.metering.bank import Bank
from core.metering.budgets import BudgetMetering
from core.pipeline.equipment import Equipment
from core.providers import Providers
from core.speech.cache import SpeechCache
from core.ws.news import CHANNEL
from core.ws.updates import Standing, Updates
from shared.auth.caller import Caller, Client
from shared.db import Database, Listener
from shared.domain.usage import FULL_SHARE, UsageEvent
from shared.ids import new_id
from shared.repositories.metering import MeteringRepository
from shared.repositories.sessions import NewSession, SessionRepository
from tests.conftest import ALPHA, BETA_TENANT
from tests.core.metering.conftest import CALLER, PRICES, AsOwner, Till
from tests.core.ws.conftest import CONFIG, Phone
from tests.fakes.detector import FakeDetector
from tests.fakes.vendors import FakeModel, FakeRecogniser, FakeVoice

TestServer.__test__ = False  # its name is not a test's
NEW = NewSession(model_name="m", model_context_window=200_000, system_prompt="", auto_expand_context=True)
# The model reads for nothing, so that a test need not know how long our own instructions are.
FREE_READING = """INSERT INTO price_book (provider, unit, micro_usd, per_quantity)
    VALUES ('fake-llm', 'input_token', 0, 1)"""


@dataclass
class School:
    """The voice service on a real database, with vendors that cost a micro-dollar for each unit."""

    till: Till
    server: TestServer
    http: aiohttp.ClientSession
    llm: FakeModel
    tts: FakeVoice

    async def call(self) -> Phone:
        with self.till.database.unit(ALPHA) as unit:
            session_id = SessionRepository(unit).add(NEW)
        phone = Phone(await self.http.ws_connect(self.server.make_url(f"/ws/audio?session={session_id}")))
        await phone.say(CONFIG)
        await phone.until("ready")
        return phone

    async def watch(self, tenant: str) -> Phone:
        phone = Phone(await self.http.ws_connect(self.server.make_url(f"/ws?token={tenant}")))
        await phone.until("connected")
        return phone

    async def turn(self, phone: Phone, *tokens: str) -> list[str]:
        """Ask, and return what came of it until the turn was complete."""
        self.llm.tokens = tokens
        phone.received.clear()
        await phone.say({"type": "text_input", "text": "Why is the sky blue?"})
        await phone.until("turn_complete")
        return phone.types

    async def spend(self, micro_usd: int) -> None:
        """Spend in another session of the tenant."""
        event = UsageEvent(new_id(), "tokens_out", "fake-llm", "fake", micro_usd, "output_token")

        def work() -> None:
            with self.till.database.unit(ALPHA) as unit:
                reservation = new_id()
                MeteringRepository(unit).reserve(reservation, micro_usd, lasts_s=60, share=FULL_SHARE)
                MeteringRepository(unit).settle(reservation, [event])

        await asyncio.to_thread(work)


@pytest.fixture
async def school(database: Database, database_url: str, as_owner: AsOwner) -> AsyncIterator[School]:
    as_owner(PRICES)
    as_owner(FREE_READING)
    updates = Updates()
    till = Till(database, as_owner)
    till.metering = BudgetMetering(Bank(database), longest_utterance_ms=60_000)
    llm, tts = FakeModel(), FakeVoice()
    cache = SpeechCache(tts)
    equipment = Equipment(
        providers=Providers(FakeRecogniser("Why?"), llm, tts),
        speech=lambda caller, maker: cache.of(caller.tenant_id or "", maker),
        detector=FakeDetector(),
        conversations=StoredConversations(database),
        metering=till.metering,
    )

    def authenticate(_token: str | None, _address: str) -> Caller:
        return CALLER

    async def admit(token: str | None, _address: str, _client: Client) -> Caller:
        return Caller("open", token)

    async def redeem(_ticket: str, _address: str) -> Caller:
        return CALLER

    async def confirm(caller: Caller) -> Standing:
        return Standing(caller.user_id or "")

    listening = asyncio.Event()

    async def listen(heard: Callable[[str], None], opened: Callable[[], None]) -> None:
        def begun() -> None:
            opened()
            listening.set()

        await Listener(database_url, CHANNEL).run(heard, begun)

    app = assemble(
        Parts(
            equipment=equipment,
            authenticate=authenticate,
            admit=admit,
            redeem=redeem,
            confirm=confirm,
            release=lambda: None,
            updates=updates,
            beside=(till.metering.run,),
            listen=listen,
        )
    )
    server = TestServer(app, host="127.0.0.1")
    await server.start_server()
    await listening.wait()
    async with aiohttp.ClientSession() as http:
        yield School(till, server, http, llm, tts)
    await server.close()


async def test_speech_then_words_then_nothing_then_everything_again(school: School) -> None:
    school.till.cap(100_000)
    phone = await school.call()
    assert await school.turn(phone, "Light scatters.") == [
        "transcript",
        "llm_start",
        "llm_token",
        "llm_complete",
        "tts_start",
        "(sound)",
        "tts_complete",
        "turn_complete",
    ]
    await school.till.day()

    await school.spend(9_200)
    school.till.cap(10_000)  # nine tenths of it, the share of speech, are spent
    types = await school.turn(phone, "Light scatters.", " Blue most.")
    messages = {m["type"]: m for m in phone.received if isinstance(m, dict)}
    assert messages["mode"]["mode"] == "text"
    assert messages["mode"]["details"]["period"] == "day"
    assert messages["sentence"]["text"] == "Blue most."
    assert messages["sentence"]["position_ms"] == 20  # behind the cached one's sound
    assert messages["tts_complete"]["duration_ms"] == 20 + messages["sentence"]["duration_ms"]
    assert types.count("(sound)") == 1  # the cached sentence
    assert messages["turn_complete"]["turn_id"] == messages["sentence"]["turn_id"]
    assert school.tts.pieces == ["Light scatters."]
    await school.till.day()

    await school.spend(600)
    asked = len(school.llm.prompts)
    types = await school.turn(phone, "Never said.")
    assert sorted(types) == ["error", "llm_start", "mode", "transcript", "turn_complete"]
    problem = next(m for m in phone.received if isinstance(m, dict) and m["type"] == "error")
    assert (problem["code"], problem["recoverable"]) == ("BUDGET_EXHAUSTED", True)
    assert set(problem["details"]) == {"scope", "period", "left_micro_usd", "resets_at"}
    assert int(problem["details"]["left_micro_usd"]) < 400
    assert len(school.llm.prompts) == asked

    school.till.cap(100_000)
    types = await school.turn(phone, "New words.")
    assert [m["mode"] for m in phone.received if isinstance(m, dict) and m["type"] == "mode"] == ["text", "full"]
    assert "(sound)" in types
    assert not phone.socket.closed
    await phone.socket.close()


async def test_warnings_reach_those_who_watch_the_tenant_and_nobody_else(school: School) -> None:
    school.till.cap(2_000)
    mine, theirs = await school.watch(str(ALPHA.tenant_id)), await school.watch(BETA_TENANT)
    phone = await school.call()
    await school.spend(1_200)
    await school.turn(phone, "Light scatters.")
    warning = await mine.until("budget_warning")
    assert (warning["data"]["percent"], warning["data"]["period"]) == (50, "day")
    await theirs.say({"type": "ping"})
    await theirs.until("pong")
    assert theirs.types == ["connected", "pong"]
    await phone.socket.close()


async def test_a_spoken_question_without_money_is_answered_by_an_error(school: School) -> None:
    school.till.cap(0)
    phone = await school.call()
    await phone.speak(silence=25)
    problem = await phone.until("error")
    assert problem["code"] == "BUDGET_EXHAUSTED"
    await phone.say({"type": "ping"})
    await phone.until("pong")
    await phone.socket.close()


async def test_a_phone_that_speaks_itself_pays_for_no_speech(school: School) -> None:
    school.till.cap(100_000)
    phone = await school.call()
    await phone.say({**CONFIG, "speech": "device"})
    await phone.until("ready")
    assert "sentence" in await school.turn(phone, "Light scatters.")
    await phone.socket.close()
    assert school.tts.pieces == []
    used = await school.till.used()
    assert "tokens_out" in used
    assert "speech_out" not in used
