"""Two processes of the voice service and the REST service on one database: what happens in one is felt in the other."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import psycopg
import pytest
from sessions_api.routes import routes

from core.ws.news import CHANNEL
from shared.api import Context, Service
from shared.db import Database
from shared.domain.usage import FULL_SHARE, UsageEvent
from shared.ids import new_id
from shared.repositories.metering import MeteringRepository
from tests.conftest import ALPHA, ALPHA_TENANT, BETA
from tests.core.ws.conftest import CONFIG, Phone
from tests.support.api import Answer, ApiClient
from tests.support.core_process import Process
from tests.support.identity import add_beta_token
from tests.support.people import add_person

ASK = {"type": "text_input", "text": "How do plants make their food?"}
_LISTENERS = """SELECT count(*) FROM pg_stat_activity
                WHERE application_name = 'unamentis-listener' AND datname = current_database()
                  AND state = 'idle' AND query = %s"""


@dataclass
class Fleet:
    """Two running processes, `north` and `south`, and everybody who talks with them."""

    north: Process
    south: Process
    http: aiohttp.ClientSession
    rest: ApiClient
    alpha: str
    beta: str
    database_url: str

    async def post(self, path: str, body: object = None) -> Answer:
        answer = await asyncio.to_thread(self.rest.post, path, body if body is not None else {})
        assert answer.status in {200, 201}, answer.body
        return answer

    async def session(self) -> str:
        return (await self.post("/api/sessions", {"curriculum_id": ""})).body["id"]

    async def watch(self, process: Process, token: str) -> Phone:
        phone = Phone(await self.http.ws_connect(f"{process.url}/ws?token={token}"))
        await phone.until("connected")
        return phone

    async def dial(self, process: Process, session_id: str) -> Phone:
        phone = Phone(await self.http.ws_connect(f"{process.url}/ws/audio?token={self.alpha}&session={session_id}"))
        await phone.say(CONFIG)
        await phone.until("ready")
        return phone

    async def answering(self, process: Process, session_id: str) -> Phone:
        """A client that hears an answer."""
        phone = await self.dial(process, session_id)
        await phone.say(ASK)
        await phone.until("tts_start")
        while not isinstance(await phone.next(), bytes):
            pass
        return phone

    async def listening(self) -> None:
        """Wait until both processes listen."""
        await asyncio.to_thread(_wait_for_listeners, self.database_url)


def _wait_for_listeners(database_url: str) -> None:
    deadline = time.monotonic() + 30
    with psycopg.connect(database_url, autocommit=True) as connection:
        while connection.execute(_LISTENERS, (f'LISTEN "{CHANNEL}"',)).fetchone() != (2,):
            assert time.monotonic() < deadline
            time.sleep(0.02)


@pytest.fixture
async def fleet(database_url: str, database: Database, context: Context, tmp_path: Path) -> AsyncIterator[Fleet]:
    alpha, beta = (add_beta_token(database, person) for person in (ALPHA, BETA))
    north, south = (Process(database_url, tmp_path / f"{name}.log") for name in ("north", "south"))
    rest = ApiClient(Service(routes, context), alpha)
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())
        for process in (north, south):
            stack.callback(process.end)
        await asyncio.gather(north.start(http), south.start(http))
        made = Fleet(north, south, http, rest, alpha, beta, database_url)
        await made.listening()
        yield made


async def events_until(watcher: Phone, last: str) -> list[dict[str, Any]]:
    """The updates a watcher reads, up to an event's."""
    told: list[dict[str, Any]] = []
    while not told or told[-1]["event"] != last:
        told.append((await watcher.until("session_update"))["data"])
    return told


async def test_how_processes_rest_is_chosen_once_for_all_of_them(fleet: Fleet, database: Database) -> None:
    watcher = await fleet.watch(fleet.south, fleet.beta)
    teacher = add_beta_token(database, add_person(database, ALPHA_TENANT, "teacher"))
    headers = {"Authorization": f"Bearer {teacher}"}
    path, wanted = f"{fleet.north.url}/api/system/idle/config", {"mode": "performance"}
    async with fleet.http.post(path, json=wanted, headers=headers) as answer:
        assert (answer.status, (await answer.json())["current_mode"]) == (200, "performance")
    assert (await watcher.until("idle_config_changed"))["data"]["enabled"] is False
    async with fleet.http.get(f"{fleet.south.url}/api/system/idle/status", headers=headers) as answer:
        assert (await answer.json())["current_mode"] == "performance"


