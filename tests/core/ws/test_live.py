import asyncio

import aiohttp
import pytest

from core.pipeline.notices import Problem
from core.ws.closing import Closing
from core.ws.live import REPLACED, Live
from shared.errors import AppError, Unauthenticated, Unavailable
from tests.core.ws.conftest import House


class FakeConnection:
    """A connection that goes when it is told to."""

    def __init__(self, *failures: AppError, number: int = 1, newest: int = 1, tenant_id: str | None = None) -> None:
        self.tenant_id = tenant_id
        self.number = number
        self.newest = newest
        self.gone = asyncio.Event()
        self.failures = list(failures)
        self.refused: list[AppError | Problem] = []
        self.checked = asyncio.Event()
        self.delays: list[int] = []

    def close(self, closing: Closing) -> None:
        self.refused.append(Problem(str(closing.code), closing.reason))
        self.gone.set()

    async def check(self) -> int:
        self.checked.set()
        if self.failures:
            raise self.failures.pop(0)
        return self.newest

    def refuse(self, error: AppError) -> None:
        self.refused.append(error)
        self.gone.set()

    async def drain(self, seconds: float, delay_ms: int) -> None:
        assert seconds
        self.delays.append(delay_ms)

    def interrupt(self) -> None:
        self.refused.append(Problem("interrupted", ""))


async def test_the_last_of_many_who_claim_a_session_has_it() -> None:
    live = Live()
    connections = [FakeConnection() for _ in range(5)]
    replaced = [await live.claim("s", connection) for connection in connections]
    assert replaced == [False, True, True, True, True]
    assert [connection.gone.is_set() for connection in connections] == [True] * 4 + [False]
    live.release("s", connections[0])
    assert len(live) == 1
    live.release("s", connections[-1])
    assert len(live) == 0


async def test_each_tenants_sessions_are_counted_apart() -> None:
    live = Live()
    for session_id, tenant_id in (("a", "one"), ("b", "one"), ("c", "two")):
        await live.claim(session_id, FakeConnection(tenant_id=tenant_id))
    assert [live.sessions_of(tenant_id) for tenant_id in ("one", "two", "three")] == [2, 1, 0]


@pytest.mark.parametrize("arrival", ["before", "after"])
async def test_a_connection_replaced_in_another_process_goes_whichever_news_comes_first(arrival: str) -> None:
    live, connection = Live(), FakeConnection(number=1)
    if arrival == "before":
        live.supersede("s", 2)
    await live.claim("s", connection)
    live.supersede("s", 2)
    assert connection.gone.is_set()
    assert connection.refused[0] == Problem("1000", REPLACED.reason)


async def test_news_of_itself_and_of_its_predecessors_leaves_a_connection_alone() -> None:
    live, connection = Live(), FakeConnection(number=2)
    await live.claim("s", connection)
    for session_id, number in (("s", 1), ("s", 2), ("elsewhere", 9)):
        live.supersede(session_id, number)
    assert not connection.gone.is_set()


async def test_a_connection_that_claims_after_its_successor_goes() -> None:
    live, late, successor = Live(), FakeConnection(number=1), FakeConnection(number=2)
    await live.claim("s", successor)
    assert not await live.claim("s", late)
    assert (late.gone.is_set(), successor.gone.is_set()) == (True, False)
    assert len(live) == 1


async def test_a_check_at_once_finds_who_was_replaced_unheard() -> None:
    live, connection = Live(), FakeConnection(number=1, newest=2)
    await live.claim("s", connection)
    checking = asyncio.create_task(live.recheck(3_600))
    live.recheck_now()
    await connection.gone.wait()
    checking.cancel()
    await asyncio.wait({checking})
    assert connection.refused[0] == Problem("1000", REPLACED.reason)


async def test_an_interruption_reaches_only_a_session_that_is_here() -> None:
    live, connection = Live(), FakeConnection()
    await live.claim("s", connection)
    assert live.interrupt("s")
    assert not live.interrupt("elsewhere")


async def test_revoked_callers_are_found_and_an_outage_sends_nobody_away() -> None:
    live = Live()
    revoked = FakeConnection(Unavailable("no answer"), Unauthenticated("revoked"))
    welcome = FakeConnection()
    await live.claim("a", revoked)
    await live.claim("b", welcome)
    checking = asyncio.create_task(live.recheck(0))
    await revoked.gone.wait()
    await welcome.checked.wait()
    checking.cancel()
    await asyncio.wait({checking})
    assert isinstance(revoked.refused[0], Unauthenticated)
    assert not welcome.gone.is_set()


async def test_clients_of_a_draining_process_come_back_at_different_times() -> None:
    delays = iter([300, 900])
    live = Live(jitter=lambda _least, _most: next(delays))
    connections = [FakeConnection(), FakeConnection()]
    for name, connection in zip("ab", connections, strict=True):
        await live.claim(name, connection)
    await live.drain(1)
    assert [connection.delays for connection in connections] == [[300], [900]]
    assert live.draining


async def test_a_process_that_ends_finishes_the_sentence_and_sends_its_clients_elsewhere(house: House) -> None:
    house.tts.seconds = 0.3
    house.llm.tokens = ("One,", " two.", " Three.", " Four.")
    phone = await house.configured()
    await phone.say({"type": "text_input", "text": "Count"})
    await phone.until("tts_start")
    draining = asyncio.create_task(house.lifecycle.live.drain(5))
    reconnect = await phone.until("reconnect")
    assert 250 <= reconnect["delay_ms"] <= 3_000
    assert await phone.close_code() == 1012
    await draining
    assert phone.types[-2:] == ["turn_complete", "reconnect"]
    assert house.session.turns[-1].text == "One, two."
    late = await house.call()
    assert await late.close_code() == 1012


async def test_readiness_ends_when_the_process_drains(house: House) -> None:
    url = house.url + "/health"
    async with aiohttp.ClientSession() as http:
        async with http.get(url) as ready:
            assert (ready.status, await ready.json()) == (200, {"status": "healthy", "sessions": 0})
        await house.lifecycle.live.drain(1)
        async with http.get(url) as leaving:
            assert leaving.status == 503
