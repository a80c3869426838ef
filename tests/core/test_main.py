"""The voice service as a process: killed in mid-answer, told to end, started wrongly."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from shared.auth.beta_tokens import hash_beta_token
from shared.auth.caller import Caller
from shared.db import Database
from shared.repositories.sessions import NewSession, SessionRepository
from shared.repositories.turns import Turn, TurnRepository
from shared.repositories.ws_tickets import WsTicketRepository
from tests.conftest import ALPHA, BETA
from tests.core.ws.conftest import CONFIG, Phone
from tests.support.core_process import Process
from tests.support.identity import SECRET, add_beta_token

ASK = {"type": "text_input", "text": "How do plants make their food?"}


@pytest.fixture
def process(database_url: str, tmp_path: Path) -> Iterator[Process]:
    made = Process(database_url, tmp_path / "core.log")
    yield made
    made.end()


@pytest.fixture
def session_id(database: Database) -> str:
    new = NewSession(model_name="m", model_context_window=200_000, system_prompt="", auto_expand_context=True)
    with database.unit(ALPHA) as unit:
        return SessionRepository(unit).add(new)


@pytest.fixture
def path(database: Database, session_id: str) -> str:
    return f"/ws/audio?token={add_beta_token(database, ALPHA)}&session={session_id}"


@asynccontextmanager
async def call(http: aiohttp.ClientSession, url: str) -> AsyncGenerator[tuple[Phone, bool]]:
    """A configured client, and whether the session was resumed."""
    async with http.ws_connect(url) as line:
        phone = Phone(line)
        await phone.say(CONFIG)
        yield phone, (await phone.until("ready"))["resumed"]


def turns(database: Database, session_id: str) -> list[Turn]:
    with database.unit(ALPHA) as unit:
        stored = TurnRepository(unit).page(session_id, limit=100, offset=0)
    return stored.result


def is_kept(database: Database, session_id: str, answer: str) -> bool:
    """Whether some of an answer is stored as said, and all the rest as left to say."""
    with database.unit(ALPHA) as unit:
        found = TurnRepository(unit).recent(session_id, 10)
    return any(turn.content and f"{turn.said}{turn.unsaid}".strip() == answer for turn in found.result)


async def test_an_answer_goes_on_after_its_server_was_killed(
    process: Process, database: Database, session_id: str, path: str
) -> None:
    async with aiohttp.ClientSession() as http:
        running = await process.start(http)
        async with call(http, process.url + path) as (phone, resumed):
            assert not resumed
            await phone.say(ASK)
            whole = (await phone.until("llm_complete"))["text"]
            while not is_kept(database, session_id, whole):
                assert await phone.next() is not None
            running.kill()
            running.wait()
            assert await phone.close_code() == 1006
        before = turns(database, session_id)
        assert [(turn.role, turn.complete) for turn in before] == [("user", True), ("assistant", False)]
        assert before[1].content != whole
        await process.start(http)
        async with call(http, process.url + path) as (phone, resumed):
            assert resumed
            assert (await phone.until("answer_resumed"))["turn_id"] == before[1].turn_id
            await phone.until("tts_start")
            assert (await phone.until("turn_complete"))["turn_id"] == before[1].turn_id
            assert "transcript" not in phone.types
    after = turns(database, session_id)
    assert [(turn.id, turn.complete, turn.interrupted) for turn in after] == [
        (before[0].id, True, False),
        (before[1].id, True, False),
    ]
    assert after[1].content == whole


async def test_a_process_told_to_end_finishes_the_sentence_and_the_next_one_goes_on(
    process: Process, database: Database, session_id: str, path: str
) -> None:
    async with aiohttp.ClientSession() as http:
        running = await process.start(http)
        async with call(http, process.url + path) as (phone, _):
            await phone.say(ASK)
            whole = (await phone.until("llm_complete"))["text"]
            while "tts_start" not in phone.types:
                assert await phone.next() is not None
            running.send_signal(signal.SIGTERM)
            assert (await phone.until("reconnect"))["session_id"] == session_id
            assert await phone.close_code() == 1012
        assert await asyncio.to_thread(running.wait, 30) == 0
        answer = turns(database, session_id)[-1]
        assert (answer.role, answer.complete) == ("assistant", True)
        assert answer.content.endswith(".")
        assert answer.content != whole
        await process.start(http)
        stranger = f"/ws/audio?token={add_beta_token(database, BETA)}&session={session_id}"
        async with http.ws_connect(process.url + stranger) as line:
            other = Phone(line)
            assert await other.close_code() == 4001
            assert other.types == ["error"]
        async with call(http, process.url + path) as (phone, _):
            assert (await phone.until("answer_resumed"))["turn_id"] == answer.turn_id
            await phone.until("turn_complete")
        async with call(http, process.url + path) as (phone, _):
            await phone.say({"type": "ping"})
            await phone.until("pong")
            assert phone.types == ["ready", "pong"]
    assert turns(database, session_id)[-1].content == whole


async def test_neither_tokens_nor_tickets_reach_the_log(process: Process, database: Database, session_id: str) -> None:
    token = add_beta_token(database, ALPHA)
    caller = Caller("beta", ALPHA.tenant_id, hash_beta_token(token, SECRET), ALPHA.user_id)
    with database.unit(caller.check()) as unit:
        ticket = WsTicketRepository(unit).mint(caller, secret=SECRET)
    process.environment["UNAMENTIS_LOG_LEVEL"] = "DEBUG"
    async with aiohttp.ClientSession() as http:
        running = await process.start(http)
        for query in (f"token={token}", f"ticket={ticket}", f"ticket={ticket}", "token=garbage"):
            for path in ("/ws", "/ws/audio"):
                async with http.ws_connect(f"{process.url}{path}?{query}&session={session_id}") as socket:
                    await socket.send_str('{"type": "auth", "token": "garbage"}')
                    await socket.receive()
            async with http.get(f"{process.url}/nowhere?{query}") as answer:
                assert answer.status == 404
        running.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(running.wait, 30) == 0
    log = process.log.read_text(encoding="utf-8")
    assert "draining" in log
    assert [word for word in (token, ticket, "garbage", "uma_", "ticket=", "token=") if word in log] == []


def test_a_wrong_setting_stops_the_start_with_one_line() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    ended = subprocess.run(
        [sys.executable, "-m", "core.main"], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stderr) == (2, "DATABASE_URL must be set\n")