async def test_every_watcher_reads_every_event_once_and_strangers_none(fleet: Fleet) -> None:
    watchers = [await fleet.watch(process, fleet.alpha) for process in (fleet.north, fleet.south, fleet.south)]
    strangers = [await fleet.watch(process, fleet.beta) for process in (fleet.north, fleet.south)]
    session_id = await fleet.session()
    path = f"/api/sessions/{session_id}"
    for step in ("start", "pause", "resume"):
        await fleet.post(f"{path}/{step}")
    for _ in range(2):
        await fleet.post(f"{path}/turns", {"role": "user", "content": "Why?", "turn_id": "once"})
    topic = {"topic_id": "leaves", "topic_title": "Leaves", "topic_content": "Leaves make sugar."}
    assert (await asyncio.to_thread(fleet.rest.put, f"{path}/topic", topic)).status == 200
    await fleet.post(f"{path}/barge-in", {"utterance": "Stop"})
    phone = await fleet.dial(fleet.north, session_id)
    await phone.say(ASK)
    await phone.until("tts_start")
    await phone.say({"type": "cancel"})
    await phone.until("turn_complete")
    await fleet.post(f"{path}/end")
    assert await phone.close_code() == 4000
    assert (await asyncio.to_thread(fleet.rest.delete, path)).status == 200

    told = [await events_until(watcher, "deleted") for watcher in watchers]
    assert told[0] == told[1] == told[2]
    assert {update["session_id"] for update in told[0]} == {session_id}
    events = [(update["event"], update["status"]) for update in told[0] if update.get("role") != "assistant"]
    assert events == [
        ("created", "created"),
        ("started", "active"),
        ("paused", "paused"),
        ("resumed", "active"),
        ("turn", "active"),
        ("topic_changed", "active"),
        ("barge_in", "active"),
        ("connected", "active"),
        ("turn", "active"),
        ("ended", "ended"),
        ("deleted", "deleted"),
    ]
    for watcher in (*watchers, *strangers):
        await watcher.say({"type": "ping"})
        await watcher.until("pong")
    assert [watcher.types.count("session_update") for watcher in strangers] == [0, 0]
    assert all(len(watcher.received) == len(told[0]) + 2 for watcher in watchers)  # and connected, and pong


async def test_a_barge_in_over_rest_stops_the_answer_wherever_it_is_spoken_and_counts_once(fleet: Fleet) -> None:
    session_id = await fleet.session()
    for process in (fleet.north, fleet.south):
        before = (await asyncio.to_thread(fleet.rest.get, f"/api/sessions/{session_id}")).body["barge_in_count"]
        phone = await fleet.answering(process, session_id)
        report = {"utterance": f"Stop, {process.port}"}
        assert (await fleet.post(f"/api/sessions/{session_id}/barge-in", report)).body["barge_in_count"] == before + 1
        interrupted = await phone.until("interrupted")
        assert (await phone.until("turn_complete"))["turn_id"] == interrupted["turn_id"]
        after = (await asyncio.to_thread(fleet.rest.get, f"/api/sessions/{session_id}")).body["barge_in_count"]
        assert after == before + 1


async def test_a_pause_over_rest_stops_the_answer_and_the_socket_stays(fleet: Fleet) -> None:
    session_id = await fleet.session()
    phone = await fleet.answering(fleet.south, session_id)
    await fleet.post(f"/api/sessions/{session_id}/pause")
    await phone.until("interrupted")
    await phone.until("turn_complete")
    await phone.say({"type": "ping"})
    await phone.until("pong")
    session = (await asyncio.to_thread(fleet.rest.get, f"/api/sessions/{session_id}")).body
    assert (session["status"], session["barge_in_count"]) == ("paused", 0)


