"""A process tells of itself, and its hour and day are told of it too."""

from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from core.providers.registry import build_providers
from core.sampling import RequestCounter, Sampler, models_of
from core.settings import ProviderSettings
from shared.db import Database, TenantEntry
from shared.errors import Unavailable
from shared.repositories.processes import Process, ProcessRepository, Span

MODELS = [{"type": "llm", "server": "offline", "name": "tutor", "status": "available"}]


def sampler(database: Database, requests: list[int], answers: list[int]) -> Sampler:
    return Sampler(
        database=database,
        service="core",
        models=lambda: MODELS,
        folder=Path("/not/there/yet"),
        requests=lambda: requests[-1],
        answers=lambda: answers[-1],
        sockets=lambda: 3,
    )


def read(database: Database) -> tuple[list[Process], list[Span], list[Span]]:
    with database.unit(TenantEntry(None)) as unit:
        repository = ProcessRepository(unit)
        found = repository.find(), repository.history("hour", days=1), repository.history("day", days=2)
    processes, hours, days = found
    return processes.result, hours.result, days.result


def test_a_process_tells_what_it_does_and_each_request_once(database: Database) -> None:
    requests, answers = [10], [2]
    told = sampler(database, requests, answers)
    told.tell()
    requests.append(25)
    told.tell()
    processes, hours, days = read(database)
    (process,) = processes
    assert (process.service, process.models, process.requests_per_minute) == ("core", MODELS, 30)
    assert (process.sockets, process.last_request_at) == (3, process.sampled_at)
    assert process.memory_bytes > 1 << 20
    assert 0 < process.host_memory_percent <= 100
    assert 0 < process.disk_percent <= 100
    for span in (*hours, *days):
        assert (span.samples, span.requests, span.inferences) == (2, 25, 2)
        assert set(span.service_cpu) == {"core"}
    assert (len(hours), len(days)) == (1, 1)


def test_how_long_a_process_rested_is_told_once_too(database: Database) -> None:
    told = sampler(database, [1], [0])
    for rested in ({"active": 30.0}, {"active": 40.5, "warm": 19.5}):
        told.rested = lambda rested=rested: rested
        told.tell()
    _, hours, days = read(database)
    for span in (*hours, *days):
        assert span.service_idle == {"core": {"active": 40.5, "warm": 19.5}}


def test_what_could_not_be_told_is_told_later(database: Database) -> None:
    away = Database("postgresql://127.0.0.1:1/nowhere", pool_size=1)
    told = sampler(away, [10], [2])
    with pytest.raises(Unavailable):
        told.tell()
    away.close()
    told.database = database
    told.tell()
    assert read(database)[1][0].requests == 10


def test_each_start_is_a_process_of_its_own(database: Database) -> None:
    for _ in range(2):
        sampler(database, [1], [0]).tell()
    processes, hours, _ = read(database)
    assert len(processes) == 2
    assert hours[0].requests == 2


async def test_vendors_are_told_in_the_order_they_are_asked() -> None:
    providers = build_providers(ProviderSettings(stt="mock", llm="mock,offline", tts="mock"))
    try:
        told = models_of(providers)
    finally:
        await providers.close()
    assert [(model["type"], model["server"], model["status"]) for model in told] == [
        ("stt", "mock", "available"),
        ("llm", "mock", "available"),
        ("llm", "offline", "available"),
        ("tts", "mock", "available"),
    ]


async def test_requests_are_counted_whether_they_succeed_or_not() -> None:
    counter = RequestCounter()
    app = web.Application(middlewares=[counter.middleware])

    async def hello(_request: web.Request) -> web.Response:
        return web.Response(text="hello")

    app.router.add_get("/hello", hello)
    async with TestClient(TestServer(app)) as client:
        assert (await client.get("/hello")).status == 200
        assert (await client.get("/nowhere")).status == 404
    assert counter.total == 2
