"""The voice service as it is put together: real detector, database, speech cache and offline voice."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import psycopg
import pytest

from core.app import build_app
from core.settings import ProviderSettings, Settings
from shared.auth.authenticator import Authenticator
from shared.auth.caller import Caller
from shared.auth.ws_tickets import hash_ticket, mint_ticket
from shared.db import Database
from shared.domain.lesson import Lesson
from shared.errors import InvalidInput
from shared.ids import new_id
from shared.repositories.beta_tokens import BetaTokenRepository
from shared.repositories.session_lessons import SessionLessonRepository
from shared.repositories.sessions import NewSession, SessionRepository
from shared.repositories.ws_tickets import WsTicketRepository
from shared.storage.objects import open_objects
from tests.conftest import ALPHA
from tests.core.ws.conftest import CONFIG, Phone
from tests.fakes.speech import speech
from tests.support.core_app import serving_core
from tests.support.identity import SECRET, add_access_token, add_beta_token, settings_for
from tests.vendors.aws import aws_server, objects_url

NEW = NewSession(model_name="m", model_context_window=200_000, system_prompt="", auto_expand_context=True)
LEAVES = Lesson(
    "Biology",
    "Leaves",
    ("Plants make their food in their leaves: sugar, out of light, water and air.", "Roots bring the water."),
)


@dataclass
class Service:
    """The running application and a session in it."""

    url: str
    data: Path
    database: Database

    async def call(self, http: aiohttp.ClientSession, *, hands_free: bool) -> Phone:
        with self.database.unit(ALPHA) as unit:
            session_id = SessionRepository(unit).add(NEW)
            SessionLessonRepository(unit).choose_topic(session_id, "leaves", title="Leaves", material=LEAVES)
        token = add_beta_token(self.database, ALPHA)
        phone = Phone(await http.ws_connect(f"{self.url}/ws/audio?token={token}&session={session_id}"))
        await phone.say({**CONFIG, "hands_free": hands_free})
        await phone.until("ready")
        return phone


@pytest.fixture
async def service(database_url: str, database: Database, tmp_path: Path) -> AsyncIterator[Service]:
    async with serving_core(database_url, tmp_path, tts="offline") as url:
        yield Service(url, tmp_path, database)


@pytest.mark.parametrize("hands_free", [True, False])
async def test_speech_is_heard_and_answered_aloud_from_the_lesson(service: Service, *, hands_free: bool) -> None:
    async with aiohttp.ClientSession() as http:
        phone = await service.call(http, hands_free=hands_free)
        if not hands_free:
            await phone.say({"type": "start_recording"})
        await phone.say(speech("How do plants make their food", after=1.5 if hands_free else 0.1))
        if not hands_free:
            await phone.say({"type": "stop_recording"})
        await phone.until("transcript")
        answer = await phone.until("llm_complete")
        await phone.until("tts_start")
        assert isinstance(await phone.next(), bytes)
        await phone.socket.close()
    assert "leaves" in answer["text"]


async def test_what_is_counted_is_told_to_this_machine_only(service: Service) -> None:
    async with aiohttp.ClientSession() as http:
        phone = await service.call(http, hands_free=False)
        async with http.get(f"{service.url}/metrics") as answer:
            assert answer.status == 200
            text = await answer.text()
        async with http.get(f"{service.url}/metrics", headers={"X-Forwarded-For": "203.0.113.7"}) as refused:
            assert refused.status == 404
        await phone.socket.close()
    assert "unamentis_sessions 1.0" in text
    assert "process_resident_memory_bytes" in text


async def test_speech_is_kept_for_the_next_time(service: Service) -> None:
    async with aiohttp.ClientSession() as http:
        phone = await service.call(http, hands_free=True)
        await phone.say({"type": "text_input", "text": "How do plants make sugar?"})
        await phone.until("tts_complete")
        await phone.socket.close()
    kept = list((service.data / "objects").rglob("*"))
    assert any(path.is_file() and str(ALPHA.tenant_id) in str(path) for path in kept)


async def test_speech_goes_to_the_store_the_deployment_names(
    database_url: str, database: Database, tmp_path: Path
) -> None:
    with aws_server() as url:
        objects = objects_url(url, "lessons")
        async with (
            serving_core(database_url, tmp_path, tts="offline", objects_url=objects) as place,
            aiohttp.ClientSession() as http,
        ):
            service = Service(place, tmp_path, database)
            phone = await service.call(http, hands_free=True)
            await phone.say({"type": "text_input", "text": "How do plants make sugar?"})
            await phone.until("tts_complete")
            await phone.socket.close()
        kept = list(await asyncio.to_thread(open_objects(objects).keys, f"tenants/{ALPHA.tenant_id}"))
    assert kept != []
    assert not (tmp_path / "objects").exists()


def test_an_unknown_provider_is_named_before_anything_starts() -> None:
    with pytest.raises(InvalidInput, match="UNAMENTIS_STT must be"):
        build_app(Settings(shared=settings_for("postgresql://127.0.0.1:1/x"), providers=ProviderSettings(stt="parrot")))


@dataclass
class Line:
    """A session of ALPHA's learner and the credential they come with."""

    service: Service
    session_id: str
    caller: Caller

    def ticket(self) -> str:
        with self.service.database.unit(self.caller.check()) as unit:
            return WsTicketRepository(unit).mint(self.caller, secret=SECRET)

    async def outcome(self, http: aiohttp.ClientSession, ticket: str, path: str = "/ws/audio") -> str | int | None:
        """Return the first thing a socket hears that tells whether it was let in, or its close code."""
        phone = Phone(await http.ws_connect(f"{self.service.url}{path}?ticket={ticket}&session={self.session_id}"))
        await phone.say(CONFIG)
        while isinstance(heard := await phone.next(), dict) and heard["type"] not in {"ready", "connected"}:
            pass
        await phone.socket.close()
        return heard["type"] if isinstance(heard, dict) else phone.socket.close_code


