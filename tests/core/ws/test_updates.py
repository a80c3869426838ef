import asyncio
import re

import pytest

from core.ws.updates import Standing, Updates, Watcher
from shared.auth.caller import Caller
from shared.errors import Unauthenticated, Unavailable
from tests.core.ws.conftest import SESSION, TENANT, House


async def test_a_watcher_is_greeted_and_told_what_happens_in_its_tenant(house: House) -> None:
    watcher = await house.call("/ws?token=token")
    greeting = await watcher.until("connected")
    assert set(greeting["data"]) == {"server_time", "stats"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", greeting["timestamp"])
    house.lifecycle.updates.publish(TENANT, "session_update", {"session_id": SESSION})
    update = await watcher.until("session_update")
    assert update["data"] == {"session_id": SESSION}


async def test_a_watcher_hears_how_many_watch_its_own_tenant_and_of_no_other(house: House) -> None:
    house.lifecycle.updates.enter(Watcher("another"))
    watcher = await house.call("/ws?token=token")
    assert (await watcher.until("connected"))["data"]["stats"]["online_clients"] == 1


async def test_pings_and_subscriptions_are_answered_and_anything_else_is_ignored(house: House) -> None:
    watcher = await house.call("/ws?token=token")
    for text in ("{", "[]", '{"type":5}', '{"type":"unheard_of"}'):
        await watcher.say(text)
    await watcher.say({"type": "subscribe", "channels": ["logs", "weather"]})
    assert await watcher.until("subscribed") == {"type": "subscribed", "channels": ["logs"]}
    await watcher.say({"type": "ping"})
    assert isinstance((await watcher.until("pong"))["timestamp"], str)


async def test_a_token_may_come_in_the_first_message(house: House) -> None:
    watcher = await house.call("/ws")
    await watcher.say({"type": "auth", "token": "token"})
    assert await watcher.until("auth_ok")
    await watcher.until("connected")


@pytest.mark.parametrize("first", ['{"type":"auth","token":"wrong"}', '{"type":"ping"}', "{"])
async def test_without_a_good_token_the_socket_closes(house: House, first: str) -> None:
    watcher = await house.call("/ws")
    await watcher.say(first)
    assert await watcher.close_code() == 1008


async def test_a_bad_token_in_the_address_closes_the_socket(house: House) -> None:
    assert await (await house.call("/ws?token=wrong")).close_code() == 1008


async def test_the_server_says_goodbye(house: House) -> None:
    watcher = await house.call("/ws?token=token")
    await watcher.until("connected")
    stopping = asyncio.create_task(house.runner.cleanup())
    assert await watcher.close_code() == 1001
    await stopping


def test_nothing_of_one_tenant_is_told_to_another() -> None:
    updates, mine, theirs = Updates(), Watcher(TENANT), Watcher("another")
    updates.enter(mine)
    updates.enter(theirs)
    updates.publish(TENANT, "session_update", {"session_id": SESSION})
    assert len(mine.waiting) == 1
    assert not theirs.waiting


def test_a_gap_is_marked_for_everybody() -> None:
    updates, watchers = Updates(), [Watcher(TENANT), Watcher("another"), Watcher(None)]
    for watcher in watchers:
        updates.enter(watcher)
    updates.mark_gap("unheard")
    assert [len(watcher.waiting) for watcher in watchers] == [1, 1, 1]
    assert all('"gap"' in watcher.waiting[0] for watcher in watchers)


def test_a_reader_that_is_too_slow_is_told_of_the_gap() -> None:
    watcher = Watcher(TENANT)
    for i in range(201):
        watcher.add(str(i))
    assert len(watcher.waiting) == 1
    assert '"gap"' in watcher.waiting[0]


async def test_a_watcher_whose_credential_was_revoked_must_leave(house: House) -> None:
    revoked = set[str | None]()
    outages = [Unavailable("the database does not answer")]
    asked = asyncio.Event()

    async def confirm(caller: Caller) -> Standing:
        asked.set()
        if outages:
            raise outages.pop()
        if caller.credential in revoked:
            raise Unauthenticated("the token was revoked")
        return Standing()

    leaves, stays = await house.call("/ws?token=token-a"), await house.call("/ws?ticket=ticket-for-token-b")
    await leaves.until("connected")
    await stays.until("connected")
    checking = asyncio.create_task(house.lifecycle.updates.recheck(0, confirm))
    await asked.wait()
    revoked.add("token-a")
    assert await leaves.close_code() == 1008
    await stays.say({"type": "ping"})
    assert await stays.until("pong")
    checking.cancel()
    await asyncio.wait({checking})
