"""What other processes do to a session, as the sockets of this one feel it."""

import pytest

from core.ws.live import Live
from core.ws.news import News
from core.ws.updates import Standing, Updates, Watcher
from shared.db import PUBLIC_TENANT
from tests.core.ws.conftest import SESSION, TENANT, House, Phone


async def speaking(house: House) -> Phone:
    """A client in the middle of a long answer."""
    house.llm.tokens = tuple(f" Sentence number {i} goes on for a while." for i in range(40))
    house.tts.seconds = 2.0
    phone = await house.configured()
    await phone.say({"type": "text_input", "text": "Count"})
    await phone.until("tts_start")
    return phone


@pytest.mark.parametrize(("event", "details"), [("barge_in", {"heard_by": "client"}), ("paused", {})])
async def test_the_answer_stops_and_the_session_stays(house: House, event: str, details: dict[str, str]) -> None:
    phone = await speaking(house)
    house.hear(event, **details)
    await phone.until("interrupted")
    await phone.until("turn_complete")
    await phone.say({"type": "ping"})
    await phone.until("pong")
    assert not house.session.barge_ins


async def test_a_barge_in_a_voice_socket_has_heard_stops_nothing_more(house: House) -> None:
    phone = await speaking(house)
    house.hear("barge_in", heard_by="voice")
    house.hear("turn", turn_id="t", role="user")
    await phone.say({"type": "ping"})
    await phone.until("pong")
    assert "interrupted" not in phone.types


async def test_a_learner_who_is_speaking_is_heard_on(house: House) -> None:
    phone = await house.configured()
    await phone.speak(silence=0)
    await phone.until("vad_start")
    house.hear("barge_in", heard_by="client")
    await phone.speak(windows=2)
    await phone.until("turn_complete")
    assert house.session.turns[0].text == "Why is the sky blue?"


@pytest.mark.parametrize(("event", "code"), [("ended", 4000), ("deleted", 4001)])
async def test_an_ended_session_stops_and_closes(house: House, event: str, code: int) -> None:
    phone = await speaking(house)
    house.hear(event)
    assert await phone.close_code() == code


async def test_a_socket_on_another_process_takes_the_place_of_this_one(house: House) -> None:
    phone = await speaking(house)
    house.hear("connected", before="active", connection="1")
    await phone.say({"type": "ping"})
    await phone.until("pong")
    house.hear("connected", before="active", connection="2")
    assert await phone.close_code() == 1000


async def test_watchers_read_the_events_in_the_words_of_the_contract(house: House) -> None:
    watcher = await house.call("/ws?token=token")
    await watcher.until("connected")
    house.hear("connected", before="created", connection="1")
    house.hear("connected", before="paused", connection="2")
    house.hear("connected", before="active", connection="3")
    house.hear("topic_changed", topic_id="leaves")
    house.hear("turn", turn_id="t", role="user")
    told = [(await watcher.until("session_update"))["data"] for _ in range(5)]
    common = {"session_id": SESSION, "status": "active"}
    assert told == [
        {**common, "event": "started"},
        {**common, "event": "resumed"},
        {**common, "event": "connected"},
        {**common, "event": "topic_changed", "topic_id": "leaves"},
        {**common, "event": "turn", "turn_id": "t", "role": "user"},
    ]


def test_what_is_not_understood_is_passed_over() -> None:
    updates, watcher = Updates(), Watcher(TENANT)
    updates.enter(watcher)
    news = News(Live(), updates)
    for payload in ("", "{", "[]", '{"tenant":5}', "\x00"):
        news.heard(payload)
    assert not watcher.waiting


def test_after_a_silence_watchers_are_told_of_a_gap() -> None:
    updates, watcher = Updates(), Watcher(TENANT)
    updates.enter(watcher)
    News(Live(), updates).opened()
    assert '"gap"' in watcher.waiting[0]


def test_an_update_reaches_its_tenant_and_what_is_somebodys_own_only_them_and_their_teachers() -> None:
    updates = Updates()
    learner, other, teacher, stranger = (
        Watcher(TENANT, standing=Standing("learner")),
        Watcher(TENANT, standing=Standing("other")),
        Watcher(TENANT, standing=Standing("teacher", teaches=True)),
        Watcher("0190aaaa-0000-7000-8000-00000000000b", standing=Standing("learner", teaches=True)),
    )
    for watcher in (learner, other, teacher, stranger):
        updates.enter(watcher)
    news = News(Live(), updates)
    update = '{"tenant": "%s", "event": "update", "type": "log", "data": {"n": 1}, "about": "%s"}'
    news.heard(update % (TENANT, "learner"))
    assert [len(watcher.waiting) for watcher in (learner, other, teacher, stranger)] == [1, 0, 1, 0]
    news.heard(update % (TENANT, ""))
    assert [len(watcher.waiting) for watcher in (learner, other, teacher, stranger)] == [2, 1, 2, 0]
    news.heard(update % (PUBLIC_TENANT, ""))
    assert [len(watcher.waiting) for watcher in (learner, other, teacher, stranger)] == [3, 2, 3, 1]


@pytest.mark.parametrize("type_", ["job_update", "job_message", "import_progress"])
def test_jobs_are_told_to_whom_they_can_be_seen_by(type_: str) -> None:
    updates = Updates()
    learner, other, teacher, everybody = watchers = (
        Watcher(TENANT, standing=Standing("learner")),
        Watcher(TENANT, standing=Standing("other")),
        Watcher(TENANT, standing=Standing("teacher", teaches=True)),
        # A network without accounts.
        Watcher(TENANT, standing=Standing()),
    )
    for watcher in watchers:
        updates.enter(watcher)
    news = News(Live(), updates)
    update = '{"tenant": "%s", "event": "update", "type": "%s", "data": {"n": 1}, "about": "%s"}'
    news.heard(update % (TENANT, type_, "learner"))
    assert [len(watcher.waiting) for watcher in (learner, other, teacher, everybody)] == [1, 0, 1, 0]
    # The tenant's own job, such as an export of everything it has.
    news.heard(update % (TENANT, type_, ""))
    assert [len(watcher.waiting) for watcher in (learner, other, teacher, everybody)] == [1, 0, 2, 1]
    # The deployment's housekeeping.
    news.heard(update % (PUBLIC_TENANT, type_, ""))
    assert [len(watcher.waiting) for watcher in (learner, other, teacher, everybody)] == [1, 0, 2, 1]
