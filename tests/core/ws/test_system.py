"""A process tells everybody of itself, each of their own sessions, and changes of its vendors under both names."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web
from msgspec import structs

from core.ws.system import HomeLoop, SystemNews
from core.ws.updates import Updates, Watcher
from shared.clock import utc_now
from shared.ids import new_id
from shared.repositories.processes import Sample

VENDOR = {"type": "llm", "server": "offline", "name": "tutor", "status": "available"}
SAMPLE = Sample(
    id=new_id(),
    service="core",
    started_at=utc_now(),
    cpu_percent=50.0,
    memory_bytes=1,
    host_cpu_percent=12.34,
    host_memory_percent=40.0,
    disk_percent=1.0,
    requests=1,
    inferences=1,
    requests_per_minute=2,
    models=[VENDOR],
)


def heard(watcher: Watcher) -> list[tuple[str, Mapping[str, Any]]]:
    messages = [json.loads(text) for text in watcher.waiting]
    watcher.waiting.clear()
    return [(message["type"], message["data"]) for message in messages]


def test_sockets_are_those_who_talk_and_those_who_watch() -> None:
    updates = Updates()
    updates.enter(Watcher("one"))
    assert SystemNews(updates, live=lambda: 2).sockets == 3


def test_everybody_is_told_how_busy_the_process_is_and_of_their_own_sessions_only() -> None:
    updates, watchers = Updates(), [Watcher("one"), Watcher("one"), Watcher("another"), Watcher(None)]
    for watcher in watchers:
        updates.enter(watcher)
    SystemNews(updates, sessions=lambda tenant_id: {"one": 3, "unwatched": 9}.get(tenant_id or "", 0)).sampled(SAMPLE)
    load = {"cpu_percent": 12.3, "memory_percent": 40.0}
    for watcher in watchers:
        own = 3 if watcher.tenant_id == "one" else 0
        assert heard(watcher) == [("metric", {**load, "active_sessions": own})]


def test_a_vendor_that_fails_and_recovers_is_told_once_each() -> None:
    updates, watcher = Updates(), Watcher("one")
    updates.enter(watcher)
    news = SystemNews(updates)
    failing = structs.replace(SAMPLE, models=[{**VENDOR, "status": "resting"}])
    told: list[tuple[str, Mapping[str, Any]]] = []
    for sample in (SAMPLE, failing, failing, SAMPLE):
        news.sampled(sample)
        told += [each for each in heard(watcher) if each[0] != "metric"]
    assert [(type_, data["status"]) for type_, data in told] == [
        ("service_status", "resting"),
        ("service_update", "error"),
        ("service_status", "available"),
        ("service_update", "running"),
    ]
    assert [data["event"] for type_, data in told if type_ == "service_status"] == ["failed", "recovered"]
    assert told[0][1]["service_id"] == told[1][1]["id"] == "llm:offline"


async def test_threads_reach_the_loop_while_the_application_runs() -> None:
    home, app, done = HomeLoop(), web.Application(), asyncio.Event()
    home.call(done.set)
    running = home.run(app)
    await anext(running)
    assert not done.is_set()
    await asyncio.to_thread(home.call, done.set)
    await done.wait()
    done.clear()
    await anext(running, None)
    home.call(done.set)
    await asyncio.sleep(0)
    assert not done.is_set()
