"""One dedicated connection that hears what commits, and comes back when it was lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import psycopg
import pytest

from shared.db import Database, Listener
from tests.conftest import ALPHA


class Ear:
    """A listener under way and what it heard."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[str] = asyncio.Queue()
        self.opened = asyncio.Semaphore(0)

    async def next(self) -> str:
        return await asyncio.wait_for(self.heard.get(), 10)

    async def open(self) -> None:
        await asyncio.wait_for(self.opened.acquire(), 10)


@pytest.fixture
async def ear(database_url: str) -> AsyncIterator[Ear]:
    made = Ear()
    listening = asyncio.create_task(Listener(database_url, "weather").run(made.heard.put_nowait, made.opened.release))
    await made.open()
    yield made
    listening.cancel()
    with suppress(asyncio.CancelledError):
        await listening


def say(database: Database, *words: str) -> None:
    with database.unit(ALPHA) as unit:
        for word in words:
            unit.run("SELECT pg_notify('weather', %(word)s)", word=word)


async def test_what_commits_is_heard_in_order_and_what_is_undone_is_not(ear: Ear, database: Database) -> None:
    say(database, "rain", "snow")
    with pytest.raises(psycopg.errors.DivisionByZero), database.unit(ALPHA) as unit:
        unit.run("SELECT pg_notify('weather', 'frogs')")
        unit.run("SELECT 1 / 0")
    say(database, "sun")
    assert [await ear.next() for _ in range(3)] == ["rain", "snow", "sun"]


async def test_a_lost_connection_comes_back_and_says_so(ear: Ear, database: Database, database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE application_name = 'unamentis-listener' AND datname = current_database()"""
        )
    await ear.open()
    say(database, "wind")
    assert await ear.next() == "wind"


@pytest.mark.usefixtures("ear")
async def test_between_notifications_no_transaction_is_open(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        states = connection.execute(
            """SELECT state FROM pg_stat_activity
               WHERE application_name = 'unamentis-listener' AND datname = current_database()"""
        ).fetchall()
    assert states == [("idle",)]


async def test_a_server_that_is_away_is_waited_for() -> None:
    ear = Ear()
    listener = Listener("postgresql://nobody@127.0.0.1:1/none", "weather")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(listener.run(ear.heard.put_nowait, ear.opened.release), 0.5)
    assert ear.opened.locked()
