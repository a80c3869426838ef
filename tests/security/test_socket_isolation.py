"""Nothing of one tenant is visible to another through a socket: its sessions, its lessons and its news do not exist."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from shared.db import Database
from shared.domain.lesson import Lesson
from shared.ids import new_id
from shared.repositories.session_lessons import SessionLessonRepository
from shared.repositories.sessions import NewSession, SessionRepository
from tests.conftest import ALPHA, BETA
from tests.core.ws.conftest import CONFIG, Phone
from tests.support.core_app import serving_core
from tests.support.identity import add_beta_token

NEW = NewSession(model_name="m", model_context_window=200_000, system_prompt="", auto_expand_context=True)
SECRET_LESSON = Lesson("Alpha's own", "Hidden leaves", ("The hidden word of this lesson is chlorophyll.",))


@dataclass
class Parties:
    """The running service, a session of ALPHA with a lesson of its own, and a learner of each tenant."""

    url: str
    http: aiohttp.ClientSession
    session_id: str
    alpha: str
    beta: str

    async def dial(self, token: str, session_id: str) -> Phone:
        phone = Phone(await self.http.ws_connect(f"{self.url}/ws/audio?token={token}&session={session_id}"))
        await phone.say(CONFIG)
        return phone

    async def watch(self, token: str) -> Phone:
        phone = Phone(await self.http.ws_connect(f"{self.url}/ws?token={token}"))
        await phone.until("connected")
        return phone


@pytest.fixture
async def parties(database_url: str, database: Database, tmp_path: Path) -> AsyncIterator[Parties]:
    with database.unit(ALPHA) as unit:
        session_id = SessionRepository(unit).add(NEW)
        SessionLessonRepository(unit).choose_topic(session_id, "leaves", title="Leaves", material=SECRET_LESSON)
    tokens = [add_beta_token(database, party) for party in (ALPHA, BETA)]
    async with serving_core(database_url, tmp_path) as url, aiohttp.ClientSession() as http:
        yield Parties(url, http, session_id, *tokens)


async def farewell(phone: Phone) -> tuple[list[Any], int | None]:
    """Everything a socket said before it closed, without ids and times, and its close code."""
    while await phone.next() is not None:
        pass
    said = [
        {k: v for k, v in message.items() if k not in {"timestamp", "session_id"}}
        for message in phone.received
        if isinstance(message, dict)
    ]
    return said, phone.socket.close_code


async def test_a_strangers_session_is_one_that_does_not_exist(parties: Parties) -> None:
    outcomes: list[tuple[str, int | None]] = []
    for session_id in (parties.session_id, new_id()):
        said, code = await farewell(await parties.dial(parties.beta, session_id))
        outcomes.append((repr(said).replace(session_id, "SESSION"), code))
    assert outcomes[0] == outcomes[1]
    assert outcomes[0][1] == 4001


async def test_the_owner_is_let_in_by_the_same_call(parties: Parties) -> None:
    phone = await parties.dial(parties.alpha, parties.session_id)
    await phone.until("ready")
    await phone.socket.close()


async def test_news_of_a_session_stays_in_its_tenant(parties: Parties) -> None:
    own, stranger = await parties.watch(parties.alpha), await parties.watch(parties.beta)
    phone = await parties.dial(parties.alpha, parties.session_id)
    await phone.until("ready")
    update = await own.until("session_update")
    assert update["data"]["session_id"] == parties.session_id
    await stranger.say({"type": "ping"})
    await stranger.until("pong")
    assert "session_update" not in stranger.types
    await asyncio.gather(*(line.socket.close() for line in (own, stranger, phone)))


async def test_a_strangers_lesson_cannot_be_chosen(parties: Parties, database: Database) -> None:
    with database.unit(BETA) as unit:
        own_session = SessionRepository(unit).add(NEW)
    phone = await parties.dial(parties.beta, own_session)
    await phone.until("ready")
    answers: list[str] = []
    for topic in ("leaves", "no-such-topic"):
        await phone.say({"type": "set_topic", "topic_id": topic})
        answers.append((await phone.until("error"))["message"].replace(topic, "TOPIC"))
    assert answers[0] == answers[1]
    await phone.say({"type": "text_input", "text": "What is the hidden word?"})
    await phone.until("turn_complete")
    assert not [m for m in phone.received if isinstance(m, dict) and "chlorophyll" in str(m).lower()]
    await phone.socket.close()


async def test_a_strangers_session_does_not_exist_for_a_realtime_client_either(parties: Parties) -> None:
    outcomes: list[tuple[str, int | None]] = []
    for session_id in (parties.session_id, new_id()):
        address = f"{parties.url}/v1/realtime?session={session_id}&token={parties.beta}"
        said, code = await farewell(Phone(await parties.http.ws_connect(address)))
        outcomes.append((repr(said).replace(session_id, "SESSION"), code))
    assert outcomes[0] == outcomes[1]
    assert outcomes[0][1] == 4001
    address = f"{parties.url}/v1/realtime?session={parties.session_id}&token={parties.alpha}"
    own = Phone(await parties.http.ws_connect(address))
    assert (await own.until("session.created"))["session"]["id"] == parties.session_id
    await own.socket.close()