async def test_ending_and_deleting_close_the_socket_and_keep_what_was_heard(fleet: Fleet) -> None:
    session_id = await fleet.session()
    phone = await fleet.answering(fleet.south, session_id)
    await fleet.post(f"/api/sessions/{session_id}/end")
    assert await phone.close_code() == 4000
    deleted = await fleet.session()
    phone = await fleet.answering(fleet.north, deleted)
    assert (await asyncio.to_thread(fleet.rest.delete, f"/api/sessions/{deleted}")).status == 200
    assert await phone.close_code() == 4001


async def test_a_warning_about_the_budget_reaches_every_process_once(fleet: Fleet, database: Database) -> None:
    watchers = [await fleet.watch(process, fleet.alpha) for process in (fleet.north, fleet.south)]
    stranger = await fleet.watch(fleet.south, fleet.beta)

    def spend(micro_usd: int) -> None:
        reservation = new_id()
        event = UsageEvent(new_id(), "speech_out", "deepgram", "aura-2", micro_usd // 30, "character")
        with database.unit(ALPHA) as unit:
            MeteringRepository(unit).reserve(reservation, micro_usd, lasts_s=60, share=FULL_SHARE)
            MeteringRepository(unit).settle(reservation, [event])
            MeteringRepository(unit).announce()

    for micro_usd in (600_000, 3_000, 210_000):
        await asyncio.to_thread(spend, micro_usd)
    for watcher in watchers:
        told = [(await watcher.until("budget_warning"))["data"] for _ in range(2)]
        assert [(data["percent"], data["spent_micro_usd"]) for data in told] == [(50, 600_000), (80, 813_000)]
        assert {(data["period"], data["cap_micro_usd"]) for data in told} == {("day", 1_000_000)}
    made = await asyncio.to_thread(fleet.rest.using(fleet.beta).post, "/api/sessions", {"curriculum_id": ""})
    session_id = made.body["id"]
    assert (await stranger.until("session_update"))["data"]["session_id"] == session_id
    assert "budget_warning" not in stranger.types


async def test_a_socket_on_one_process_takes_the_place_of_that_on_the_other(fleet: Fleet) -> None:
    session_id = await fleet.session()
    first = await fleet.answering(fleet.north, session_id)
    second = await fleet.dial(fleet.south, session_id)
    assert await first.close_code() == 1000
    third = await fleet.dial(fleet.north, session_id)
    assert await second.close_code() == 1000
    await third.say({"type": "ping"})
    await third.until("pong")


async def test_of_many_sockets_opened_at_once_one_remains(fleet: Fleet) -> None:
    session_id = await fleet.session()
    url = f"/ws/audio?token={fleet.alpha}&session={session_id}"
    places = (fleet.north, fleet.south) * 4
    phones = [Phone(line) for line in await asyncio.gather(*(fleet.http.ws_connect(p.url + url) for p in places))]
    closing = [asyncio.create_task(phone.close_code()) for phone in phones]
    pending = set(closing)
    while len(pending) > 1:
        done, pending = await asyncio.wait(pending, timeout=10, return_when=asyncio.FIRST_COMPLETED)
        assert done
    [left] = [phone for phone, task in zip(phones, closing, strict=True) if task in pending]
    assert [task.result() for task in closing if task not in pending] == [1000] * 7
    closing[phones.index(left)].cancel()
    await asyncio.wait(pending)
    await left.socket.send_str('{"type":"ping"}')
    assert (await left.socket.receive(timeout=10)).json() == {"type": "pong"}


async def test_a_process_that_was_deaf_tells_its_watchers_and_finds_who_was_replaced(fleet: Fleet) -> None:
    session_id = await fleet.session()
    watcher = await fleet.watch(fleet.north, fleet.alpha)
    phone = await fleet.dial(fleet.north, session_id)
    with psycopg.connect(fleet.database_url) as connection:
        # As a socket opened elsewhere would, if nobody had heard of it.
        connection.execute("UPDATE learning_sessions SET connection = connection + 1")
    with psycopg.connect(fleet.database_url, autocommit=True) as connection:
        connection.execute(
            """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE application_name = 'unamentis-listener' AND datname = current_database()"""
        )
    assert (await watcher.until("gap"))["data"]["reason"]
    assert await phone.close_code() == 1000
    await fleet.listening()
    later = await fleet.session()
    while (await watcher.until("session_update"))["data"]["session_id"] != later:
        pass