@pytest.fixture(params=["beta", "session"])
def line(request: pytest.FixtureRequest, service: Service, database: Database, database_url: str) -> Line:
    with database.unit(ALPHA) as unit:
        session_id = SessionRepository(unit).add(NEW)
    token = add_beta_token(database, ALPHA) if request.param == "beta" else add_access_token(database, ALPHA)
    return Line(service, session_id, Authenticator(settings_for(database_url)).caller(token, address="::1"))


async def test_a_ticket_opens_each_socket_once(line: Line) -> None:
    async with aiohttp.ClientSession() as http:
        first, second = line.ticket(), line.ticket()
        assert await line.outcome(http, first) == "ready"
        assert await line.outcome(http, second, "/ws") == "connected"
        for used in (first, second):
            assert await line.outcome(http, used) == 1008
            assert await line.outcome(http, used, "/ws") == 1008


async def test_of_many_who_come_with_one_ticket_one_gets_in(line: Line) -> None:
    async with aiohttp.ClientSession() as http:
        ticket = line.ticket()
        outcomes = await asyncio.gather(*(line.outcome(http, ticket, "/ws") for _ in range(8)))
    assert sorted(map(str, outcomes)) == ["1008"] * 7 + ["connected"]


async def test_a_ticket_may_come_in_the_first_message(line: Line) -> None:
    async with aiohttp.ClientSession() as http:
        phone = Phone(await http.ws_connect(f"{line.service.url}/ws"))
        await phone.say({"type": "auth", "ticket": line.ticket()})
        assert (await phone.until("connected"))["type"] == "connected"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ws_tickets SET expires_at = now() - interval '1 second'",
        "WITH b AS (UPDATE beta_tokens SET revoked_at = now()) UPDATE auth_sessions SET revoked_at = now()",
        "UPDATE users SET is_locked = true",
        "DELETE FROM memberships",
        "DELETE FROM ws_tickets",
    ],
)
async def test_a_ticket_ends_with_its_minute_and_its_credential(line: Line, database_url: str, statement: str) -> None:
    tickets = line.ticket(), line.ticket()
    with psycopg.connect(database_url) as connection:
        connection.execute(statement.encode())
    async with aiohttp.ClientSession() as http:
        assert await line.outcome(http, tickets[0]) == 1008
        assert await line.outcome(http, tickets[1], "/ws") == 1008


async def test_what_is_no_ticket_is_refused(line: Line) -> None:
    async with aiohttp.ClientSession() as http:
        for ticket in ("x", mint_ticket(str(ALPHA.tenant_id)), mint_ticket(new_id()), "uma_ticket_" + "é" * 54):
            assert await line.outcome(http, ticket) == 1008
            assert await line.outcome(http, ticket, "/ws") == 1008


async def test_a_socket_with_a_ticket_ends_with_its_credential(line: Line, database_url: str) -> None:
    async with aiohttp.ClientSession() as http:
        url = f"{line.service.url}/ws/audio?ticket={line.ticket()}&session={line.session_id}"
        phone = Phone(await http.ws_connect(url))
        await phone.say(CONFIG)
        await phone.until("ready")
        with psycopg.connect(database_url) as connection:
            connection.execute("UPDATE beta_tokens SET revoked_at = now()")
            connection.execute("UPDATE auth_sessions SET revoked_at = now()")
        await phone.say({"type": "text_input", "text": "Why?"})
        assert await phone.close_code() == 1008


def test_a_ticket_is_stored_as_a_hash(line: Line, database_url: str) -> None:
    ticket = line.ticket()
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("SELECT ws_tickets::text FROM ws_tickets").fetchall()
    assert len(rows) == 1
    assert ticket not in rows[0][0]
    assert hash_ticket(ticket, SECRET) in rows[0][0]


PATHS = ("/ws/audio", "/ws", "/v1/realtime")


async def close_code(service: Service, session_id: str, path: str, token: str, headers: dict[str, str]) -> int | None:
    """Return with what code a socket is closed, None where it hears something first that is no error."""
    url = f"{service.url}{path}?session={session_id}&token={token}"
    async with aiohttp.ClientSession() as http, http.ws_connect(url, headers=headers) as socket:
        await socket.send_json(CONFIG if path == "/ws/audio" else {"type": "ping"})
        while (heard := await socket.receive(timeout=10)).type is aiohttp.WSMsgType.TEXT:
            if heard.json()["type"] != "error":
                return None
        return socket.close_code


@pytest.mark.parametrize("path", PATHS)
async def test_a_bound_token_and_an_old_app_are_known_by_what_they_say_of_themselves(
    service: Service, database: Database, database_url: str, path: str
) -> None:
    with database.unit(ALPHA) as unit:
        session_id = SessionRepository(unit).add(NEW)
        token = BetaTokenRepository(unit).mint(str(ALPHA.user_id), secret=SECRET, binds_device=True)
    with psycopg.connect(database_url) as connection:
        connection.execute(
            """INSERT INTO feature_settings (tenant_id, settings)
               VALUES (public_tenant(), '{"minimum_versions": {"android": "1.4"}}')"""
        )
    phone = {"X-Client-ID": "phone", "X-Client-Platform": "Android", "X-Client-Version": "1.4.0"}
    assert await close_code(service, session_id, path, token, phone) is None
    for other in ({}, {**phone, "X-Client-ID": "laptop"}, {**phone, "X-Client-Version": "1.3"}):
        assert await close_code(service, session_id, path, token, other) == 1008
